use std::io::{self, Read, Write};

use crate::{Hasher, Sha256};

/// Hashes and counts what is read through it.
pub struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
    length: u64,
}

impl<R: Read> HashingReader<R> {
    /// Wraps `inner`.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            hasher: Hasher::new(),
            length: 0,
        }
    }

    /// The digest and the number of bytes of what was read so far.
    pub fn finish(self) -> (Sha256, u64) {
        (self.hasher.finish(), self.length)
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.length += count as u64;
        Ok(count)
    }
}

/// Hashes and counts what is written through it.
pub struct HashingWriter<W> {
    inner: W,
    hasher: Hasher,
    length: u64,
}

impl<W: Write> HashingWriter<W> {
    /// Wraps `inner`.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Hasher::new(),
            length: 0,
        }
    }

    /// The number of bytes written so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The writer beneath, the digest and the number of bytes written.
    pub fn finish(self) -> (W, Sha256, u64) {
        (self.inner, self.hasher.finish(), self.length)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.length += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reader_and_writer_agree() {
        let mut writer = HashingWriter::new(Vec::new());
        let mut reader = HashingReader::new(&b"hello\n"[..]);
        io::copy(&mut reader, &mut writer).unwrap();
        assert_eq!(writer.length(), 6);
        let (bytes, written, length) = writer.finish();
        assert_eq!((bytes.as_slice(), length), (&b"hello\n"[..], 6));
        assert_eq!(reader.finish(), (written, 6));
        assert_eq!(written, Sha256::of(b"hello\n"));
    }

    /// A writer that takes one byte at a time must not make the hash run ahead.
    #[test]
    fn short_writes_are_hashed_once() {
        struct OneByte(Vec<u8>);
        impl Write for OneByte {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.extend(bytes.first());
                Ok(bytes.len().min(1))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = HashingWriter::new(OneByte(Vec::new()));
        writer.write_all(b"hello\n").unwrap();
        let (_, digest, length) = writer.finish();
        assert_eq!((digest, length), (Sha256::of(b"hello\n"), 6));
    }
}
