//! Changes of an installation: everything that is asked for is checked together, and done together or not at all.

mod capabilities;
mod check;
mod commit;
mod config_file;
mod conflict;
mod disk;
mod finish;
mod grants;
mod journal;
mod plan;
mod rollback;
mod stage;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use binpkg::manifest::Manifest;
use binpkg::metadata::Metadata;
use binpkg::tarball::{Contents, NoSink, Package, ReadLimits, read, read_head};

use crate::database::{Content, Database, DbLock, Origin, PackageId, Source};
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;

pub use check::Checked;
pub use commit::{Event, Outcome};
pub use conflict::{Conflict, Conflicts, Obstacle};
pub(crate) use disk::{digest as digest_of, permissions};
pub(crate) use grants::{Accounts, capabilities_of};
pub use journal::{Interrupted, Recovered};

/// A package that is to be installed.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub(crate) metadata: Metadata,
    pub(crate) manifest: Manifest,
    pub(crate) computed: bool,
    pub(crate) source: Source,
    pub(crate) bytes: Bytes,
}

/// Where the content of files comes from.
#[derive(Clone, Debug)]
pub(crate) enum Bytes {
    Tarball(PathBuf),
    Store,
}

impl Incoming {
    /// Looks at the head of a tarball, which is all that planning needs; a package of an older tool is read to its end. That the
    /// tarball is the one that was meant, by its digest and signatures, is for the caller to know; that every byte is what the
    /// manifest says is found out while it is unpacked, before anything else happens.
    ///
    /// # Errors
    /// A tarball that cannot be read, or is no sound package.
    pub fn open(tarball: &Path, source: Source) -> Result<Self, InstallError> {
        let file = File::open(tarball).at("open", tarball)?;
        let refused = |source| InstallError::Tarball {
            tarball: tarball.to_owned(),
            source: Box::new(source),
        };
        if let Some((metadata, manifest)) = read_head(&file).map_err(refused)? {
            return Ok(Self {
                metadata,
                manifest,
                computed: false,
                source,
                bytes: Bytes::Tarball(tarball.to_owned()),
            });
        }
        let file = File::open(tarball).at("open", tarball)?;
        let package = read(file, ReadLimits::default(), &mut NoSink).map_err(refused)?;
        Ok(Self::read(tarball, package, source))
    }

    /// Takes a tarball that was read to its end and found sound.
    fn read(tarball: &Path, package: Package, source: Source) -> Self {
        let (manifest, computed) = match package.contents {
            Contents::Listed(manifest) => (manifest, false),
            Contents::Computed(manifest) => (manifest, true),
        };
        Self {
            metadata: package.metadata,
            manifest,
            computed,
            source,
            bytes: Bytes::Tarball(tarball.to_owned()),
        }
    }

    /// What it is.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What is in it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

/// How a package is installed.
#[derive(Clone, Debug, Default)]
pub struct InstallOptions {
    /// Asked for by name; otherwise it came as a dependency. Once explicit, a package stays so.
    pub explicit: bool,
    /// Files of nobody that may be replaced: patterns for absolute paths of the target.
    pub overwrite: Vec<glob::Pattern>,
    /// Any file of nobody may be replaced.
    pub force: bool,
    /// The prefix does, whatever the package was built for.
    pub force_prefix: bool,
}

/// How a package is removed.
#[derive(Clone, Debug, Default)]
pub struct RemoveOptions {
    /// Files that were there before the package stay.
    pub(crate) keep_adopted: bool,
}

/// What is asked for.
#[derive(Debug)]
pub struct Transaction<'a> {
    database: &'a Database,
    lock: &'a DbLock,
    installs: Vec<Install>,
    removals: Vec<(PackageId, RemoveOptions)>,
    restores: Vec<(TargetPath, Content)>,
}

#[derive(Debug)]
pub(crate) struct Install {
    pub(crate) id: PackageId,
    pub(crate) incoming: Incoming,
    pub(crate) options: InstallOptions,
    /// Of a repair: the only places that are written.
    pub(crate) only: Option<BTreeSet<TargetPath>>,
    /// Of a rollback: how the package was installed before.
    pub(crate) again: Option<Origin>,
    /// Of a rollback: what was at places of the package, where it was not what the manifest says.
    pub(crate) contents: BTreeMap<TargetPath, Content>,
}

impl<'a> Transaction<'a> {
    /// Begins with nothing.
    ///
    /// # Errors
    /// [`InstallError::NeedsRecovery`] when an earlier transaction was cut short.
    pub fn new(database: &'a Database, lock: &'a DbLock) -> Result<Self, InstallError> {
        if let Some(interrupted) = database.interrupted()? {
            return Err(interrupted.into());
        }
        Ok(Self {
            database,
            lock,
            installs: Vec::new(),
            removals: Vec::new(),
            restores: Vec::new(),
        })
    }

    /// Installs a package, in the place of the version that is in its slot.
    ///
    /// # Errors
    /// The package is named twice.
    pub fn install(&mut self, incoming: Incoming, options: InstallOptions) -> Result<&mut Self, InstallError> {
        let id = PackageId::of(&incoming.metadata)?;
        self.expect_new(&id)?;
        self.installs.push(Install {
            id,
            incoming,
            options,
            only: None,
            again: None,
            contents: BTreeMap::new(),
        });
        Ok(self)
    }

    /// Writes files of an installed package again, from a tarball of the same content; all others are left as they are.
    ///
    /// # Errors
    /// The package is not installed with this content, or is named twice.
    pub fn repair(&mut self, incoming: Incoming, places: BTreeSet<TargetPath>) -> Result<&mut Self, InstallError> {
        let id = PackageId::of(&incoming.metadata)?;
        let installed = self.database.expect(&id)?;
        let (expected, found) = (installed.origin.content_hash_full, incoming.manifest.content_hash());
        if expected != found {
            return Err(InstallError::OtherContent {
                package: id,
                expected,
                found,
            });
        }
        self.push(Install {
            id,
            incoming,
            options: InstallOptions {
                // The prefix was accepted once.
                force_prefix: true,
                ..InstallOptions::default()
            },
            only: Some(places),
            again: None,
            contents: BTreeMap::new(),
        })?;
        Ok(self)
    }

    /// Removes a package, whoever may need it: see [`Dependents`](crate::Dependents) for who does.
    ///
    /// # Errors
    /// The package is named twice, or is not installed.
    pub fn remove(&mut self, id: &PackageId, options: RemoveOptions) -> Result<&mut Self, InstallError> {
        self.expect_new(id)?;
        self.database.expect(id)?;
        self.removals.push((id.clone(), options));
        Ok(self)
    }

    pub(crate) fn push(&mut self, install: Install) -> Result<(), InstallError> {
        self.expect_new(&install.id)?;
        self.installs.push(install);
        Ok(())
    }

    pub(crate) fn restore(&mut self, place: TargetPath, content: Content) {
        self.restores.push((place, content));
    }

    fn expect_new(&self, id: &PackageId) -> Result<(), InstallError> {
        let known = self.installs.iter().any(|install| install.id == *id)
            || self.removals.iter().any(|(removed, _)| removed == id);
        match known {
            true => Err(InstallError::Twice(id.clone())),
            false => Ok(()),
        }
    }

    /// Checks everything that can be checked without the payloads: every conflict of every package, rights, and space.
    ///
    /// # Errors
    /// [`InstallError::Conflicts`] with all of them; a file that cannot be read.
    pub fn check(self) -> Result<Checked<'a>, InstallError> {
        check::check(self)
    }
}

#[cfg(test)]
mod tests;
