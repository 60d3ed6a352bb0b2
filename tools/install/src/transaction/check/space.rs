use std::collections::BTreeMap;

use super::Checking;
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;

impl Checking<'_> {
    /// Compares what is needed with what is free, for each file system.
    pub(super) fn check_space(&self) -> Result<(), InstallError> {
        let mut by_system: BTreeMap<u64, (TargetPath, u64)> = BTreeMap::new();
        for (directory, bytes) in &self.needed {
            let (existing, device) = self.existing(directory)?;
            by_system.entry(device).or_insert((existing, 0)).1 += bytes;
        }
        for (existing, needed) in by_system.into_values() {
            let name = self.tree.name(&existing);
            let directory = self.tree.directory(&existing).at("open", &name)?;
            let system = rustix::fs::fstatvfs(&directory).at("look at", &name)?;
            // Blocks that are kept for root count for root only.
            let blocks = match rustix::process::geteuid().is_root() {
                true => system.f_bfree,
                false => system.f_bavail,
            };
            let free = blocks.saturating_mul(system.f_frsize);
            if needed > free {
                return Err(InstallError::Space {
                    path: name,
                    needed,
                    free,
                });
            }
        }
        Ok(())
    }

    /// The nearest directory above that is there, and its file system.
    fn existing(&self, directory: &TargetPath) -> Result<(TargetPath, u64), InstallError> {
        let mut place = directory.clone();
        loop {
            let found = self.tree.stat(&place).at("look at", self.tree.name(&place))?;
            match (found, place.parent()) {
                (Some(found), _) => return Ok((place, found.st_dev)),
                (None, Some(parent)) => place = parent,
                (None, None) => return Ok((place, 0)),
            }
        }
    }
}
