//! One pinned file, from the first mirror that has it (section 15).

use std::io;
use std::path::Path;
use std::time::Duration;

use digest::{Hasher, Sha256};

use crate::attempt::{Again, Failure, pour, retrying};
use crate::transport::Mirror;
use crate::whole_file::{Taken, WholeFile};

pub use crate::attempt::{AttemptError, Attempts, Size};

/// What the file must be.
#[derive(Clone, Copy, Debug)]
pub struct Pin {
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: Size,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Nobody to ask.
    #[error("cannot fetch {path}: no mirror is configured; set `mirrors` in the lock file or `[buckos] binary_mirror`")]
    NoMirror {
        /// The path below a mirror.
        path: String,
    },
    /// All mirrors were asked.
    #[error("cannot fetch {path} from any mirror: {attempts}")]
    Nowhere {
        /// The path below a mirror.
        path: String,
        /// What each of them said, in order.
        attempts: Attempts,
    },
    /// The output could not be written.
    #[error("cannot write {}", path.display())]
    Output {
        /// The output.
        path: std::path::PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl FetchError {
    /// Whether some mirror has a file of this name that is another one.
    pub fn is_unverified(&self) -> bool {
        matches!(self, Self::Nowhere { attempts, .. } if attempts.is_unverified())
    }

    /// Whether every mirror answered, and none has the file.
    pub fn is_not_there(&self) -> bool {
        matches!(self, Self::Nowhere { attempts, .. } if attempts.is_not_there())
    }
}

/// Fetches from mirrors, in their order.
pub struct Fetcher<'a> {
    mirrors: &'a [Mirror],
    /// The pause before the first repetition; the next ones are twice and four times as long.
    pub pause: Duration,
    /// Hears what went wrong on the way.
    pub warn: &'a mut dyn FnMut(&str),
}

impl<'a> Fetcher<'a> {
    /// Fetches from `mirrors`.
    pub fn new(mirrors: &'a [Mirror], warn: &'a mut dyn FnMut(&str)) -> Self {
        Self {
            mirrors,
            pause: Duration::from_millis(500),
            warn,
        }
    }

    /// Brings the file `path` to `out`, whole and as pinned, or not at all.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub fn fetch(&mut self, path: &str, pin: &Pin, out: &Path) -> Result<(), FetchError> {
        let mut attempts = Vec::new();
        for (number, mirror) in self.mirrors.iter().enumerate() {
            match self.ask(mirror, path, pin, out) {
                Ok(()) => return Ok(()),
                Err(Failure::Output(source)) => {
                    let path = out.to_owned();
                    return Err(FetchError::Output { path, source });
                }
                Err(Failure::Attempt(error)) => {
                    if let Some(next) = self.mirrors.get(number + 1) {
                        (self.warn)(&format!(
                            "{path} from {}: {error}; trying {}",
                            mirror.address(),
                            next.address()
                        ));
                    }
                    attempts.push((mirror.address().to_owned(), error));
                }
            }
        }
        let path = path.to_owned();
        if attempts.is_empty() {
            return Err(FetchError::NoMirror { path });
        }
        let attempts = Attempts(attempts);
        Err(FetchError::Nowhere { path, attempts })
    }

    fn ask(&mut self, mirror: &Mirror, path: &str, pin: &Pin, out: &Path) -> Result<(), Failure> {
        let mut failed = |error: &AttemptError| {
            (self.warn)(&format!("{path} from {}: {error}; asking again", mirror.address()));
            Again::Yes
        };
        retrying(self.pause, &mut failed, || once(mirror, path, pin, out))
    }
}

fn once(mirror: &Mirror, path: &str, pin: &Pin, out: &Path) -> Result<(), Failure> {
    let content = mirror.open(path)?;
    let mut file = WholeFile::create(out).map_err(Failure::Output)?;
    let found = pour(content, Hasher::new(), pin.size, &mut file, &mut |_| ())?;
    if found != pin.sha256 {
        let expected = pin.sha256;
        return Err(Failure::Attempt(AttemptError::Digest { expected, found }));
    }
    file.finish(Taken::Replace).map_err(Failure::Output)
}
