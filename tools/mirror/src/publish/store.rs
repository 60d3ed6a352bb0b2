use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

use digest::{HashingReader, Sha256};

use super::lock::{Held, LockError, LockRules};
use crate::ssh::SshError;

/// A mirror that can be written. Files are named by their paths below `binaries/`.
pub trait Store {
    /// What people call it.
    fn address(&self) -> String;

    /// Becomes the only writer, until the result is dropped. The mirror is made if there is none.
    ///
    /// # Errors
    /// Somebody else is, or the mirror cannot be written.
    fn lock<'a>(&'a self, rules: &LockRules) -> Result<Box<dyn Held + 'a>, LockError>;

    /// Whole files, in the order of `paths`; `None` for one that is not there.
    ///
    /// # Errors
    /// One cannot be read.
    fn read(&self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// One file, to be read from its beginning.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    fn open(&self, path: &str) -> Result<Box<dyn Read>, StoreError>;

    /// The digests of files; `None` for one that is not there.
    ///
    /// # Errors
    /// One cannot be read.
    fn digests(&self, paths: &[String]) -> Result<Vec<Option<Sha256>>, StoreError>;

    /// Puts files in place, in their order, whose names were not taken. All of their bytes are on the mirror before the first one
    /// gets its name. One that is there with the same bytes is left alone.
    ///
    /// # Errors
    /// One cannot be written, or its name stands for other bytes.
    fn put_new(&self, files: &[NewFile]) -> Result<(), StoreError>;

    /// Puts files in place, in their order, whatever was there: by one rename each, after all of their bytes are on the mirror.
    ///
    /// # Errors
    /// One cannot be written.
    fn replace(&self, files: &[NewFile]) -> Result<(), StoreError>;

    /// Every file of the mirror, in order.
    ///
    /// # Errors
    /// It cannot be listed.
    fn list(&self) -> Result<Vec<Listed>, StoreError>;
}

/// A file that a mirror has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its path below `binaries/`.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A file for a mirror.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Its path below `binaries/`.
    pub path: String,
    /// What is in it.
    pub content: FileContent,
}

/// Where the bytes of a file come from.
#[derive(Clone, Debug)]
pub enum FileContent {
    /// A file of this machine.
    File(PathBuf),
    /// These.
    Bytes(Vec<u8>),
}

impl NewFile {
    /// A file with these bytes.
    pub fn bytes(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let (path, content) = (path.into(), FileContent::Bytes(bytes.into()));
        Self { path, content }
    }

    /// Digest and size of what is in it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn digest(&self) -> Result<(Sha256, u64), StoreError> {
        match &self.content {
            FileContent::Bytes(bytes) => Ok((Sha256::of(bytes), bytes.len() as u64)),
            FileContent::File(path) => {
                let failed = || StoreError::local("read", path.display().to_string());
                let file = File::open(path).map_err(failed())?;
                let mut hashing = HashingReader::new(BufReader::with_capacity(256 << 10, file));
                let size = io::copy(&mut hashing, &mut io::sink()).map_err(failed())?;
                Ok((hashing.finish().0, size))
            }
        }
    }
}

/// Why a mirror cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// One file of it.
    #[error("cannot {verb} {path} of the mirror")]
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// A file of this machine.
    #[error("cannot {verb} {what}")]
    Local {
        /// What was tried.
        verb: &'static str,
        /// On what.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// The far side.
    #[error(transparent)]
    Ssh(#[from] SshError),
    /// Other bytes have arrived than were sent.
    #[error("{path} has not arrived on the mirror as it was sent; publish again")]
    Damaged {
        /// The file.
        path: String,
    },
    /// Somebody took the lock over.
    #[error("the lock of the mirror was taken over by another process; publish again")]
    LockLost,
    /// The name stands for other bytes, and no index has it.
    #[error(
        "{path} of the mirror has other bytes than the one to be published, and is in no index; remove it there if nobody needs it, and \
         publish again"
    )]
    OtherBytes {
        /// The file.
        path: String,
    },
}

impl StoreError {
    /// A failure with one file.
    pub fn file(verb: &'static str, path: &str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { verb, path, source }
    }

    /// A failure with a file of this machine.
    pub(super) fn local(verb: &'static str, what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Local { verb, what, source }
    }
}
