//! Exit codes, and how an error carries one.

use std::fmt;

/// Why a command ended. The same table holds for `psp` and for all programs of binary packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The operation failed: build, input or output, partial failure.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// Package, version, config or dependency not found.
    NotFound = 3,
    /// Checksum, signature, hash option, manifest or installed files do not verify.
    Unverified = 4,
    /// Conflict: files, an existing package with other content, the prefix.
    Conflict = 5,
    /// No mirror could be read.
    NoMirror = 6,
    /// Locked by another process.
    Locked = 7,
    /// An interrupted transaction needs `recover`.
    NeedsRecovery = 8,
}

/// The layer of an error that says how the command ends. It adds no words of its own.
#[derive(Debug)]
pub(crate) struct Coded {
    pub(crate) exit: Exit,
    pub(crate) error: anyhow::Error,
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Coded {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// Gives an error its exit code; without one a failure ends with [`Exit::Failed`].
pub trait WithExit<T> {
    /// Ends with `exit` if this is an error.
    ///
    /// # Errors
    /// The same error, with its code.
    fn exit(self, exit: Exit) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> WithExit<T> for Result<T, E> {
    fn exit(self, exit: Exit) -> anyhow::Result<T> {
        self.map_err(|error| {
            anyhow::Error::new(Coded {
                exit,
                error: error.into(),
            })
        })
    }
}
