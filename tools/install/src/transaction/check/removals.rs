//! What goes: files that no new version has, and directories that nobody else needs.

use std::collections::BTreeSet;

use rustix::fs::Stat;

use super::{Checking, Package};
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;
use crate::transaction::disk::Substance;
use crate::tree::is_directory;

impl Checking<'_> {
    /// Files to be removed, and directories to be removed if they are empty then, the deepest first.
    pub(super) fn find_removals(
        &mut self,
        packages: &[Package],
    ) -> Result<(Vec<TargetPath>, Vec<TargetPath>), InstallError> {
        let mut files = BTreeSet::new();
        let mut candidates = Vec::new();
        let still_beside: BTreeSet<_> = packages
            .iter()
            .flat_map(|package| package.installed.origin.beside.keys())
            .collect();
        for left in self.leaving.packages.values() {
            candidates.extend(left.places.iter().cloned());
            let beside = left.installed.origin.beside.iter();
            for (place, sha256) in beside.filter(|(place, _)| !still_beside.contains(place)) {
                let found = self.tree.stat(place).at("look at", self.tree.name(place))?;
                if let Some(found) = found
                    && Substance::on_disk(self.tree, place, &found).at("read", self.tree.name(place))?
                        == Some(Substance::File(*sha256))
                {
                    files.insert(place.clone());
                }
            }
        }
        for place in candidates {
            if self.new.contains_key(&place) || self.leaving.file(&place).is_none() {
                continue;
            }
            let found = self.tree.stat(&place).at("look at", self.tree.name(&place))?;
            let Some(found) = found.filter(|found| !is_directory(found)) else {
                continue;
            };
            // Where a directory takes its place, it is moved away with it.
            if self.directories.is_wanted(&place) {
                continue;
            }
            if self.goes(&place, &found)? {
                files.insert(place);
            } else {
                self.left.push(place);
            }
        }
        self.displaced.extend(files.iter().cloned());
        Ok((files.into_iter().collect(), self.find_empty()?))
    }

    /// True for a file that goes with its package.
    pub(super) fn goes(&self, place: &TargetPath, found: &Stat) -> Result<bool, InstallError> {
        let Some(old) = self.leaving.file(place) else {
            return Ok(false);
        };
        let adopted =
            |left: &super::leaving::Left| left.options.keep_adopted && left.installed.origin.adopted.contains(place);
        if self.leaving.packages.values().any(adopted) {
            return Ok(false);
        }
        // What somebody changed in a configuration is his.
        if old.grants.config {
            let substance = Substance::on_disk(self.tree, place, found).at("read", self.tree.name(place))?;
            return Ok(substance == Substance::of_entry(old));
        }
        Ok(true)
    }

    fn find_empty(&self) -> Result<Vec<TargetPath>, InstallError> {
        let mut directories = Vec::new();
        for place in self.leaving.directories() {
            let needed = place.is_root()
                || self.directories.is_wanted(place)
                || self.new.contains_key(place)
                || self.directory_that_stays(place)?.is_some();
            if !needed {
                directories.push(place.clone());
            }
        }
        directories.reverse();
        Ok(directories)
    }
}
