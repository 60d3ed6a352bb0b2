//! What every kind of mirror can do: open a file by its path below `binaries/`.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::stamp::Stamp;

/// A place that files can be read from.
pub trait Transport: Send + Sync {
    /// Opens a file. `path` is relative and below this place; the caller has checked that.
    ///
    /// # Errors
    /// See [`OpenError`].
    fn open(&self, path: &str) -> Result<Content, OpenError>;

    /// Opens a file at byte `from`, if it still is the one that `strong` is a strong validator of; any other file, and by
    /// every place that cannot do that, is opened at its beginning. [`Content::start`] says which.
    ///
    /// # Errors
    /// See [`OpenError`].
    fn open_rest(&self, path: &str, from: u64, strong: &str) -> Result<Content, OpenError> {
        let _ = (from, strong);
        self.open(path)
    }

    /// Opens a file unless it still is the one that `known` was said of.
    ///
    /// # Errors
    /// See [`OpenError`].
    fn open_changed(&self, path: &str, known: &Stamp) -> Result<Option<Content>, OpenError> {
        let _ = known;
        self.open(path).map(Some)
    }
}

/// A file of a mirror, opened.
pub struct Content {
    /// Its bytes from [`Content::start`] on.
    pub reader: Box<dyn Read>,
    /// How many of these there are, if the mirror says so.
    pub length: Option<u64>,
    /// Which byte of the file comes first.
    pub start: u64,
    /// How to recognise the file later.
    pub stamp: Stamp,
}

impl Content {
    /// A whole file, which cannot be recognised later.
    pub fn whole(reader: Box<dyn Read>, length: Option<u64>) -> Self {
        Self {
            reader,
            length,
            start: 0,
            stamp: Stamp::default(),
        }
    }
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
    /// Which of the places had a file the last time.
    preferred: AtomicUsize,
}

impl Mirror {
    /// A mirror with its places, in order of preference.
    pub fn new(address: String, roots: Vec<Box<dyn Transport>>) -> Self {
        let preferred = AtomicUsize::new(0);
        Self {
            address,
            roots,
            preferred,
        }
    }

    /// Its address, as people wrote it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The machine behind it: mirrors with the same one share its connections.
    pub fn host(&self) -> &str {
        let rest = self.address.split_once("://").map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split('/').next()).unwrap_or_default()
    }

    /// Opens a file in the first place that has it.
    ///
    /// # Errors
    /// [`OpenError::NotThere`] if no place has it, else whatever the first place that is not empty says.
    pub fn open(&self, path: &str) -> Result<Content, OpenError> {
        self.first(|root| root.open(path))
    }

    /// As [`Transport::open_rest`], in the first place that has the file.
    ///
    /// # Errors
    /// As [`Mirror::open`].
    pub fn open_rest(&self, path: &str, from: u64, strong: &str) -> Result<Content, OpenError> {
        self.first(|root| root.open_rest(path, from, strong))
    }

    /// As [`Transport::open_changed`], in the first place that has the file.
    ///
    /// # Errors
    /// As [`Mirror::open`].
    pub fn open_changed(&self, path: &str, known: &Stamp) -> Result<Option<Content>, OpenError> {
        self.first(|root| root.open_changed(path, known))
    }

    /// The place that had a file the last time comes first, so that a mirror is looked for once and not with each file.
    fn first<T>(&self, ask: impl Fn(&dyn Transport) -> Result<T, OpenError>) -> Result<T, OpenError> {
        let preferred = self.preferred.load(Ordering::Relaxed);
        let others = (0..self.roots.len()).filter(|number| *number != preferred);
        for number in std::iter::once(preferred).chain(others) {
            let Some(root) = self.roots.get(number) else { continue };
            match ask(root.as_ref()) {
                Err(OpenError::NotThere) => {}
                found => {
                    if found.is_ok() {
                        self.preferred.store(number, Ordering::Relaxed);
                    }
                    return found;
                }
            }
        }
        Err(OpenError::NotThere)
    }
}
