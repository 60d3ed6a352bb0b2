//! Reading the index of a mirror (sections 9.2 and 10.3): believed only as far as its signatures and its serial allow.

use std::io::Read;
use std::time::{Duration, SystemTime};

use binpkg::index::{Index, IndexError};
use binpkg::sign::{SignatureLine, TrustList, UntrustedError};

use crate::publish::INDEX;
use crate::transport::{Mirror, OpenError};

/// What is signed: these bytes, then the file.
const SIGNED: &[u8] = b"binpkg-index/1\n";

/// No index comes near to this, and no signature file to a thousandth of it.
const LARGEST: u64 = 1 << 30;

/// A serial that jumps further than this is not believed: nothing could follow it.
const LONGEST_JUMP: u64 = 1_000_000;

/// What an index must be to count.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Keys of which one must have signed it; without any, signatures are not looked at.
    pub trusted: TrustList,
    /// The highest serial that was seen of this mirror.
    pub seen: u64,
}

/// Why an index does not count.
#[derive(Debug, thiserror::Error)]
pub enum ReadIndexError {
    /// It cannot be had.
    #[error("cannot read {file}: {source}")]
    Open {
        /// The file.
        file: &'static str,
        /// Why not.
        source: OpenError,
    },
    /// It is no index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Nobody who is trusted signed it.
    #[error("{INDEX} does not verify: {0}")]
    Untrusted(#[from] UntrustedError),
    /// A signature file of something else.
    #[error("{INDEX}.sig: {0}")]
    Signature(String),
    /// An older one than was seen before: somebody takes newer packages away.
    #[error("{INDEX} was rolled back: expected a serial of at least {seen}, found {found}")]
    RolledBack {
        /// The highest serial seen.
        seen: u64,
        /// Its serial.
        found: u64,
    },
    /// A serial that leaves no room for the next ones.
    #[error("{INDEX} has jumped from serial {seen} to {found}, further than any mirror does")]
    FastForward {
        /// The highest serial seen.
        seen: u64,
        /// Its serial.
        found: u64,
    },
    /// Nobody signed it lately: somebody may be keeping newer ones away.
    #[error("{INDEX} has expired at {at}; the mirror's owner signs it again with `upload-binaries refresh`")]
    Expired {
        /// When.
        at: String,
    },
}

impl ReadIndexError {
    /// Whether the mirror could not be read, in contrast to lying.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// Reads and judges the index of a mirror.
///
/// # Errors
/// See [`ReadIndexError`].
pub fn read_index(mirror: &Mirror, policy: &Policy) -> Result<Index, ReadIndexError> {
    let open = |file| move |source| ReadIndexError::Open { file, source };
    let bytes = whole(mirror, INDEX).map_err(open(INDEX))?;
    if !policy.trusted.is_empty() {
        let signatures = match whole(mirror, "index.json.sig") {
            Ok(text) => signature_lines(&text)?,
            Err(OpenError::NotThere) => Vec::new(),
            Err(error) => return Err(open("index.json.sig")(error)),
        };
        policy.trusted.check_bytes(&[SIGNED, &bytes].concat(), &signatures)?;
    }
    let index = Index::parse(&bytes)?;
    let (seen, found) = (policy.seen, index.serial);
    if found < seen {
        return Err(ReadIndexError::RolledBack { seen, found });
    }
    if found - seen > LONGEST_JUMP && seen > 0 {
        return Err(ReadIndexError::FastForward { seen, found });
    }
    if let Some(at) = &index.expires
        && at.is_past(SystemTime::now())
    {
        return Err(ReadIndexError::Expired { at: at.to_string() });
    }
    Ok(index)
}

fn signature_lines(text: &[u8]) -> Result<Vec<SignatureLine>, ReadIndexError> {
    let refuse = |why: String| ReadIndexError::Signature(why);
    std::str::from_utf8(text)
        .map_err(|error| refuse(error.to_string()))?
        .lines()
        .map(|line| {
            line.parse()
                .map_err(|error: binpkg::sign::SignatureLineError| refuse(error.to_string()))
        })
        .collect()
}

/// A file of a mirror, whole; what may pass is tried again.
///
/// # Errors
/// It cannot be opened or read.
pub fn whole(mirror: &Mirror, path: &str) -> Result<Vec<u8>, OpenError> {
    let mut pause = Duration::from_millis(500);
    for _ in 0..3 {
        match once(mirror, path) {
            Err(OpenError::Again { after, .. }) => std::thread::sleep(after.unwrap_or(pause)),
            outcome => return outcome,
        }
        pause *= 2;
    }
    once(mirror, path)
}

fn once(mirror: &Mirror, path: &str) -> Result<Vec<u8>, OpenError> {
    let content = mirror.open(path)?;
    let mut bytes = Vec::new();
    content
        .reader
        .take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| OpenError::Again {
            why: format!("broke off after {} bytes: {error}", bytes.len()),
            after: None,
        })?;
    Ok(bytes)
}
