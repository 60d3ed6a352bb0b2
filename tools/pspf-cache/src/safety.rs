//! Whether a directory can be trusted: nobody but its owner and root may change what a path leads to.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::CacheError;
use crate::system::{check_path, check_private, make_private_path};

/// What makes a component of a path unsafe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Somebody else owns it.
    Owner {
        /// The owner found.
        owner: u32,
        /// The user of this process; root and the owner of `/` are accepted too, except for the cache itself.
        user: u32,
    },
    /// Others may write to it.
    Writable {
        /// Its permission bits.
        mode: u32,
    },
    /// The cache itself must be closed to everybody else.
    Open {
        /// Its permission bits.
        mode: u32,
    },
    /// Its owner or access list, on a system that has these instead of modes; the end of a sentence.
    Access(String),
    /// It is no directory.
    NoDirectory,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Owner { owner, user } => write!(f, "belongs to user {owner}, expected {user}"),
            Flaw::Writable { mode } => write!(
                f,
                "can be written by others (mode {mode:04o}, expected no more than 0755)"
            ),
            Flaw::Open { mode } => write!(f, "is open to others (mode {mode:04o}, expected 0700)"),
            Flaw::Access(what) => f.write_str(what),
            Flaw::NoDirectory => write!(f, "is not a directory"),
        }
    }
}

/// Makes sure that `path` is a directory of mode 0700 that belongs to `user`, reached through safe components only;
/// what is missing is created with mode 0700. Returns the path without links.
///
/// # Errors
/// As [`check_path`]; an existing directory that is open to others is refused, not repaired, because what is in it
/// may already be somebody else's work.
pub fn create_private_path(path: &Path, user: u32) -> Result<PathBuf, CacheError> {
    let resolved = check_path(path, user)?;
    make_private_path(&resolved)?;
    let resolved = check_path(&resolved, user)?;
    check_private(&resolved, user)?;
    Ok(resolved)
}
