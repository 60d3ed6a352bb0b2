//! Whether what is installed is still what it was (section 14.5).

use std::fmt;
use std::fs;
use std::path::PathBuf;

use binpkg::escape::escape;
use binpkg::manifest::{Entry, EntryKind};
use digest::Sha256;
use rustix::fs::{FileType, Stat};

use crate::database::{Database, Installed, PackageId};
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;
use crate::transaction::{Accounts, capabilities_of, digest_of, permissions};
use crate::tree::file_type;

/// How closely files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// A file of its size and time is taken for what it was; others are read.
    Quick,
    /// Every file is read.
    Full,
}

/// Something that is not as it was installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A file, link or directory of a package.
    File {
        /// The package.
        package: PackageId,
        /// Where.
        path: TargetPath,
        /// What is wrong.
        damage: Damage,
        /// A configuration file, which may be changed.
        config: bool,
    },
    /// Something in the database.
    Database {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// How something differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Nothing is there.
    Missing,
    /// It is something else.
    Type {
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A file of another length.
    Size {
        /// Of the manifest.
        expected: u64,
        /// On the disk.
        found: u64,
    },
    /// A file with other bytes.
    Bytes {
        /// Of the manifest.
        expected: Sha256,
        /// On the disk.
        found: Sha256,
    },
    /// Other permission bits.
    Mode {
        /// Of the manifest.
        expected: u32,
        /// On the disk.
        found: u32,
    },
    /// Another owner or group.
    Owner {
        /// What it should be.
        expected: (u32, u32),
        /// On the disk.
        found: (u32, u32),
    },
    /// A link to somewhere else.
    Target {
        /// Of the manifest, escaped.
        expected: String,
        /// On the disk, escaped.
        found: String,
    },
    /// Without the capabilities that were granted.
    Capabilities {
        /// Of the manifest.
        expected: String,
    },
}

impl Finding {
    /// True for what `repair` is for; a changed configuration is not.
    pub fn is_damage(&self) -> bool {
        !matches!(self, Self::File { config: true, .. })
    }
}

impl Database {
    /// Looks at the files of packages; of a directory only whether it is there, because packages share them.
    ///
    /// # Errors
    /// A file that cannot be looked at.
    pub fn verify(&self, packages: &[PackageId], depth: Depth) -> Result<Vec<Finding>, InstallError> {
        let mut findings = Vec::new();
        let mut accounts = Accounts::default();
        for id in packages {
            let installed = match self.expect(id) {
                Err(InstallError::Record { path, source }) => {
                    findings.push(Finding::Database {
                        path,
                        reason: source.to_string(),
                    });
                    continue;
                }
                installed => installed?,
            };
            self.verify_entry(&installed, &mut findings)?;
            let manifest = match self.manifest(id) {
                Err(InstallError::Record { path, source }) => {
                    findings.push(Finding::Database {
                        path,
                        reason: source.to_string(),
                    });
                    continue;
                }
                manifest => manifest?,
            };
            let mut places = installed.places()?;
            for entry in manifest.entries() {
                let path = places.of(entry);
                if installed.origin.deleted.contains(&path) {
                    continue;
                }
                if let Some(damage) = self.damage(&installed, entry, &path, depth, &mut accounts)? {
                    findings.push(Finding::File {
                        package: id.clone(),
                        path,
                        damage,
                        config: entry.grants.config,
                    });
                }
            }
        }
        Ok(findings)
    }

    /// Whether the files of the database belong together, and nothing else lies among them.
    fn verify_entry(&self, installed: &Installed, findings: &mut Vec<Finding>) -> Result<(), InstallError> {
        let directory = self.entry(&installed.id);
        let mut database = |path: PathBuf, reason: String| findings.push(Finding::Database { path, reason });
        let path = directory.join("MANIFEST");
        let bytes = fs::read(&path).at("read", &path)?;
        let (expected, found) = (installed.origin.content_hash_full, Sha256::of(&bytes));
        if expected != found {
            database(path, format!("expected the content hash {expected}, found {found}"));
        }
        let of_metadata = PackageId::of(&installed.metadata)?;
        if of_metadata != installed.id {
            let found = format!(
                "expected the metadata of {}, found those of {of_metadata}",
                installed.id
            );
            database(directory.join("METADATA.json"), found);
        }
        for entry in fs::read_dir(&directory).at("read", &directory)? {
            let path = entry.at("read", &directory)?.path();
            let known = ["METADATA.json", "MANIFEST", "origin.json"];
            if !known
                .iter()
                .any(|name| path.file_name().is_some_and(|found| found == *name))
            {
                database(path, "is no part of the database; remove it".into());
            }
        }
        Ok(())
    }

    fn damage(
        &self,
        installed: &Installed,
        entry: &Entry,
        path: &TargetPath,
        depth: Depth,
        accounts: &mut Accounts,
    ) -> Result<Option<Damage>, InstallError> {
        let tree = self.tree();
        let failed = || tree.name(path);
        let Some(found) = tree.stat(path).at("look at", failed())? else {
            return Ok(Some(Damage::Missing));
        };
        let kind = kind_of(&found);
        if kind != entry.kind.name() {
            return Ok(Some(Damage::Type {
                expected: entry.kind.name(),
                found: kind,
            }));
        }
        match &entry.kind {
            EntryKind::Directory => return Ok(None),
            EntryKind::Link { target } => {
                let now = tree.read_link(path).at("read", failed())?;
                if now != *target {
                    return Ok(Some(Damage::Target {
                        expected: escape(target),
                        found: escape(&now),
                    }));
                }
            }
            EntryKind::File { size, sha256 } => {
                if let Some(damage) = self.content(installed, path, &found, depth, (*size, *sha256))? {
                    return Ok(Some(damage));
                }
                if permissions(&found) != entry.mode {
                    return Ok(Some(Damage::Mode {
                        expected: entry.mode,
                        found: permissions(&found),
                    }));
                }
            }
        }
        if let Some(expected) = accounts.owner(self, entry).filter(|_| installed.origin.by_root) {
            let found = (found.st_uid, found.st_gid);
            if expected != found {
                return Ok(Some(Damage::Owner { expected, found }));
            }
        }
        match &entry.grants.cap {
            Some(expected) if !capabilities_of(tree, path, expected).at("read", failed())? => {
                let expected = expected.clone();
                Ok(Some(Damage::Capabilities { expected }))
            }
            _ => Ok(None),
        }
    }

    fn content(
        &self,
        installed: &Installed,
        path: &TargetPath,
        found: &Stat,
        depth: Depth,
        (size, expected): (u64, Sha256),
    ) -> Result<Option<Damage>, InstallError> {
        if found.st_size as u64 != size {
            let found = found.st_size as u64;
            return Ok(Some(Damage::Size { expected: size, found }));
        }
        let unchanged = found.st_mtime as u64 == installed.origin.time && found.st_mtime_nsec == 0;
        if depth == Depth::Quick && unchanged {
            return Ok(None);
        }
        let found = digest_of(self.tree(), path).at("read", self.tree().name(path))?;
        Ok((found != expected).then_some(Damage::Bytes { expected, found }))
    }
}

fn kind_of(found: &Stat) -> &'static str {
    match file_type(found) {
        FileType::Directory => "directory",
        FileType::RegularFile => "file",
        FileType::Symlink => "link",
        _ => "special file",
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::File {
                package,
                path,
                damage,
                config,
            } => {
                let note = if *config { " (configuration)" } else { "" };
                write!(f, "{package}: {path}{note} {damage}")
            }
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Type { expected, found } => write!(f, "is a {found}: expected a {expected}"),
            Self::Size { expected, found } => write!(f, "has {found} bytes: expected {expected}"),
            Self::Bytes { expected, found } => write!(f, "has other bytes: expected {expected}, found {found}"),
            Self::Mode { expected, found } => write!(f, "has the mode {found:04o}: expected {expected:04o}"),
            Self::Owner { expected, found } => {
                write!(
                    f,
                    "belongs to {}:{}: expected {}:{}",
                    found.0, found.1, expected.0, expected.1
                )
            }
            Self::Target { expected, found } => write!(f, "leads to {found}: expected {expected}"),
            Self::Capabilities { expected } => write!(f, "lacks the capabilities {expected}"),
        }
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
