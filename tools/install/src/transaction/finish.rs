//! Everything after the point of no return (section 14.3, steps 5 to 7). Every step finds out whether it was done before, so that
//! it can be taken any number of times; and none needs space that is not there, because all it does is rename and remove.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use super::commit::sync_all;
use super::journal::Journal;
use super::plan::Unit;
use crate::database::{Database, Owners, OwnersChange, PackageId};
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;
use crate::tree::{Tree, is_directory};

/// Transactions that can be rolled back.
const HISTORY: usize = 10;

impl Journal {
    /// Finishes a transaction that somebody else began.
    pub(super) fn finish(&self, database: &Database) -> Result<(), InstallError> {
        self.finish_with(database, None)
    }

    /// Finishes a transaction; with the change of the list of owners, that is made at once and not when it is next needed.
    pub(super) fn finish_with(&self, database: &Database, change: Option<OwnersChange>) -> Result<(), InstallError> {
        let (tree, plan) = (database.tree(), &self.plan);
        tree.forget();
        for unit in &plan.units {
            put_into_place(tree, unit).at("rename", tree.name(&unit.place))?;
        }
        for place in &plan.removals {
            remove(tree, place).at("remove", tree.name(place))?;
        }
        for unit in plan.units.iter().filter(|unit| unit.other_type) {
            tree.remove_all(&unit.aside()).at("remove", tree.name(&unit.aside()))?;
        }
        for place in &plan.directories {
            tree.remove_directory(place).at("remove", tree.name(place))?;
        }
        let owners = Owners::set_aside(database, &self.directory.join("owners"));
        for id in &plan.installed {
            self.enter(database, id).at("rename", database.entry(id))?;
        }
        for id in &plan.removed {
            self.take_out(database, id).at("rename", database.entry(id))?;
        }
        // Whatever comes now is to be undone by nobody, so what came before must be on the disk.
        sync_all(database, plan)?;
        database
            .store()
            .take_over(&self.store())
            .at("fill", database.directory().join("store"))?;
        let history = database.directory().join("history").join(format!("{}.json", plan.id));
        rename_if_there(&self.directory.join("history.json"), &history).at("write", &history)?;
        if let (Some(owners), Some(change)) = (owners, change) {
            // It is made again when it is missing.
            let _ = Owners::merge(database, owners, change);
        }
        self.retire()?;
        // The transaction is done, and a history that is too long is no failure of it.
        let _ = database.shorten_history(HISTORY);
        Ok(())
    }

    /// Gives a package its new entry in the database.
    fn enter(&self, database: &Database, id: &PackageId) -> io::Result<()> {
        let (new, entry) = (self.directory.join("new").join(id.to_string()), database.entry(id));
        if !new.exists() || self.is_entered(database, id) {
            return Ok(());
        }
        match fs::rename(&new, &entry) {
            // In the place of the old one, which then is in the journal.
            Err(error)
                if error.kind() == io::ErrorKind::DirectoryNotEmpty || error.kind() == io::ErrorKind::AlreadyExists =>
            {
                match rustix::fs::renameat_with(CWD, &new, CWD, &entry, RenameFlags::EXCHANGE) {
                    Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                        rename_if_there(&entry, &self.directory.join(format!("old-{id}")))?;
                        fs::rename(&new, &entry)
                    }
                    exchanged => Ok(exchanged?),
                }
            }
            renamed => renamed,
        }
    }

    fn is_entered(&self, database: &Database, id: &PackageId) -> bool {
        let installed = database.get(id).ok().flatten();
        installed.is_some_and(|installed| installed.origin.transaction == self.plan.id)
    }

    fn take_out(&self, database: &Database, id: &PackageId) -> io::Result<()> {
        rename_if_there(&database.entry(id), &self.directory.join(format!("old-{id}")))
    }
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !from.exists() => Ok(()),
        renamed => renamed,
    }
}

/// Gives what was prepared its name.
fn put_into_place(tree: &Tree, unit: &Unit) -> io::Result<()> {
    if tree.stat(&unit.beside)?.is_none() {
        // Done before.
        return Ok(());
    }
    match tree.stat(&unit.place)? {
        Some(found) if is_directory(&found) && unit.directory => {
            // Somebody made it meanwhile: what is in it stays, ours is added.
            return merge(tree, &unit.beside, &unit.place);
        }
        Some(found) if is_directory(&found) != unit.directory => tree.rename(&unit.place, &unit.aside())?,
        _ => {}
    }
    tree.rename(&unit.beside, &unit.place)
}

fn merge(tree: &Tree, from: &TargetPath, to: &TargetPath) -> io::Result<()> {
    for name in tree.list(from)? {
        let (from, to) = (from.join(&name), to.join(&name));
        match (tree.stat(&from)?, tree.stat(&to)?) {
            (Some(ours), Some(theirs)) if is_directory(&ours) && is_directory(&theirs) => merge(tree, &from, &to)?,
            _ => tree.rename(&from, &to)?,
        }
    }
    tree.remove_directory(from).map(drop)
}

/// Removes a file; what has become a directory meanwhile is somebody's.
fn remove(tree: &Tree, place: &TargetPath) -> io::Result<()> {
    match tree.stat(place)? {
        Some(found) if !is_directory(&found) => tree.remove(place).map(drop),
        _ => Ok(()),
    }
}
