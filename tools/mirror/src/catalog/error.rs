use std::fmt;

use binpkg::index::{IndexError, RootError, ShardError, UnpackError};
use binpkg::names::PackageName;
use binpkg::sidecar::SidecarError;

use super::TrustError;
use crate::attempt::AttemptError;
use crate::causes::with_causes;

/// Why it is not known what a mirror has.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It cannot be had.
    #[error("cannot read {file}")]
    Open {
        /// The file.
        file: String,
        /// Why not.
        source: AttemptError,
    },
    /// The root names a shard that is not there.
    #[error(
        "the index names a shard of {package} that is not there ({file}); its owner finds out with `upload-binaries check`"
    )]
    NoShard {
        /// The package.
        package: PackageName,
        /// The file.
        file: String,
    },
    /// Nobody may be asked, and the cache does not know.
    #[error("cannot read {file}: it is not in the cache, and offline nothing is fetched")]
    Offline {
        /// The file.
        file: String,
    },
    /// None of the mirrors could be read.
    #[error("no mirror can be read: {0}")]
    Nowhere(Refusals),
    /// It is no gzip, or a bomb.
    #[error("{file} is not usable")]
    Packed {
        /// The file.
        file: &'static str,
        /// Why not.
        source: UnpackError,
    },
    /// It is no root.
    #[error(transparent)]
    Root(#[from] RootError),
    /// It is no index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// It is no shard, or one of another root: somebody mixes what was published at different times.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// The sidecar of a package does not verify.
    #[error("{file} does not verify")]
    Sidecar {
        /// The file.
        file: String,
        /// Why not.
        source: SidecarError,
    },
    /// Sidecar and index say different things.
    #[error("{file}: expected `{key}` to be {expected}, as the index says, found {found}")]
    OtherSidecar {
        /// The file.
        file: String,
        /// The key.
        key: &'static str,
        /// What the index says.
        expected: String,
        /// What the sidecar says.
        found: String,
    },
    /// Nobody who is trusted signed it.
    #[error(transparent)]
    Untrusted(#[from] TrustError),
    /// An older one than was seen before: somebody takes newer packages away.
    #[error(
        "{file} was rolled back: expected a serial of at least {seen}, found {found}; if its owner began anew, remove {}",
        memory(memory_path.as_deref())
    )]
    RolledBack {
        /// The file.
        file: &'static str,
        /// The highest serial seen.
        seen: u64,
        /// Its serial.
        found: u64,
        /// Where the highest serial is kept, if it comes from there.
        memory_path: Option<std::path::PathBuf>,
    },
    /// A serial that leaves no room for the next ones.
    #[error("{file} has jumped from serial {seen} to {found}, further than any mirror does")]
    FastForward {
        /// The file.
        file: &'static str,
        /// The highest serial seen.
        seen: u64,
        /// Its serial.
        found: u64,
    },
    /// Nobody signed it lately: somebody may be keeping newer ones away.
    #[error("{file} has expired at {at}; the mirror's owner signs it again with `upload-binaries refresh`")]
    Expired {
        /// The file.
        file: &'static str,
        /// When.
        at: String,
    },
    /// What was seen before cannot be read or written.
    #[error("cannot use {}, which keeps the highest serials that were seen: {why}", path.display())]
    Memory {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        why: String,
    },
    /// Something of one of several mirrors.
    #[error("cannot use the mirror {address}")]
    Mirror {
        /// Its address.
        address: String,
        /// Why not.
        source: Box<CatalogError>,
    },
}

fn memory(path: Option<&std::path::Path>) -> String {
    path.map_or_else(
        || "the serial that you asked for".to_owned(),
        |path| path.display().to_string(),
    )
}

/// A mirror's address and why it cannot be read, for each mirror.
#[derive(Debug)]
pub struct Refusals(pub Vec<(String, CatalogError)>);

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none is configured");
        }
        for (number, (address, error)) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(f, "{separator}{address}: {}", with_causes(error))?;
        }
        Ok(())
    }
}

impl CatalogError {
    /// Says whose it is.
    pub(super) fn of(self, address: &str) -> Self {
        let address = address.to_owned();
        let source = Box::new(self);
        Self::Mirror { address, source }
    }

    /// Whether mirrors could not be read, in contrast to lying.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::Open { source, .. } => !source.is_unverified(),
            Self::NoShard { .. } | Self::Offline { .. } | Self::Nowhere(_) => true,
            Self::Mirror { source, .. } => source.is_unreadable(),
            _ => false,
        }
    }

    /// Whether something is wrong on this machine, and with no mirror.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Memory { .. } => true,
            Self::Mirror { source, .. } => source.is_local(),
            _ => false,
        }
    }
}
