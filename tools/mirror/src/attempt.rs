//! One try to get a pinned file from a mirror, how it may end, and which ends are worth another try (section 15).

use std::fmt;
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime};

use digest::{Hasher, Sha256};

use crate::transport::{Content, OpenError};

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
    #[error("broke off after {after} bytes: {why}")]
    Broken {
        /// How many bytes came.
        after: u64,
        /// What happened.
        why: io::Error,
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

impl AttemptError {
    /// Whether the mirror has a file of this name that is another one.
    pub fn is_unverified(&self) -> bool {
        matches!(self, Self::Size { .. } | Self::Digest { .. })
    }

    /// Whether the mirror answered that there is no such file.
    pub fn is_not_there(&self) -> bool {
        matches!(self, Self::Open(OpenError::NotThere))
    }

    /// Whether it may work when tried again, and how long the mirror wants to be left alone.
    fn may_pass(&self) -> Option<Option<Duration>> {
        match self {
            Self::Open(OpenError::Again { after, .. }) => Some(*after),
            Self::Broken { .. } => Some(None),
            _ => None,
        }
    }
}

/// A mirror's address and how it ended there, for each mirror.
#[derive(Debug)]
pub struct Attempts(pub Vec<(String, AttemptError)>);

impl Attempts {
    /// Whether some mirror has a file of this name that is another one.
    pub fn is_unverified(&self) -> bool {
        self.0.iter().any(|(_, error)| error.is_unverified())
    }

    /// Whether every mirror answered, and none has the file.
    pub fn is_not_there(&self) -> bool {
        self.0.iter().all(|(_, error)| error.is_not_there())
    }
}

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (address, error)) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(f, "{separator}{address}: {error}")?;
        }
        Ok(())
    }
}

/// How a try ends that does not work.
pub(crate) enum Failure {
    /// The mirror's fault.
    Attempt(AttemptError),
    /// Ours: what came could not be written.
    Output(io::Error),
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Attempt(AttemptError::Open(error))
    }
}

/// How often a mirror is asked again after a failure that may pass.
const RETRIES: u32 = 3;

/// Repeats a try that may work the next time, after `pause`, then after twice and four times as long.
pub(crate) fn retrying<T>(
    pause: Duration,
    mut failed: impl FnMut(&AttemptError) -> Again,
    mut once: impl FnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    for number in 0..RETRIES {
        let error = match once() {
            Err(Failure::Attempt(error)) => error,
            outcome => return outcome,
        };
        let Some(wished) = error.may_pass() else {
            return Err(Failure::Attempt(error));
        };
        if failed(&error) == Again::No {
            return Err(Failure::Attempt(error));
        }
        std::thread::sleep(wished.unwrap_or_else(|| jittered(pause * 2u32.pow(number))));
    }
    once()
}

/// Whether to try once more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    Yes,
    No,
}

/// Up to a half longer, so that many who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    let nanos = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.subsec_nanos());
    pause + pause.mul_f64(f64::from(nanos % 1000) / 2000.0)
}

/// Moves what a mirror sends to `out`, and gives the digest of the whole file. `hasher` knows the bytes before
/// [`Content::start`]; `moved` hears how many bytes of the file are there.
pub(crate) fn pour(
    content: Content,
    mut hasher: Hasher,
    size: Size,
    out: &mut dyn Write,
    moved: &mut dyn FnMut(u64),
) -> Result<Sha256, Failure> {
    let (expected, limit) = match size {
        Size::Exactly(size) => (Some(size), size),
        Size::AtMost(limit) => (None, limit),
    };
    let refuse = |found: String| {
        let expected = limit;
        Err(Failure::Attempt(AttemptError::Size { expected, found }))
    };
    let is_wrong = |size: u64| size > limit || expected.is_some_and(|expected| size != expected);
    if let Some(length) = content.length.map(|length| length.saturating_add(content.start))
        && is_wrong(length)
    {
        return refuse(length.to_string());
    }
    let mut there = content.start;
    // One byte more than may come, so that a longer answer shows.
    let mut reader = content.reader.take(limit.saturating_add(1).saturating_sub(there));
    let mut buffer = vec![0; 128 << 10];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(why) => {
                let after = there;
                return Err(Failure::Attempt(AttemptError::Broken { after, why }));
            }
        };
        hasher.update(&buffer[..count]);
        there += count as u64;
        if there > limit {
            return refuse("more".to_owned());
        }
        out.write_all(&buffer[..count]).map_err(Failure::Output)?;
        moved(there);
    }
    if is_wrong(there) {
        return refuse(there.to_string());
    }
    Ok(hasher.finish())
}
