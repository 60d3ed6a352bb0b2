use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use digest::{Hasher, Sha256};
use pspf_verify::ReadAt;
use tempfile::TempPath;

use crate::Error;
use crate::sink::Sink;

/// Stored bytes, wherever they are.
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// A file of the caller that was hashed, and how it looked then.
    Hashed(PathBuf, Box<Metadata>),
    /// A file of the caller with a digest that somebody else computed.
    Recorded(PathBuf),
    /// A file of ours, removed with this value.
    Spooled(TempPath),
    /// A part of an open package that was verified.
    Part {
        file: Arc<File>,
        offset: u64,
    },
}

/// Size of pieces when reading.
const PIECE: usize = 256 << 10;

impl Content {
    /// Copies the `size` bytes whose digest is signed as `expected` to `output`.
    ///
    /// What somebody else hashed is hashed here. What we hashed is not hashed again: it only has to
    /// look as it did then. A change that is too quick for the clock of the file system would make a
    /// package that every reader refuses, and nothing worse.
    pub fn copy(&self, output: &mut impl Sink, size: u64, expected: &Sha256) -> Result<(), Error> {
        match self {
            Self::Bytes(bytes) => output.write_all(bytes).map_err(Error::Output),
            Self::Spooled(path) => copy_file(path, &open(path)?, output, size),
            Self::Part { file, offset } => copy_part(file, *offset, output, size),
            Self::Hashed(path, before) => {
                let file = open(path)?;
                copy_file(path, &file, output, size)?;
                let after = file.metadata().map_err(Error::file("read", path))?;
                if unchanged(before, &after) {
                    Ok(())
                } else {
                    Err(Error::SourceChanged { path: path.clone() })
                }
            }
            Self::Recorded(path) => copy_and_hash(path, output, size, expected),
        }
    }
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(Error::file("open", path))
}

/// Copies a whole file, which must still be `size` bytes long, in the kernel where it can.
fn copy_file(path: &Path, file: &File, output: &mut impl Sink, size: u64) -> Result<(), Error> {
    let copied = output.copy_from(file, size).map_err(Error::Output)?;
    if copied != size || file.length().map_err(Error::file("read", path))? != size {
        return Err(Error::SourceChanged { path: path.to_owned() });
    }
    Ok(())
}

/// Copies and hashes at the same time, one thread each: hashing takes longer.
fn copy_and_hash(path: &Path, output: &mut impl Sink, size: u64, expected: &Sha256) -> Result<(), Error> {
    let file = open(path)?;
    let (copied, found) = std::thread::scope(|scope| {
        let hash = scope.spawn(|| hash_file(&file));
        let copied = copy_file(path, &file, output, size);
        (copied, hash.join())
    });
    let found = match found {
        Ok(found) => found.map_err(Error::file("read", path))?,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    if found != *expected {
        return Err(Error::PayloadChanged {
            path: path.to_owned(),
            expected: *expected,
            found,
        });
    }
    copied
}

/// Hashes by positional reads, which leave the file's own position to the copying thread.
fn hash_file(file: &File) -> io::Result<Sha256> {
    let (mut hasher, mut buffer, mut position) = (Hasher::new(), vec![0; PIECE], 0);
    loop {
        match file.read_at(&mut buffer, position) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                position += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn copy_part(file: &File, mut offset: u64, output: &mut impl Sink, size: u64) -> Result<(), Error> {
    let (end, mut buffer) = (offset + size, vec![0; PIECE]);
    while offset < end {
        let wanted = usize::try_from(end - offset).unwrap_or(usize::MAX).min(PIECE);
        match file.read_at(&mut buffer[..wanted], offset) {
            Ok(0) => return Err(Error::Output(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                output.write_all(&buffer[..count]).map_err(Error::Output)?;
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Output(error)),
        }
    }
    Ok(())
}

/// True when a file looks as it did: the same file, length and times.
#[cfg(unix)]
fn unchanged(before: &Metadata, after: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let look = |file: &Metadata| {
        (
            file.dev(),
            file.ino(),
            file.size(),
            file.mtime(),
            file.mtime_nsec(),
            file.ctime(),
            file.ctime_nsec(),
        )
    };
    look(before) == look(after)
}

#[cfg(not(unix))]
fn unchanged(before: &Metadata, after: &Metadata) -> bool {
    before.len() == after.len() && before.modified().ok() == after.modified().ok()
}

/// Reads a file to its end into a hasher; gives digest, length and how it looked before.
pub(crate) fn hash_source(path: &Path) -> Result<(Sha256, u64, Box<Metadata>), Error> {
    let mut file = open(path)?;
    let before = file.metadata().map_err(Error::file("read", path))?;
    let (mut hasher, mut buffer, mut length) = (Hasher::new(), vec![0; PIECE], 0);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((hasher.finish(), length, Box::new(before))),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                length += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::file("read", path)(error)),
        }
    }
}
