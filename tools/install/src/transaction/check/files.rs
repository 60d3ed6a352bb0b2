//! What becomes of every file and link (sections 14.4 and 14.6).

use binpkg::manifest::{Entry, EntryKind};
use rustix::fs::Stat;

use super::{Action, Checking, Install, Obstacle, Package};
use crate::database::{Content, Installed, Origin};
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;
use crate::transaction::config_file::{ConfigChoice, choose};
use crate::transaction::disk::{self, Substance};
use crate::tree::is_directory;

impl Install {
    /// True when a file of nobody at this place may be replaced.
    pub(super) fn overwrites(&self, place: &TargetPath) -> bool {
        let path = format!("/{}", String::from_utf8_lossy(place.as_bytes()));
        self.options.force || self.options.overwrite.iter().any(|pattern| pattern.matches(&path))
    }
}

/// What becomes of one file.
pub(super) enum Fate {
    /// Written to its place; `true` when a directory has to give way.
    Write(bool),
    /// Left as it is, or left away.
    Nothing,
    /// A configuration file, written beside what is there.
    Beside,
    Conflict(Obstacle),
}

impl Checking<'_> {
    pub(super) fn decide(
        &mut self,
        installs: Vec<Install>,
        places: Vec<Vec<TargetPath>>,
    ) -> Result<Vec<Package>, InstallError> {
        let mut packages = Vec::with_capacity(installs.len());
        for (number, (install, places)) in installs.into_iter().zip(places).enumerate() {
            let mut origin = self.origin(number, &install);
            let mut actions = Vec::with_capacity(places.len());
            for (entry, place) in install.incoming.manifest.entries().iter().zip(&places) {
                actions.push(match entry.kind {
                    EntryKind::Directory => Action::Nothing,
                    _ => self.decide_file(&install, entry, place, &mut origin)?,
                });
            }
            packages.push(Package {
                id: install.id.clone(),
                installed: Installed {
                    id: install.id.clone(),
                    metadata: install.incoming.metadata.clone(),
                    origin,
                },
                install,
                actions,
            });
        }
        Ok(packages)
    }

    fn decide_file(
        &mut self,
        install: &Install,
        entry: &Entry,
        place: &TargetPath,
        origin: &mut Origin,
    ) -> Result<Action, InstallError> {
        if let Some(content) = install.contents.get(place)
            && disk::content(self.tree, place)
                .at("read", self.tree.name(place))?
                .is_some_and(|found| found == *content)
        {
            self.remember_again(install, place, origin);
            return Ok(Action::Nothing);
        }
        match self.fate(install, entry, place, origin)? {
            Fate::Nothing => Ok(Action::Nothing),
            Fate::Conflict(reason) => {
                self.conflict(&install.id, place, reason);
                Ok(Action::Nothing)
            }
            Fate::Write(other_type) => match install.contents.get(place) {
                None => self.write(install, entry, place, other_type),
                Some(Content::Missing) => {
                    self.remember_again(install, place, origin);
                    // What the present version has there goes with it.
                    self.new.remove(place);
                    Ok(Action::Nothing)
                }
                Some(content) => {
                    let prepared = self.prepare(place, entry.size(), other_type);
                    Ok(Action::Restore(prepared, content.clone()))
                }
            },
            // What a rollback finds is what was left alone before.
            Fate::Beside if install.again.is_some() => {
                origin.kept.insert(place.clone());
                Ok(Action::Nothing)
            }
            Fate::Beside => {
                let beside = place.with_suffix(".new");
                if let EntryKind::File { sha256, .. } = entry.kind {
                    origin.beside.insert(beside.clone(), sha256);
                }
                origin.kept.insert(place.clone());
                if self
                    .tree
                    .stat(&beside)
                    .at("look at", self.tree.name(&beside))?
                    .is_some()
                {
                    self.displaced.insert(beside.clone());
                }
                self.write(install, entry, &beside, false)
            }
        }
    }

    fn write(
        &mut self,
        install: &Install,
        entry: &Entry,
        place: &TargetPath,
        other_type: bool,
    ) -> Result<Action, InstallError> {
        let rights = self.accounts.rights(self.database, install, place, entry)?;
        let prepared = self.prepare(place, entry.size(), other_type);
        Ok(Action::Write(prepared, rights))
    }

    /// Where a file is prepared that goes to `place`.
    fn prepare(&mut self, place: &TargetPath, size: u64, other_type: bool) -> TargetPath {
        let prepared = self.directories.in_new(place);
        let prepared = prepared.unwrap_or_else(|| self.unit(place, false, other_type));
        *self.needed.entry(prepared.parent().unwrap_or_default()).or_default() += size;
        prepared
    }

    fn fate(
        &mut self,
        install: &Install,
        entry: &Entry,
        place: &TargetPath,
        origin: &mut Origin,
    ) -> Result<Fate, InstallError> {
        let failed = || self.tree.name(place);
        if let Some(only) = &install.only
            && !only.contains(place)
        {
            self.remember(install, place, origin);
            return Ok(Fate::Nothing);
        }
        let old = self.leaving.file(place).cloned();
        let owner = match old {
            Some(_) => None,
            None => self.owner_that_stays(place)?,
        };
        let found = match self.directories.in_new(place) {
            Some(_) => None,
            None => self.tree.stat(place).at("look at", failed())?,
        };
        if let Some(by) = owner {
            let identical = match &found {
                Some(found) => disk::is_identical(self.tree, place, found, entry).at("read", failed())?,
                None => false,
            };
            return Ok(Fate::Conflict(Obstacle::Owned { by, identical }));
        }
        if let Some(by) = self.directory_that_stays(place)? {
            return Ok(Fate::Conflict(Obstacle::OwnedDirectory(by)));
        }
        let Some(found) = found else {
            // A deleted configuration file stays deleted.
            if entry.grants.config && old.is_some() && install.only.is_none() {
                origin.deleted.insert(place.clone());
                return Ok(Fate::Nothing);
            }
            return Ok(Fate::Write(false));
        };
        if is_directory(&found) {
            return self.directory_gives_way(place);
        }
        match old {
            Some(old) if entry.grants.config && install.only.is_none() => {
                self.config(&old, entry, place, &found, origin)
            }
            Some(_) => {
                self.displaced.insert(place.clone());
                Ok(Fate::Write(false))
            }
            None => self.foreign(install, entry, place, &found, origin),
        }
    }

    /// What the database says about a file that is not touched.
    fn remember(&self, install: &Install, place: &TargetPath, origin: &mut Origin) {
        let Some(before) = self.leaving.replaced(&install.id).map(|before| &before.origin) else {
            return;
        };
        for (known, now) in [
            (&before.adopted, &mut origin.adopted),
            (&before.kept, &mut origin.kept),
            (&before.deleted, &mut origin.deleted),
        ] {
            now.extend(known.get(place).cloned());
        }
        let beside = place.with_suffix(".new");
        if let Some(sha256) = before.beside.get(&beside) {
            origin.beside.insert(beside, *sha256);
        }
    }

    /// What the database said before a rollback about a file that stays as it is, or stays away.
    fn remember_again(&self, install: &Install, place: &TargetPath, origin: &mut Origin) {
        let Some(again) = &install.again else { return };
        for (known, now) in [
            (&again.adopted, &mut origin.adopted),
            (&again.kept, &mut origin.kept),
            (&again.deleted, &mut origin.deleted),
        ] {
            now.extend(known.get(place).cloned());
        }
    }

    /// A file of nobody is there.
    fn foreign(
        &mut self,
        install: &Install,
        entry: &Entry,
        place: &TargetPath,
        found: &Stat,
        origin: &mut Origin,
    ) -> Result<Fate, InstallError> {
        if disk::is_identical(self.tree, place, found, entry).at("read", self.tree.name(place))? {
            origin.adopted.insert(place.clone());
            return Ok(Fate::Nothing);
        }
        if install.overwrites(place) {
            self.displaced.insert(place.clone());
            return Ok(Fate::Write(false));
        }
        // Somebody's own configuration, from before the package came or after it went: never lost, never in the way.
        if entry.grants.config
            && Substance::on_disk(self.tree, place, found)
                .at("read", self.tree.name(place))?
                .is_some()
        {
            return Ok(Fate::Beside);
        }
        Ok(Fate::Conflict(Obstacle::Foreign))
    }

    fn config(
        &mut self,
        old: &Entry,
        entry: &Entry,
        place: &TargetPath,
        found: &Stat,
        origin: &mut Origin,
    ) -> Result<Fate, InstallError> {
        let disk = Substance::on_disk(self.tree, place, found).at("read", self.tree.name(place))?;
        let (old, new) = (Substance::of_entry(old), Substance::of_entry(entry));
        // Something special in its place is nobody's choice of a configuration.
        let choice = match disk {
            Some(_) => choose(Some(&old), &disk, &new),
            None => ConfigChoice::Replace,
        };
        match choice {
            ConfigChoice::Replace => {
                self.displaced.insert(place.clone());
                Ok(Fate::Write(false))
            }
            ConfigChoice::Keep => {
                if disk != new {
                    origin.kept.insert(place.clone());
                } else {
                    origin.adopted.insert(place.clone());
                }
                Ok(Fate::Nothing)
            }
            ConfigChoice::Beside => Ok(Fate::Beside),
        }
    }

    /// Files of nobody that come back, whatever is there now.
    pub(super) fn decide_restores(
        &mut self,
        restores: Vec<(TargetPath, Content)>,
    ) -> Result<Vec<(TargetPath, Content)>, InstallError> {
        let mut prepared = Vec::new();
        for (place, content) in restores {
            let found = self.tree.stat(&place).at("look at", self.tree.name(&place))?;
            let size = match content {
                Content::File { size, .. } => size,
                _ => 0,
            };
            let other_type = found.as_ref().is_some_and(is_directory);
            if found.is_some() && !other_type {
                self.displaced.insert(place.clone());
            }
            prepared.push((self.prepare(&place, size, other_type), content));
            self.new.insert(place, (usize::MAX, 0));
        }
        Ok(prepared)
    }
}
