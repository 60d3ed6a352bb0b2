use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use digest::{Hasher, Sha256};
use pspf_verify::ReadAt;
use tempfile::TempPath;

use crate::Error;

/// Stored bytes, wherever they are.
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// A file of the caller, to be hashed while it is copied.
    File(SourceFile),
    /// A file of the caller with a digest that somebody computed before.
    Recorded(SourceFile),
    /// A file of ours, hashed while it was made and removed with this value.
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
    /// The file that must be hashed, if the digest is not known or not ours.
    pub fn to_hash(&self) -> Option<&SourceFile> {
        match self {
            Self::File(file) | Self::Recorded(file) => Some(file),
            Self::Bytes(_) | Self::Spooled(_) | Self::Part { .. } => None,
        }
    }

    /// Copies the `size` bytes to `output`, in the kernel where it can.
    pub fn copy(&self, output: &mut File, size: u64) -> Result<(), Error> {
        match self {
            Self::Bytes(bytes) => output.write_all(bytes).map_err(Error::Output),
            Self::Spooled(path) => copy_file(path, output, size),
            Self::File(file) | Self::Recorded(file) => copy_file(&file.path, output, size),
            Self::Part { file, offset } => copy_part(file, *offset, output, size),
        }
    }
}

/// Copies a whole file, which must still be `size` bytes long.
fn copy_file(path: &Path, output: &mut File, size: u64) -> Result<(), Error> {
    let file = File::open(path).map_err(Error::file("open", path))?;
    let copied = io::copy(&mut (&file).take(size), output).map_err(Error::Output)?;
    let length = file.length().map_err(Error::file("read", path))?;
    if copied != size || length != size {
        return Err(Error::SourceChanged { path: path.to_owned() });
    }
    Ok(())
}

fn copy_part(file: &File, mut offset: u64, output: &mut File, size: u64) -> Result<(), Error> {
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

/// A file of the caller, and how it looked when the package was begun.
pub(crate) struct SourceFile {
    pub path: PathBuf,
    before: Metadata,
}

impl SourceFile {
    /// Looks at a file.
    pub fn new(path: PathBuf) -> Result<Self, Error> {
        let before = std::fs::metadata(&path).map_err(Error::file("read", &path))?;
        Ok(Self { path, before })
    }

    /// Its length in bytes.
    pub fn size(&self) -> u64 {
        self.before.len()
    }

    /// Reads it to its end into a hasher.
    pub fn digest(&self) -> Result<Sha256, Error> {
        let mut file = File::open(&self.path).map_err(Error::file("open", &self.path))?;
        let (mut hasher, mut buffer) = (Hasher::new(), vec![0; PIECE]);
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(count) => hasher.update(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::file("read", &self.path)(error)),
            }
        }
    }

    /// Checks, after it was hashed and copied, that it looks as it did.
    ///
    /// A change that is too quick for the clock of the file system would make a package that every
    /// reader refuses, and nothing worse.
    pub fn check_unchanged(&self) -> Result<(), Error> {
        let after = Self::new(self.path.clone())?;
        if look(&self.before) == look(&after.before) {
            return Ok(());
        }
        Err(Error::SourceChanged {
            path: self.path.clone(),
        })
    }
}

/// Which file it is, its length and the time of its last change. Not the time of its last change of state: a build system
/// that puts another link to the file somewhere moves that, and the bytes stay what they are.
#[cfg(unix)]
fn look(file: &Metadata) -> impl PartialEq {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec())
}

#[cfg(not(unix))]
fn look(file: &Metadata) -> impl PartialEq {
    (file.len(), file.modified().ok())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn another_link_is_no_change_and_another_content_is() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("source");
        std::fs::write(&path, "before").unwrap();
        let file = SourceFile::new(path.clone()).unwrap();
        std::fs::hard_link(&path, world.path().join("link")).unwrap();
        assert!(file.check_unchanged().is_ok());
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(later)
            .unwrap();
        let error = file.check_unchanged().unwrap_err().to_string();
        assert!(
            error.ends_with("source changed while the package was built: build again"),
            "{error}"
        );
    }
}
