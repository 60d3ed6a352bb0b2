use std::time::Duration;

use binpkg::index::Record;
use binpkg::sign::TrustList;

use crate::transport::Mirror;

/// A mirror, and whether its word has to be signed.
pub struct Source {
    /// The mirror.
    pub mirror: Mirror,
    /// The keys of which one must have signed what it says; with none, checksums suffice.
    pub trusted: TrustList,
    /// A serial that it must have at least, besides those that were seen of it before.
    pub serial: u64,
}

/// What an index is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Something is done by it: one that has expired is refused.
    Install,
    /// It is only looked at: one that has expired is a warning.
    Query,
}

/// How to ask.
#[derive(Clone, Debug)]
pub struct Options {
    /// What for.
    pub purpose: Purpose,
    /// Whether only the cache is used, however old it is.
    pub offline: bool,
    /// How old an answer may be before the mirror is asked whether it still holds.
    pub max_age: Duration,
    /// The pause before a mirror is asked again; the next ones are twice and four times as long.
    pub pause: Duration,
}

impl Options {
    /// The usual way.
    pub fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            offline: false,
            max_age: Duration::from_secs(60),
            pause: Duration::from_millis(500),
        }
    }
}

/// A record, and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The record.
    pub record: Record,
    /// Which of the sources has it.
    pub source: usize,
}
