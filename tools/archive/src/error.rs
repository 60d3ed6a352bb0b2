use std::io;
use std::path::{Path, PathBuf};

use crate::PathError;

/// Why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The stream is damaged, truncated or no tar.
    #[error("not a readable tar archive")]
    Damaged(#[source] io::Error),
    /// The stream has no entry at all.
    #[error("expected a tar archive with at least one entry, found none")]
    Empty,
    /// Other bytes than zeros after the end of the archive.
    #[error("expected nothing after the end of the tar archive, found more bytes")]
    TrailingBytes,
    /// A name that must not be followed.
    #[error("refused archive entry")]
    Path(#[from] PathError),
    /// An entry that is no file, directory or allowed symlink.
    #[error("refused archive entry `{name}`: expected a file or a directory, found a {found}")]
    Kind {
        /// Name of the entry.
        name: String,
        /// What it is.
        found: &'static str,
    },
    /// A symlink that leads out of the tree.
    #[error("refused symlink `{name}`: expected a target inside the tree, found `{target}`")]
    Link {
        /// Name of the entry.
        name: String,
        /// Where it leads.
        target: String,
    },
    /// A name whose parent is a symlink or a file.
    #[error("refused archive entry `{name}`: expected a directory at `{parent}`, found something else")]
    Parent {
        /// Name of the entry.
        name: String,
        /// The parent in question.
        parent: String,
    },
    /// A pax record that readers disagree about.
    #[error("refused archive entry `{name}`: pax record `{key}` is not supported")]
    Pax {
        /// Name of the entry.
        name: String,
        /// Key of the record.
        key: String,
    },
    /// More than the caller allows.
    #[error("archive exceeds the limit of {limit} {unit}")]
    Limit {
        /// The limit.
        limit: u64,
        /// What is counted.
        unit: &'static str,
    },
    /// The file system refused.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl ArchiveError {
    /// True when the archive is at fault; false when the file system is.
    pub fn is_archive(&self) -> bool {
        !matches!(self, Self::File { .. })
    }

    pub(crate) fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { verb, path, source }
    }
}
