use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use digest::{Hasher, Sha256};

use super::DownloadError;

/// The folder that files are kept in, by their digest.
#[derive(Clone, Debug)]
pub struct Cache {
    files: PathBuf,
}

/// What is under the name of a digest.
pub(super) enum Found {
    /// The file, hashed just now.
    Whole,
    /// Nothing.
    Nothing,
    /// Something else.
    Other,
}

impl Cache {
    /// The files below `folder`, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            files: folder.join("files"),
        }
    }

    /// Where the file of a digest lies when it is there.
    pub fn path(&self, sha256: &Sha256) -> PathBuf {
        self.files.join(sha256.hex())
    }

    /// Where the file of a digest lies while it comes.
    pub(super) fn part(&self, sha256: &Sha256) -> PathBuf {
        self.files.join(format!("{sha256}.part"))
    }

    /// Makes the folder.
    pub(super) fn make(&self) -> Result<(), DownloadError> {
        fs::create_dir_all(&self.files).map_err(cache_error("make", &self.files))
    }

    /// Hashes the file of a digest.
    pub(super) fn find(&self, sha256: &Sha256) -> Result<Found, DownloadError> {
        let path = self.path(sha256);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(cache_error("open", &path)(error)),
        };
        let found = hash(file, u64::MAX).map_err(cache_error("read", &path))?;
        Ok(if found.finish() == *sha256 {
            Found::Whole
        } else {
            Found::Other
        })
    }
}

/// A hasher that knows the first bytes of a file.
pub(super) fn hash(file: impl Read, first: u64) -> io::Result<Hasher> {
    let mut hasher = Hasher::new();
    let mut reader = file.take(first);
    let mut buffer = vec![0; 128 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(hasher),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub(super) fn cache_error(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DownloadError {
    let path = path.to_owned();
    move |source| DownloadError::Cache { verb, path, source }
}
