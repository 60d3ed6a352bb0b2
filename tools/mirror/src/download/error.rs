use std::io;
use std::path::PathBuf;

use digest::Sha256;

use crate::attempt::Attempts;

/// Why a file is not in the cache.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// Nobody to ask.
    #[error("cannot fetch {words}: no mirror is configured, and {sha256} is not in the cache")]
    NoMirror {
        /// The file.
        words: String,
        /// What it would be called in the cache.
        sha256: Sha256,
    },
    /// Nobody may be asked.
    #[error("{words} is not in the cache (no file {}), and offline nothing is fetched", path.display())]
    Offline {
        /// The file.
        words: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// All mirrors were asked.
    #[error("cannot fetch {words} from any mirror: {attempts}")]
    Nowhere {
        /// The file.
        words: String,
        /// What each of them said, in order.
        attempts: Attempts,
    },
    /// The cache cannot be used.
    #[error("cannot {verb} {}{}", path.display(), advice(source))]
    Cache {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            " (make room, or choose another folder for the cache)"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => " (choose another folder for the cache)",
        _ => "",
    }
}

impl DownloadError {
    /// Whether some mirror has a file of this name that is another one.
    pub fn is_unverified(&self) -> bool {
        matches!(self, Self::Nowhere { attempts, .. } if attempts.is_unverified())
    }

    /// Whether every mirror answered, and none has the file; or it is not in the cache, and nobody may be asked.
    pub fn is_not_there(&self) -> bool {
        match self {
            Self::Offline { .. } => true,
            Self::Nowhere { attempts, .. } => attempts.is_not_there(),
            _ => false,
        }
    }

    /// Whether it is because of mirrors that cannot be read.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::NoMirror { .. } => true,
            Self::Nowhere { attempts, .. } => !attempts.is_unverified() && !attempts.is_not_there(),
            _ => false,
        }
    }
}
