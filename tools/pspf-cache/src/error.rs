//! What can go wrong in the cache.

use std::io;
use std::path::{Path, PathBuf};

/// Why the cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A system call failed.
    #[error("cannot {verb} {}", path.display())]
    Io {
        /// What was being done, as in "create directory".
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A directory on the way to the cache could be changed by somebody else.
    #[error("the cache directory {} is not safe: {} {flaw}; repair that, or set FLAVOR_CACHE_DIR to a directory of your own", cache.display(), component.display())]
    Unsafe {
        /// The directory that was to be used.
        cache: PathBuf,
        /// The component at fault.
        component: PathBuf,
        /// What is wrong with it.
        flaw: crate::Flaw,
    },
    /// A path on the way goes through too many symbolic links.
    #[error("{} goes through more than 40 symbolic links", path.display())]
    LinkLoop {
        /// The path that was being resolved.
        path: PathBuf,
    },
    /// A file of the cache does not say what it should.
    #[error("{} is damaged: {what}; remove the directory that holds it and start again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        what: String,
    },
}

impl CacheError {
    /// The system's error code behind this error, where there is one.
    pub fn io(&self) -> Option<&io::Error> {
        match self {
            CacheError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Adds verb and path to a failed system call.
pub trait IoContext<T> {
    /// Turns the error into "cannot VERB PATH".
    fn context(self, verb: &'static str, path: &Path) -> Result<T, CacheError>;
}

impl<T, E: Into<io::Error>> IoContext<T> for Result<T, E> {
    fn context(self, verb: &'static str, path: &Path) -> Result<T, CacheError> {
        self.map_err(|source| CacheError::Io {
            verb,
            path: path.to_owned(),
            source: source.into(),
        })
    }
}
