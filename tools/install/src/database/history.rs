use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use binpkg::escape::escape;
use binpkg::manifest::{Entry, EntryKind, Manifest};
use binpkg::metadata::Metadata;
use digest::Sha256;
use serde::{Deserialize, Serialize};

use super::{Database, PackageId, read_if_there};
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;

/// A finished transaction: `history/<id>.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRecord {
    /// [`HistoryRecord::SCHEMA`].
    pub schema: String,
    /// Its number; later ones sort after earlier ones.
    pub id: String,
    /// The command that made it.
    pub command: String,
    /// When, in seconds since 1970.
    pub time: u64,
    /// The packages that it changed.
    pub changes: Vec<Change>,
    /// What was on the disk and is not there any more, as far as it was not just what a manifest of `before` says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Replaced>,
    /// Files of nobody that now belong to a package.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<TargetPath>,
    /// Files of nobody that were written: new versions beside changed configuration files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<TargetPath>,
}

/// What became of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The package.
    pub package: PackageId,
    /// What was installed.
    pub before: Option<Version>,
    /// What is installed since then.
    pub after: Option<Version>,
}

/// A version of a package; its three files are in the store under these digests as soon as it is no longer installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// As the author wrote it.
    pub version: String,
    /// Digest of `METADATA.json`.
    pub metadata: Sha256,
    /// Digest of `MANIFEST`.
    pub manifest: Sha256,
    /// Digest of `origin.json`.
    pub origin: Sha256,
}

/// What was at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// The place.
    pub path: TargetPath,
    /// What was there.
    #[serde(flatten)]
    pub content: Content,
}

/// A file or a link, or nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Content {
    /// A file; its bytes are in the store.
    File {
        /// Their digest.
        sha256: Sha256,
        /// Their number.
        size: u64,
        /// Permission bits.
        mode: u32,
        /// Owner.
        uid: u32,
        /// Group.
        gid: u32,
    },
    /// A link.
    Link {
        /// Its target, escaped like a path.
        target: String,
    },
    /// Nothing.
    Missing,
}

impl Content {
    /// True when it is what a manifest says, owner left out.
    pub(crate) fn is(&self, entry: &Entry) -> bool {
        match (self, &entry.kind) {
            (Self::File { sha256, mode, .. }, EntryKind::File { sha256: expected, .. }) => {
                sha256 == expected && *mode == entry.mode
            }
            (Self::Link { target }, EntryKind::Link { target: expected }) => *target == escape(expected),
            _ => false,
        }
    }
}

impl HistoryRecord {
    /// The schema that this version writes.
    pub const SCHEMA: &'static str = "binpkg-history/1";
}

impl Database {
    /// Finished transactions that can be rolled back, the oldest first.
    ///
    /// # Errors
    /// A record that is damaged or cannot be read.
    pub fn history(&self) -> Result<Vec<HistoryRecord>, InstallError> {
        let record = |path: &PathBuf| {
            let bytes = fs::read(path).at("read", path)?;
            serde_json::from_slice(&bytes).map_err(|error| InstallError::Record {
                path: path.clone(),
                source: error.into(),
            })
        };
        self.history_files()?.iter().map(record).collect()
    }

    pub(crate) fn history_files(&self) -> Result<Vec<PathBuf>, InstallError> {
        let path = self.directory.join("history");
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).at("read", path),
        };
        let mut files = Vec::new();
        for entry in entries {
            let file = entry.at("read", &path)?.path();
            if file.extension().is_some_and(|extension| extension == "json") {
                files.push(file);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Forgets all but the last `keep` transactions, and what only they had in the store; returns the bytes freed there.
    ///
    /// # Errors
    /// A file that cannot be read or removed.
    pub fn forget_history(&self, _lock: &super::DbLock, keep: usize) -> Result<u64, InstallError> {
        self.shorten_history(keep)
    }

    pub(crate) fn shorten_history(&self, keep: usize) -> Result<u64, InstallError> {
        let files = self.history_files()?;
        let surplus = files.len().saturating_sub(keep);
        for file in &files[..surplus] {
            fs::remove_file(file).at("remove", file)?;
        }
        if surplus == 0 {
            return Ok(0);
        }
        let named = self.contents_named(&self.history()?)?;
        let store = self.directory.join("store");
        self.store()
            .keep_only(|sha256| named.contains(sha256))
            .at("shorten", store)
    }

    /// Every content that a rollback may need.
    fn contents_named(&self, history: &[HistoryRecord]) -> Result<HashSet<Sha256>, InstallError> {
        let mut named = HashSet::new();
        for record in history {
            for before in record.changes.iter().filter_map(|change| change.before.as_ref()) {
                named.extend([before.metadata, before.manifest, before.origin]);
                let files = self.stored_manifest(before)?;
                named.extend(files.entries().iter().filter_map(|entry| match entry.kind {
                    EntryKind::File { sha256, .. } => Some(sha256),
                    _ => None,
                }));
            }
            named.extend(record.replaced.iter().filter_map(|replaced| match replaced.content {
                Content::File { sha256, .. } => Some(sha256),
                _ => None,
            }));
        }
        Ok(named)
    }

    /// The manifest of a version that was installed once.
    pub(crate) fn stored_manifest(&self, version: &Version) -> Result<Manifest, InstallError> {
        let (bytes, path) = self.stored(&version.manifest)?;
        Manifest::parse(&bytes).map_err(|error| InstallError::Record {
            path,
            source: error.into(),
        })
    }

    /// The metadata of a version that was installed once.
    pub(crate) fn stored_metadata(&self, version: &Version) -> Result<Metadata, InstallError> {
        let (bytes, path) = self.stored(&version.metadata)?;
        Metadata::parse(&bytes).map_err(|error| InstallError::Record {
            path,
            source: error.into(),
        })
    }

    /// A small content of the store, compared with its name.
    pub(crate) fn stored(&self, sha256: &Sha256) -> Result<(Vec<u8>, PathBuf), InstallError> {
        let path = self.store().path(sha256);
        let bytes = read_if_there(&path)?.filter(|bytes| Sha256::of(bytes) == *sha256);
        let bytes = bytes.ok_or_else(|| InstallError::Database {
            path: path.clone(),
            reason: "a record of the history needs this file, and it is missing or damaged".into(),
        })?;
        Ok((bytes, path))
    }
}
