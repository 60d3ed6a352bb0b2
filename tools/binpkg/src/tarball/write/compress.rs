use std::io::{self, Write};

use zstd::zstd_safe::CParameter;

use super::gzip::ParallelGzip;
use crate::names::Compression;

/// Level of zstd packages: between the two, close to the size of the slow levels at a fraction of their time.
const ZSTD_LEVEL: i32 = 9;

/// What one thread compresses at a time, in bytes. Fixed, so that neither the level nor a later release of the library moves
/// the borders, and small, because every thread holds a few of them.
const ZSTD_JOB: u32 = 4 << 20;

/// A compressor whose output depends on its input alone, not on the number of threads.
pub(super) enum Compressor<W: Write> {
    Gz(ParallelGzip<W>),
    Zst(zstd::Encoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    /// Compresses exactly `length` bytes into `output`.
    pub(super) fn new(compression: Compression, output: W, length: u64, threads: u32) -> io::Result<Self> {
        Ok(match compression {
            Compression::Gz => Self::Gz(ParallelGzip::new(output, threads)?),
            Compression::Zst => {
                let mut encoder = zstd::Encoder::new(output, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                encoder.include_contentsize(true)?;
                encoder.set_pledged_src_size(Some(length))?;
                // Also for one: the single-threaded encoder writes other bytes.
                encoder.multithread(threads.max(1))?;
                encoder.set_parameter(CParameter::JobSize(ZSTD_JOB))?;
                Self::Zst(encoder)
            }
        })
    }

    /// Writes what is left and returns the writer beneath.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Gz(writer) => writer.finish(),
            Self::Zst(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Gz(writer) => writer.write(bytes),
            Self::Zst(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gz(writer) => writer.flush(),
            Self::Zst(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Enough for several jobs of either encoder.
    #[test]
    fn any_number_of_threads_gives_the_same_bytes() {
        let line = |number: u64| format!("{:x}\n", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let text: String = (0..350_000).map(line).collect();
        assert!(text.len() > ZSTD_JOB as usize);
        for compression in [Compression::Gz, Compression::Zst] {
            let pack = |threads| {
                let length = text.len() as u64;
                let mut writer = Compressor::new(compression, Vec::new(), length, threads).unwrap();
                writer.write_all(text.as_bytes()).unwrap();
                writer.finish().unwrap()
            };
            assert!(pack(1) == pack(8));
        }
    }

    /// A wrong length is found out, not written into the header.
    #[test]
    fn the_length_is_kept() {
        let mut writer = Compressor::new(Compression::Zst, Vec::new(), 7, 1).unwrap();
        writer.write_all(b"hello\n").unwrap();
        assert!(writer.finish().is_err());
    }
}
