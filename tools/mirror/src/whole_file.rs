//! Files that appear complete: written beside and renamed, so that a name never stands for half a file.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file in the making. Dropped without [`WholeFile::finish`], it leaves nothing behind.
pub struct WholeFile {
    path: PathBuf,
    beside: BufWriter<NamedTempFile>,
}

/// What happens when the name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The old file is replaced.
    Replace,
    /// The old file stays, and the new one is an error of kind [`io::ErrorKind::AlreadyExists`].
    Refuse,
}

impl WholeFile {
    /// Begins the file `path`.
    ///
    /// # Errors
    /// Its directory cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let beside = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(parent.unwrap_or(Path::new(".")))?;
        Ok(Self {
            path: path.to_owned(),
            beside: BufWriter::with_capacity(256 << 10, beside),
        })
    }

    /// Puts the file in place, readable for everybody, after its bytes have reached the disk.
    ///
    /// # Errors
    /// What is left cannot be written, the name is taken by a directory, or by a file and `taken` refuses that.
    pub fn finish(self, taken: Taken) -> io::Result<()> {
        let beside = self.beside.into_inner().map_err(io::IntoInnerError::into_error)?;
        #[cfg(unix)]
        std::fs::set_permissions(beside.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        beside.as_file().sync_all()?;
        let placed = match taken {
            Taken::Replace => beside.persist(self.path),
            Taken::Refuse => beside.persist_noclobber(self.path),
        };
        placed.map(drop).map_err(io::Error::from)
    }

    /// Writes a text in one go.
    ///
    /// # Errors
    /// As [`WholeFile::create`] and [`WholeFile::finish`].
    pub fn text(path: &Path, text: &str, taken: Taken) -> io::Result<()> {
        let mut file = Self::create(path)?;
        file.write_all(text.as_bytes())?;
        file.finish(taken)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.beside.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.beside.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_name_stands_for_a_whole_file() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("file");
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(fs::read_dir(world.path()).unwrap().count(), 0);

        WholeFile::text(&path, "one", Taken::Refuse).unwrap();
        let error = WholeFile::text(&path, "two", Taken::Refuse).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        WholeFile::text(&path, "two", Taken::Replace).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(world.path()).unwrap().count(), 1);
    }
}
