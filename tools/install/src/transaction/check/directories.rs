//! Which directories a transaction needs, which of them are new, and where new ones are prepared.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use binpkg::manifest::Entry;

use super::{Checking, Install, Obstacle};
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;
use crate::transaction::grants::Rights;
use crate::transaction::plan::{Plan, Unit};
use crate::tree::is_directory;

/// The directories of a transaction, by place.
#[derive(Debug, Default)]
pub(super) struct Directories {
    wanted: BTreeMap<TargetPath, Wanted>,
    /// Where new ones are prepared.
    beside: HashMap<TargetPath, TargetPath>,
    rights: BTreeMap<TargetPath, Rights>,
    /// By package: where links put its directories, and which were made that are not its own.
    places: HashMap<usize, BTreeMap<TargetPath, TargetPath>>,
    made: HashMap<usize, BTreeSet<TargetPath>>,
}

#[derive(Debug)]
struct Wanted {
    /// The first package that wants it; none for a file of nobody that comes back.
    package: Option<usize>,
    /// Its manifest line; none for one above all packages' own.
    entry: Option<Entry>,
}

impl Directories {
    /// A package has a directory whose path [`Place::map`](crate::Place::map) gives as `mapped`, of which `plain` is the place
    /// without its own name followed.
    pub(super) fn want(
        &mut self,
        package: usize,
        mapped: &TargetPath,
        plain: &TargetPath,
        place: &TargetPath,
        entry: &Entry,
    ) {
        if plain != place
            || mapped
                .parent()
                .is_some_and(|parent| self.moved_above(package, &parent, mapped, place))
        {
            self.places
                .entry(package)
                .or_default()
                .insert(mapped.clone(), place.clone());
        }
        self.want_parents(Some(package), place);
        self.wanted
            .entry(place.clone())
            .and_modify(|wanted| {
                wanted.entry.get_or_insert_with(|| entry.clone());
            })
            .or_insert_with(|| Wanted {
                package: Some(package),
                entry: Some(entry.clone()),
            });
    }

    /// True when the recorded places do not lead to `place` by themselves.
    fn moved_above(&self, package: usize, parent: &TargetPath, mapped: &TargetPath, place: &TargetPath) -> bool {
        let known = self.places.get(&package);
        let mut above = Some(parent.clone());
        let mut rest = mapped.name().to_vec();
        while let Some(directory) = above {
            if let Some(recorded) = known.and_then(|known| known.get(&directory)) {
                return recorded.join(&rest) != *place;
            }
            let name = directory.name();
            if !name.is_empty() {
                rest = [name, b"/", &rest].concat();
            }
            above = directory.parent();
        }
        mapped != place
    }

    /// The directories above `place` are needed, by a package or for a file of nobody.
    pub(super) fn want_parents(&mut self, package: Option<usize>, place: &TargetPath) {
        let mut above = place.parent();
        while let Some(parent) = above.filter(|parent| !parent.is_root() && !self.wanted.contains_key(parent)) {
            above = parent.parent();
            self.wanted.insert(parent, Wanted { package, entry: None });
        }
    }

    /// Where something new of this place is prepared, if its directory is new; it gets its final name there.
    pub(super) fn in_new(&self, place: &TargetPath) -> Option<TargetPath> {
        let parent = place.parent()?;
        self.beside.get(&parent).map(|beside| beside.join(place.name()))
    }

    pub(super) fn is_wanted(&self, place: &TargetPath) -> bool {
        place.is_root() || self.wanted.contains_key(place)
    }

    pub(super) fn origin_of(&self, package: usize) -> (BTreeMap<TargetPath, TargetPath>, BTreeSet<TargetPath>) {
        let places = self.places.get(&package).cloned().unwrap_or_default();
        (places, self.made.get(&package).cloned().unwrap_or_default())
    }

    /// New directories, parents first.
    pub(super) fn prepared(&self) -> Vec<(TargetPath, Rights)> {
        let prepared = self.rights.iter();
        prepared
            .filter_map(|(place, rights)| Some((self.beside.get(place)?.clone(), rights.clone())))
            .collect()
    }
}

impl Checking<'_> {
    /// Finds out which directories are new, from the root downwards.
    pub(super) fn find_directories(&mut self, installs: &[Install]) -> Result<(), InstallError> {
        let wanted = std::mem::take(&mut self.directories.wanted);
        for (place, wanted) in &wanted {
            if place.is_root() {
                continue;
            }
            if let Some(conflict) = self.find_directory(place, wanted, installs)?
                && let Some(number) = wanted.package
            {
                self.conflict(&installs[number].id, place, conflict);
            }
        }
        self.directories.wanted = wanted;
        Ok(())
    }

    fn find_directory(
        &mut self,
        place: &TargetPath,
        wanted: &Wanted,
        installs: &[Install],
    ) -> Result<Option<Obstacle>, InstallError> {
        let install = wanted.package.map(|number| &installs[number]);
        if let Some((other, _)) = self.new.get(place) {
            return Ok(Some(match Some(*other) == wanted.package {
                true => Obstacle::TwoPaths,
                false => Obstacle::Both(installs[*other].id.clone()),
            }));
        }
        let beside = match self.directories.in_new(place) {
            Some(beside) => beside,
            None => match self.tree.stat(place).at("look at", self.tree.name(place))? {
                None => self.unit(place, true, false),
                Some(found) if is_directory(&found) => return Ok(None),
                Some(_) => {
                    if let Some(obstacle) = self.file_in_the_way(place, install)? {
                        return Ok(Some(obstacle));
                    }
                    self.displaced.insert(place.clone());
                    self.unit(place, true, true)
                }
            },
        };
        self.new_directory(install, place, beside, wanted)?;
        Ok(None)
    }

    /// Whether a file stays that is where a directory is to go.
    fn file_in_the_way(&self, place: &TargetPath, install: Option<&Install>) -> Result<Option<Obstacle>, InstallError> {
        if self.leaving.file(place).is_some() {
            return Ok(None);
        }
        if let Some(by) = self.owner_that_stays(place)? {
            return Ok(Some(Obstacle::Owned { by, identical: false }));
        }
        let stays = install.is_some_and(|install| !install.overwrites(place));
        Ok(stays.then_some(Obstacle::NotADirectory))
    }

    fn new_directory(
        &mut self,
        install: Option<&Install>,
        place: &TargetPath,
        beside: TargetPath,
        wanted: &Wanted,
    ) -> Result<(), InstallError> {
        let rights = match (&wanted.entry, install) {
            (Some(entry), Some(install)) => self.accounts.rights(self.database, install, place, entry)?,
            _ => {
                if let Some(number) = wanted.package {
                    self.directories.made.entry(number).or_default().insert(place.clone());
                }
                Rights::plain(0o755)
            }
        };
        self.directories.rights.insert(place.clone(), rights);
        self.directories.beside.insert(place.clone(), beside);
        Ok(())
    }

    /// Something new in a directory that is there: it is prepared beside its place.
    pub(super) fn unit(&mut self, place: &TargetPath, directory: bool, other_type: bool) -> TargetPath {
        let name = Plan::temporary(&self.id, self.units.len());
        let beside = place.parent().unwrap_or_default().join(name.as_bytes());
        self.units.push(Unit {
            place: place.clone(),
            beside: beside.clone(),
            directory,
            other_type,
        });
        beside
    }
}
