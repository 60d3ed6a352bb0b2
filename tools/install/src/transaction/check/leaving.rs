use std::collections::{BTreeMap, BTreeSet, HashMap};

use binpkg::manifest::{Entry, EntryKind, Manifest};

use crate::database::{Database, Installed, PackageId};
use crate::error::InstallError;
use crate::target_path::TargetPath;
use crate::transaction::{Install, RemoveOptions};

/// The packages that a transaction replaces or removes, as they are installed.
#[derive(Debug, Default)]
pub(in crate::transaction) struct Leaving {
    pub(in crate::transaction) packages: BTreeMap<PackageId, Left>,
    /// Their files and links.
    files: HashMap<TargetPath, (PackageId, usize)>,
    directories: BTreeSet<TargetPath>,
}

/// One of them.
#[derive(Debug)]
pub(in crate::transaction) struct Left {
    pub(in crate::transaction) installed: Installed,
    pub(in crate::transaction) manifest: Manifest,
    pub(in crate::transaction) places: Vec<TargetPath>,
    /// Of a removal.
    pub(in crate::transaction) options: RemoveOptions,
}

impl Leaving {
    pub(super) fn read(
        database: &Database,
        installs: &[Install],
        removals: &[(PackageId, RemoveOptions)],
    ) -> Result<Self, InstallError> {
        let replaced = installs.iter().map(|install| (&install.id, RemoveOptions::default()));
        let removed = removals.iter().map(|(id, options)| (id, options.clone()));
        let mut leaving = Self::default();
        for (id, options) in replaced.chain(removed) {
            let Some(installed) = database.get(id)? else { continue };
            leaving.add(installed, database.manifest(id)?, options)?;
        }
        Ok(leaving)
    }

    fn add(&mut self, installed: Installed, manifest: Manifest, options: RemoveOptions) -> Result<(), InstallError> {
        let mut resolved = installed.places()?;
        let places: Vec<_> = manifest.entries().iter().map(|entry| resolved.of(entry)).collect();
        for (index, (entry, place)) in manifest.entries().iter().zip(&places).enumerate() {
            if entry.kind == EntryKind::Directory {
                self.directories.insert(place.clone());
            } else {
                self.files.insert(place.clone(), (installed.id.clone(), index));
            }
        }
        self.directories.extend(installed.origin.made.iter().cloned());
        let id = installed.id.clone();
        let left = Left {
            installed,
            manifest,
            places,
            options,
        };
        self.packages.insert(id, left);
        Ok(())
    }

    /// The version that a package replaces.
    pub(super) fn replaced(&self, id: &PackageId) -> Option<&Installed> {
        self.packages.get(id).map(|left| &left.installed)
    }

    /// True for a package that is replaced or removed.
    pub(super) fn has(&self, id: &PackageId) -> bool {
        self.packages.contains_key(id)
    }

    /// The entry that has a place until now.
    pub(in crate::transaction) fn file(&self, place: &TargetPath) -> Option<&Entry> {
        let (id, index) = self.files.get(place)?;
        self.packages.get(id)?.manifest.entries().get(*index)
    }

    /// True for a file that was there before its package.
    pub(in crate::transaction) fn adopted(&self, place: &TargetPath) -> bool {
        let mut packages = self.packages.values();
        packages.any(|left| left.installed.origin.adopted.contains(place))
    }

    /// Directories that the packages have until now.
    pub(super) fn directories(&self) -> &BTreeSet<TargetPath> {
        &self.directories
    }

    /// Places of their links.
    pub(super) fn links(&self) -> Vec<TargetPath> {
        let is_link = |entry: &Entry| matches!(entry.kind, EntryKind::Link { .. });
        let links = self.packages.values().flat_map(|left| {
            let entries = left.manifest.entries().iter().zip(&left.places);
            entries
                .filter(|(entry, _)| is_link(entry))
                .map(|(_, place)| place.clone())
        });
        links.collect()
    }
}
