//! What stays where something new is to go.

use super::Checking;
use super::files::Fate;
use crate::database::PackageId;
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;
use crate::transaction::Obstacle;
use crate::tree::is_directory;

impl Checking<'_> {
    /// A directory is there: it may go if everything in it goes with it.
    pub(super) fn directory_gives_way(&mut self, place: &TargetPath) -> Result<Fate, InstallError> {
        if !self.leaving.directories().contains(place) {
            return Ok(Fate::Conflict(Obstacle::ForeignDirectory));
        }
        Ok(match self.stays_in(place)? {
            Some(other) => Fate::Conflict(Obstacle::InDirectory(other)),
            None => Fate::Write(true),
        })
    }

    /// Something below a directory that is not about to go.
    fn stays_in(&mut self, directory: &TargetPath) -> Result<Option<TargetPath>, InstallError> {
        for name in self.tree.list(directory).at("read", self.tree.name(directory))? {
            let place = directory.join(&name);
            let found = self.tree.stat(&place).at("look at", self.tree.name(&place))?;
            let Some(found) = found else { continue };
            if is_directory(&found) {
                let ours = self.leaving.directories().contains(&place) && self.directory_that_stays(&place)?.is_none();
                if !ours {
                    return Ok(Some(place));
                }
                if let Some(other) = self.stays_in(&place)? {
                    return Ok(Some(other));
                }
            } else if !self.goes(&place, &found)? {
                return Ok(Some(place));
            } else {
                self.displaced.insert(place);
            }
        }
        Ok(None)
    }

    /// The package that has a file at `place` and is not part of the transaction.
    pub(super) fn owner_that_stays(&self, place: &TargetPath) -> Result<Option<PackageId>, InstallError> {
        self.stays(place, false)
    }

    /// The same for a directory.
    pub(super) fn directory_that_stays(&self, place: &TargetPath) -> Result<Option<PackageId>, InstallError> {
        self.stays(place, true)
    }

    fn stays(&self, place: &TargetPath, directory: bool) -> Result<Option<PackageId>, InstallError> {
        let owners = self
            .owners
            .of(place)
            .at("read", self.database.directory().join("owners"))?;
        let mut owners = owners.into_iter();
        let owner = owners.find(|owner| owner.directory == directory && !self.leaving.has(&owner.package));
        Ok(owner.map(|owner| owner.package))
    }
}
