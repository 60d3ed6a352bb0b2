use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::Error;

/// A file that appears under its name complete or not at all: written beside, then renamed.
pub struct OutputFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl OutputFile {
    /// Begins a file that will be `path`.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let file = NamedTempFile::new_in(directory).map_err(Error::file("create a file in", directory))?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// The file beneath.
    pub(crate) fn file_mut(&mut self) -> &mut std::fs::File {
        self.file.as_file_mut()
    }

    /// Sets the mode and renames. Whether the file outlives a failure of power is up to the system, as with any compiler's:
    /// waiting for the disk would take a third of the time of building a package, which can be built again.
    pub fn finish(self, mode: u32) -> Result<(), Error> {
        set_mode(self.file.path(), mode).map_err(Error::file("set the mode of", &self.path))?;
        self.file
            .persist(&self.path)
            .map_err(|error| Error::file("rename to", &self.path)(error.error))?;
        Ok(())
    }

    /// Writes a whole small file, and waits until it is on the disk: a key cannot be made again.
    pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
        let mut output = Self::create(path)?;
        output.write_all(bytes).map_err(Error::file("write", path))?;
        output.file.as_file().sync_all().map_err(Error::file("sync", path))?;
        output.finish(mode)
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Sets permissions, where there are such.
#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_appears_before_the_end() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("out");
        let mut output = OutputFile::create(&path).unwrap();
        output.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(output);
        assert_eq!(std::fs::read_dir(world.path()).unwrap().count(), 0);
        OutputFile::write(&path, b"whole", 0o644).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    }
}
