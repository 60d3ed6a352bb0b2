use std::io;
use std::path::{Path, PathBuf};

use binpkg::manifest::{ManifestError, PathError};
use binpkg::metadata::MetadataError;
use binpkg::tarball::ReadError;

use crate::database::{Holder, PackageId};
use crate::target_path::TargetPath;
use crate::transaction::Conflicts;

/// Why an operation on an installation ended. Unless [`InstallError::needs_recovery`] says otherwise, the installation is as it
/// was before.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The file system refused.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A prefix that names no place.
    #[error("{}", match reason {
        None => format!("expected the prefix to be an absolute path such as /usr, found `{}`", prefix.display()),
        Some(_) => format!("the prefix `{}` cannot be used", prefix.display()),
    })]
    Prefix {
        /// The prefix.
        prefix: PathBuf,
        /// What is wrong with a part of it.
        #[source]
        reason: Option<PathError>,
    },
    /// A tarball that is not a sound package.
    #[error("{} cannot be installed", tarball.display())]
    Tarball {
        /// The tarball.
        tarball: PathBuf,
        /// What is wrong with it.
        source: Box<ReadError>,
    },
    /// A tarball that is not the one that was looked at before.
    #[error("{} changed while it was being installed; fetch it again", tarball.display())]
    Changed {
        /// The tarball.
        tarball: PathBuf,
    },
    /// A slot that cannot be a part of a file name.
    #[error(
        "expected a package `NAME` or `NAME@SLOT` with a slot of letters, digits and `._+~-`, found `{}`",
        found.escape_debug()
    )]
    Id {
        /// What was found.
        found: String,
    },
    /// A database of another version, or one that was damaged.
    #[error("the database {} is not usable: {reason}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the database that does not parse.
    #[error("{} of the database is damaged", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: RecordError,
    },
    /// Another process works on this installation.
    #[error("{} is locked by {holder}; wait for it to end, or let this command wait with `--wait SECONDS`", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// A transaction was cut short.
    #[error("the transaction {id} ({command}) was interrupted; finish or undo it with `install-binary recover`")]
    NeedsRecovery {
        /// Its number.
        id: String,
        /// The command that began it.
        command: String,
        /// Why, when it happened just now.
        #[source]
        source: Option<Box<InstallError>>,
    },
    /// Something is in the way.
    #[error(transparent)]
    Conflicts(#[from] Conflicts),
    /// Not enough room.
    #[error("not enough space below {}: needed {needed} bytes, free {free}", path.display())]
    Space {
        /// A directory of the file system.
        path: PathBuf,
        /// Bytes of the new files.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// Not installed.
    #[error("{0} is not installed")]
    NotInstalled(String),
    /// Installed in several slots, and none was named.
    #[error("{name} is installed in several slots; name one of {}", list(slots))]
    Ambiguous {
        /// The name.
        name: String,
        /// The packages of that name.
        slots: Vec<PackageId>,
    },
    /// What only root may do.
    #[error("{path} of {package} needs {what}, which only root can give; run the command as root")]
    Privilege {
        /// The place.
        path: TargetPath,
        /// The package.
        package: PackageId,
        /// What was granted.
        what: String,
    },
    /// A grant that this system cannot give.
    #[error("{path} of {package}: {reason}")]
    Grant {
        /// The place.
        path: TargetPath,
        /// The package.
        package: PackageId,
        /// What is wrong with it.
        reason: String,
    },
    /// The same package twice in one transaction.
    #[error("{0} is named twice in one transaction")]
    Twice(PackageId),
    /// An installed package is still needed.
    #[error("{}", required(removed))]
    Required {
        /// What was to be removed, each with who needs it.
        removed: Vec<(PackageId, Vec<PackageId>)>,
    },
    /// A tarball for a repair that is not of what is installed.
    #[error("expected a tarball of {package} with the content {expected}, which is installed, found {found}")]
    OtherContent {
        /// The package.
        package: PackageId,
        /// The content hash of what is installed.
        expected: digest::Sha256,
        /// That of the tarball.
        found: digest::Sha256,
    },
    /// A file that rollback or repair needs is gone.
    #[error("{path} cannot be restored: its content {sha256} is no longer kept in the store")]
    NotStored {
        /// The place.
        path: TargetPath,
        /// The digest of its content.
        sha256: digest::Sha256,
    },
    /// Fewer transactions than asked for.
    #[error("expected at most {kept} transactions to roll back, which is what the history holds, found {asked}")]
    History {
        /// How many there are.
        kept: usize,
        /// How many were asked for.
        asked: usize,
    },
}

/// Why a file of the database cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A list of files.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// What a package is.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// Anything else.
    #[error("unexpected JSON")]
    Json(#[from] serde_json::Error),
}

impl InstallError {
    /// Exit code 3: what was named is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::NotInstalled(_) | Self::Ambiguous { .. } | Self::History { .. } | Self::NotStored { .. }
        )
    }

    /// Exit code 4: a package is not what it should be.
    pub fn is_unverified(&self) -> bool {
        match self {
            // A sink that cannot write is no fault of the package.
            Self::Tarball { source, .. } => !matches!(**source, ReadError::Sink { .. } | ReadError::Unreadable(_)),
            Self::Changed { .. } | Self::OtherContent { .. } => true,
            _ => false,
        }
    }

    /// Exit code 5: something is in the way.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflicts(_) | Self::Required { .. })
    }

    /// Exit code 7: another process is at work.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Locked { .. })
    }

    /// Exit code 8: only recovery helps.
    pub fn needs_recovery(&self) -> bool {
        matches!(self, Self::NeedsRecovery { .. })
    }
}

fn list(packages: &[PackageId]) -> String {
    let names: Vec<_> = packages.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn required(removed: &[(PackageId, Vec<PackageId>)]) -> String {
    let lines: Vec<_> = removed
        .iter()
        .map(|(package, by)| format!("{package} is required by {}", list(by)))
        .collect();
    let lines = lines.join("; ");
    format!("{lines}; remove those too with `--cascade`, or remove it all the same with `--force`")
}

/// Adds verb and path to what the system said.
pub(crate) trait At<T> {
    fn at(self, verb: &'static str, path: impl AsRef<Path>) -> Result<T, InstallError>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, verb: &'static str, path: impl AsRef<Path>) -> Result<T, InstallError> {
        self.map_err(|error| InstallError::File {
            verb,
            path: path.as_ref().to_owned(),
            source: error.into(),
        })
    }
}
