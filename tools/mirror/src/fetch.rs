//! One pinned file, from the first mirror that has it (section 15).

use std::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use digest::{HashingReader, Sha256};

use crate::transport::{Mirror, OpenError};
use crate::whole_file::{Taken, WholeFile};

/// What the file must be.
#[derive(Clone, Copy, Debug)]
pub struct Pin {
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: Size,
}

/// How many bytes a pinned file has.
#[derive(Clone, Copy, Debug)]
pub enum Size {
    /// That many.
    Exactly(u64),
    /// It is only known what would be too many.
    AtMost(u64),
}

/// Why a file did not come from a mirror.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// It could not be opened.
    #[error(transparent)]
    Open(OpenError),
    /// It could not be read to its end.
    #[error("broke off after {after} bytes: {source}")]
    Broken {
        /// How many bytes came.
        after: u64,
        /// What happened.
        source: io::Error,
    },
    /// Of another size.
    #[error("`size` does not match (expected {expected} bytes, found {found})")]
    Size {
        /// What was pinned.
        expected: u64,
        /// What was found or announced.
        found: String,
    },
    /// Other bytes.
    #[error("`sha256` does not match (expected {expected}, found {found})")]
    Digest {
        /// What was pinned.
        expected: Sha256,
        /// What came.
        found: Sha256,
    },
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

/// A mirror's address and how it ended there, for each mirror.
#[derive(Debug)]
pub struct Attempts(pub Vec<(String, AttemptError)>);

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (address, error)) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(f, "{separator}{address}: {error}")?;
        }
        Ok(())
    }
}

impl FetchError {
    /// Whether some mirror has a file of this name that is another one.
    pub fn is_unverified(&self) -> bool {
        self.any(|error| matches!(error, AttemptError::Size { .. } | AttemptError::Digest { .. }))
    }

    /// Whether every mirror answered, and none has the file.
    pub fn is_not_there(&self) -> bool {
        matches!(self, Self::Nowhere { .. })
            && !self.any(|error| !matches!(error, AttemptError::Open(OpenError::NotThere)))
    }

    fn any(&self, test: impl Fn(&AttemptError) -> bool) -> bool {
        matches!(self, Self::Nowhere { attempts, .. } if attempts.0.iter().any(|(_, error)| test(error)))
    }
}

/// How often a mirror is asked again after a failure that may pass.
const RETRIES: u32 = 3;

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
        let mut pause = self.pause;
        for _ in 0..RETRIES {
            let asked = match once(mirror, path, pin, out) {
                Err(Failure::Attempt(AttemptError::Open(OpenError::Again { why, after }))) => (why, after),
                Err(Failure::Attempt(AttemptError::Broken { after, source })) => {
                    (format!("broke off after {after} bytes: {source}"), None)
                }
                outcome => return outcome,
            };
            (self.warn)(&format!("{path} from {}: {}; asking again", mirror.address(), asked.0));
            std::thread::sleep(asked.1.unwrap_or_else(|| jittered(pause)));
            pause *= 2;
        }
        once(mirror, path, pin, out)
    }
}

enum Failure {
    Attempt(AttemptError),
    Output(io::Error),
}

fn once(mirror: &Mirror, path: &str, pin: &Pin, out: &Path) -> Result<(), Failure> {
    let refuse = |error| Err(Failure::Attempt(error));
    let content = mirror
        .open(path)
        .map_err(|error| Failure::Attempt(AttemptError::Open(error)))?;
    let (expected, limit) = match pin.size {
        Size::Exactly(size) => (Some(size), size),
        Size::AtMost(limit) => (None, limit),
    };
    if let Some(length) = content.length
        && (length > limit || expected.is_some_and(|expected| length != expected))
    {
        let found = length.to_string();
        return refuse(AttemptError::Size { expected: limit, found });
    }
    // One byte more than may come, so that a longer answer shows.
    let mut reader = HashingReader::new(content.reader.take(limit.saturating_add(1)));
    let mut file = WholeFile::create(out).map_err(Failure::Output)?;
    let mut buffer = vec![0; 128 << 10];
    let mut moved = 0;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return refuse(AttemptError::Broken { after: moved, source }),
        };
        moved += count as u64;
        file.write_all(&buffer[..count]).map_err(Failure::Output)?;
    }
    if moved > limit || expected.is_some_and(|expected| moved != expected) {
        let found = if moved > limit {
            "more".to_owned()
        } else {
            moved.to_string()
        };
        return refuse(AttemptError::Size { expected: limit, found });
    }
    let (found, _) = reader.finish();
    if found != pin.sha256 {
        let expected = pin.sha256;
        return refuse(AttemptError::Digest { expected, found });
    }
    file.finish(Taken::Replace).map_err(Failure::Output)
}

/// Up to a half longer, so that many who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    let nanos = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.subsec_nanos());
    pause + pause.mul_f64(f64::from(nanos % 1000) / 2000.0)
}
