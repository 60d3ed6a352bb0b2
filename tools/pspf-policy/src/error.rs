use std::io;
use std::path::PathBuf;

/// Why a policy or the trust store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A file or directory cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be. A policy that is not understood cannot be kept, so nothing runs.
    #[error("{} cannot be used: {what}; correct it or remove it", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What was expected and found.
        what: String,
    },
}
