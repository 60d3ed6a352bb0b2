use std::io::{self, Write};

use archive::GzipWriter;

use crate::names::Compression;

/// Level of zstd packages: between the two, close to the size of the slow levels at a fraction of their time.
const ZSTD_LEVEL: i32 = 9;

/// A compressor whose output depends on its input alone, not on the number of threads.
pub(super) enum Compressor<W: Write> {
    Gz(GzipWriter<W>),
    Zst(zstd::Encoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    /// Compresses exactly `length` bytes into `output`.
    pub(super) fn new(compression: Compression, output: W, length: u64, threads: u32) -> io::Result<Self> {
        Ok(match compression {
            Compression::Gz => Self::Gz(GzipWriter::new(output, None)),
            Compression::Zst => {
                let mut encoder = zstd::Encoder::new(output, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                encoder.include_contentsize(true)?;
                encoder.set_pledged_src_size(Some(length))?;
                // Also for one: the single-threaded encoder writes other bytes.
                encoder.multithread(threads.max(1))?;
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
