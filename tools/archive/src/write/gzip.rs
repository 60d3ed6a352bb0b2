use std::io::{self, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

/// Writes one gzip member that says nothing about when or where: time 0, system unknown, no name.
pub struct GzipWriter<W: Write>(GzEncoder<W>);

impl<W: Write> GzipWriter<W> {
    /// Compresses into `inner` at a level from 1 to 9, 6 by default.
    pub fn new(inner: W, level: Option<u32>) -> Self {
        const SYSTEM_UNKNOWN: u8 = 0xff;
        let level = Compression::new(level.unwrap_or(6).clamp(1, 9));
        Self(
            GzBuilder::new()
                .mtime(0)
                .operating_system(SYSTEM_UNKNOWN)
                .write(inner, level),
        )
    }

    /// Writes what is left and returns the writer beneath.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_says_nothing() {
        let mut writer = GzipWriter::new(Vec::new(), None);
        writer.write_all(b"hello\n").unwrap();
        assert_eq!(writer.finish().unwrap()[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    }
}
