use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use digest::{Hasher, Sha256};
use tempfile::TempPath;

use crate::Error;

/// Stored bytes, wherever they are.
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// A file of the caller.
    File(PathBuf),
    /// A file of ours, removed with this value.
    Spooled(TempPath),
    /// A part of an open package.
    Part {
        file: std::sync::Arc<File>,
        offset: u64,
        size: u64,
    },
}

/// Size of pieces when copying.
const PIECE: usize = 256 << 10;

impl Content {
    /// Copies the bytes to `output`, which must turn out to be the `size` bytes of `expected`: they
    /// were looked at before, and the package is already signed.
    pub fn copy(&self, output: &mut impl Write, size: u64, expected: &Sha256) -> Result<(), Error> {
        let (mut reader, path): (Box<dyn Read + '_>, _) = match self {
            Self::Bytes(bytes) => (Box::new(&bytes[..]), PathBuf::from("(memory)")),
            Self::File(path) => (
                Box::new(File::open(path).map_err(Error::file("open", path))?),
                path.clone(),
            ),
            Self::Spooled(path) => (
                Box::new(File::open(path).map_err(Error::file("open", path))?),
                path.to_path_buf(),
            ),
            Self::Part { file, offset, size } => (
                Box::new(PartReader {
                    file,
                    offset: *offset,
                    left: *size,
                }),
                PathBuf::from("(package)"),
            ),
        };
        let mut hasher = Hasher::new();
        let mut buffer = vec![0; PIECE];
        let mut left = size;
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::file("read", &path)(error)),
            };
            hasher.update(&buffer[..count]);
            // More bytes than planned would run into the next part; the digest tells in the end.
            let fits = usize::try_from(left).unwrap_or(usize::MAX).min(count);
            output.write_all(&buffer[..fits]).map_err(Error::Output)?;
            left -= fits as u64;
        }
        let found = hasher.finish();
        if found != *expected {
            return Err(Error::PayloadChanged {
                path,
                expected: *expected,
                found,
            });
        }
        Ok(())
    }
}

struct PartReader<'a> {
    file: &'a File,
    offset: u64,
    left: u64,
}

impl Read for PartReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = pspf_verify::ReadAt::read_at(self.file, &mut buffer[..wanted], self.offset)?;
        self.offset += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}
