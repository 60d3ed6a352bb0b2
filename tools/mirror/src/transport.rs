//! What every kind of mirror can do: open a file by its path below `binaries/`.

use std::io::{self, Read};
use std::time::Duration;

/// A place that files can be read from.
pub trait Transport {
    /// Opens a file. `path` is relative and below this place; the caller has checked that.
    ///
    /// # Errors
    /// See [`OpenError`].
    fn open(&self, path: &str) -> Result<Content, OpenError>;
}

/// A file of a mirror, opened.
pub struct Content {
    /// Its bytes.
    pub reader: Box<dyn Read>,
    /// How many there are, if the mirror says so.
    pub length: Option<u64>,
}

/// Why a file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("not there")]
    NotThere,
    /// The mirror does not give it to us; asking again is of no use.
    #[error("refused: {0}")]
    Refused(String),
    /// It may work later.
    #[error("not readable now: {why}")]
    Again {
        /// What happened.
        why: String,
        /// How long to wait, if the mirror said so.
        after: Option<Duration>,
    },
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => Self::NotThere,
            _ => Self::Refused(error.to_string()),
        }
    }
}

/// One mirror, whose files may be in one of several places.
pub struct Mirror {
    address: String,
    roots: Vec<Box<dyn Transport>>,
}

impl Mirror {
    /// A mirror with its places, in order of preference.
    pub fn new(address: String, roots: Vec<Box<dyn Transport>>) -> Self {
        Self { address, roots }
    }

    /// Its address, as people wrote it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens a file in the first place that has it.
    ///
    /// # Errors
    /// [`OpenError::NotThere`] if no place has it, else whatever the first place that is not empty says.
    pub fn open(&self, path: &str) -> Result<Content, OpenError> {
        for root in &self.roots {
            match root.open(path) {
                Err(OpenError::NotThere) => {}
                found => return found,
            }
        }
        Err(OpenError::NotThere)
    }
}
