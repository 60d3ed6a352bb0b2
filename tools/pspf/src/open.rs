use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pspf_verify::{Level, Package, Report, Trailer, verify_ahead};

use crate::Error;

/// An open package file. It is opened once; every check and every read goes through that one file.
pub struct PackageFile {
    path: PathBuf,
    file: Arc<File>,
}

impl PackageFile {
    /// Opens a file; whether it is a package is not looked at.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::file("open", path))?;
        let found = file.metadata().map_err(Error::file("read", path))?;
        if !found.is_file() {
            return Err(Error::field(
                "package",
                "a file",
                format!("another thing at {}", path.display()),
            ));
        }
        Ok(Self {
            path: path.to_owned(),
            file: Arc::new(file),
        })
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn shared(&self) -> Arc<File> {
        self.file.clone()
    }

    /// Checks everything but the payloads; refuses at the first fault.
    pub fn package(&self) -> Result<Package<'_, File>, Error> {
        let open = || Package::open(&*self.file, Trailer::read(&*self.file)?, Level::Strict);
        open().map_err(|source| Error::Refused {
            path: self.path.clone(),
            source,
        })
    }

    /// Checks everything and collects all findings.
    pub fn verify(&self) -> Result<Report, Error> {
        verify_ahead(&*self.file, Level::Strict).map_err(|source| Error::Refused {
            path: self.path.clone(),
            source,
        })
    }
}
