//! From what is asked for to a plan: every conflict is found, nothing is changed.

mod directories;
mod files;
mod in_the_way;
mod leaving;
mod removals;
mod space;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use binpkg::manifest::{Entry, EntryKind};

use super::conflict::{Conflict, Conflicts, Obstacle};
use super::grants::{Accounts, Rights, is_root};
use super::plan::{Plan, Unit};
use super::{Install, Transaction};
use crate::database::{Content, Database, DbLock, Installed, Origin, Owners, PackageId, now};
use crate::error::{At, InstallError};
use crate::place::kind_of;
use crate::resolver::Resolver;
use crate::target_path::TargetPath;
use crate::tree::Tree;
use directories::Directories;
use leaving::Leaving;

/// A transaction that nothing is in the way of.
#[derive(Debug)]
pub struct Checked<'a> {
    pub(super) database: &'a Database,
    pub(super) _lock: &'a DbLock,
    pub(super) plan: Plan,
    pub(super) packages: Vec<Package>,
    pub(super) restores: Vec<(TargetPath, Content)>,
    /// New directories, parents first: where they are prepared, and what they get.
    pub(super) new_directories: Vec<(TargetPath, Rights)>,
    /// Places whose content is not there any more afterwards, and goes to the store.
    pub(super) displaced: BTreeSet<TargetPath>,
    /// The packages that are replaced or removed, with their manifests.
    pub(super) leaving: Leaving,
    /// Configuration files that removal leaves.
    pub(super) left: Vec<TargetPath>,
}

/// A package of the transaction, and what becomes of each of its entries.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) id: PackageId,
    pub(super) install: Install,
    /// One for each entry of the manifest.
    pub(super) actions: Vec<Action>,
    pub(super) installed: Installed,
}

/// What becomes of an entry of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Written to where it is prepared.
    Write(TargetPath, Rights),
    /// The same, but with the content that was there before.
    Restore(TargetPath, Content),
    /// Nothing is done: it is there, or stays away.
    Nothing,
}

/// The work of [`check`].
struct Checking<'a> {
    database: &'a Database,
    tree: &'a Tree,
    owners: Owners,
    accounts: Accounts,
    id: String,
    leaving: Leaving,
    resolver: Resolver<'a>,
    directories: Directories,
    /// Files and links that are to be, with the package's number and the entry's.
    new: HashMap<TargetPath, (usize, usize)>,
    conflicts: Vec<Conflict>,
    displaced: BTreeSet<TargetPath>,
    units: Vec<Unit>,
    /// Bytes that are needed, by the existing directory that they go below.
    needed: BTreeMap<TargetPath, u64>,
    left: Vec<TargetPath>,
}

pub(super) fn check(transaction: Transaction<'_>) -> Result<Checked<'_>, InstallError> {
    let Transaction {
        database,
        lock,
        installs,
        removals,
        restores,
    } = transaction;
    let tree = database.tree();
    tree.forget();
    let entries: usize = installs
        .iter()
        .map(|install| install.incoming.manifest.entries().len())
        .sum();
    let owners = Owners::open(database)?;
    let owners = match entries > 500 {
        true => owners.into_memory().at("read", database.directory().join("owners"))?,
        false => owners,
    };
    let mut checking = Checking {
        database,
        tree,
        owners,
        accounts: Accounts::default(),
        id: next_id(database)?,
        leaving: Leaving::read(database, &installs, &removals)?,
        resolver: Resolver::new(tree),
        directories: Directories::default(),
        new: HashMap::new(),
        conflicts: Vec::new(),
        displaced: BTreeSet::new(),
        units: Vec::new(),
        needed: BTreeMap::new(),
        left: Vec::new(),
    };
    checking.check_prefixes(&installs)?;
    checking.plan_links(&installs)?;
    let places = checking.place_entries(&installs)?;
    for (place, _) in &restores {
        checking.directories.want_parents(None, place);
    }
    checking.find_directories(&installs)?;
    let packages = checking.decide(installs, places)?;
    let restores = checking.decide_restores(restores)?;
    let (removed_files, removed_directories) = checking.find_removals(&packages)?;
    if !checking.conflicts.is_empty() {
        checking
            .conflicts
            .sort_by(|one, two| (&one.package, &one.path).cmp(&(&two.package, &two.path)));
        return Err(Conflicts(checking.conflicts).into());
    }
    checking.check_space()?;
    let new_directories = checking.directories.prepared();
    let installed = packages.iter().map(|package| package.id.clone()).collect();
    Ok(Checked {
        database,
        _lock: lock,
        plan: Plan {
            schema: Plan::SCHEMA.into(),
            id: checking.id,
            command: lock.command().into(),
            time: now(),
            units: checking.units,
            removals: removed_files,
            directories: removed_directories,
            installed,
            removed: removals.into_iter().map(|(id, _)| id).collect(),
        },
        packages,
        restores,
        new_directories,
        displaced: checking.displaced,
        leaving: checking.leaving,
        left: checking.left,
    })
}

/// Numbers count up, so that the history has an order; the time keeps two databases on one target apart.
fn next_id(database: &Database) -> Result<String, InstallError> {
    let number = |name: &str| name.split('-').next().and_then(|digits| digits.parse::<u32>().ok());
    let files = database.history_files()?;
    let last = files
        .iter()
        .filter_map(|file| number(file.file_name()?.to_str()?))
        .max();
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = nanos.map_or(0, |nanos| nanos.as_nanos() as u32);
    Ok(format!("{:06}-{nanos:08x}", last.unwrap_or(0) + 1))
}

impl Checking<'_> {
    fn conflict(&mut self, package: &PackageId, path: &TargetPath, reason: Obstacle) {
        self.conflicts.push(Conflict {
            package: package.clone(),
            path: path.clone(),
            reason,
        });
    }

    fn check_prefixes(&mut self, installs: &[Install]) -> Result<(), InstallError> {
        let place = self.database.place();
        for install in installs.iter().filter(|install| !install.options.force_prefix) {
            if let Some(built_for) = place.unfit_prefix(&install.incoming.metadata) {
                let built_for = built_for.to_owned();
                self.conflict(&install.id, place.prefix(), Obstacle::Prefix { built_for });
            }
        }
        Ok(())
    }

    /// Links that go do not lead anywhere any more; links that come do already, for whatever else comes.
    fn plan_links(&mut self, installs: &[Install]) -> Result<(), InstallError> {
        for place in self.leaving.links() {
            self.resolver.plan(place, None);
        }
        let mut links = Vec::new();
        for install in installs {
            let kind = kind_of(&install.incoming.metadata);
            for entry in install.incoming.manifest.entries() {
                if let EntryKind::Link { target } = &entry.kind {
                    links.push((self.database.place().map(kind, &entry.path), target.clone()));
                }
            }
        }
        // What is higher up comes first: lower ones may be reached through it.
        links.sort_by_key(|(path, _)| path.parts().count());
        for (path, target) in links {
            let place = self.resolver.entry(&path).at("follow", self.tree.name(&path))?;
            self.resolver.plan(place, Some(target));
        }
        Ok(())
    }

    /// The place of every entry; two files on one place are found here.
    fn place_entries(&mut self, installs: &[Install]) -> Result<Vec<Vec<TargetPath>>, InstallError> {
        let mut all = Vec::with_capacity(installs.len());
        for (number, install) in installs.iter().enumerate() {
            let kind = kind_of(&install.incoming.metadata);
            let entries = install.incoming.manifest.entries();
            let mut places = Vec::with_capacity(entries.len());
            for (index, entry) in entries.iter().enumerate() {
                let mapped = self.database.place().map(kind, &entry.path);
                let place = self.place_entry(installs, number, index, entry, &mapped)?;
                places.push(place);
            }
            all.push(places);
        }
        Ok(all)
    }

    fn place_entry(
        &mut self,
        installs: &[Install],
        number: usize,
        index: usize,
        entry: &Entry,
        mapped: &TargetPath,
    ) -> Result<TargetPath, InstallError> {
        let id = &installs[number].id;
        let failed = || self.tree.name(mapped);
        if entry.kind == EntryKind::Directory {
            let place = self.resolver.directory(mapped).at("follow", failed())?;
            self.refuse_reserved(id, &place);
            let plain = self.resolver.entry(mapped).at("follow", self.tree.name(mapped))?;
            self.directories.want(number, mapped, &plain, &place, entry);
            return Ok(place);
        }
        let place = self.resolver.entry(mapped).at("follow", failed())?;
        self.directories.want_parents(Some(number), &place);
        self.refuse_reserved(id, &place);
        if let Some((other, _)) = self.new.insert(place.clone(), (number, index)) {
            let reason = match other == number {
                true => Obstacle::TwoPaths,
                false => Obstacle::Both(installs[other].id.clone()),
            };
            self.conflict(id, &place, reason);
        }
        Ok(place)
    }

    fn refuse_reserved(&mut self, id: &PackageId, place: &TargetPath) {
        if self.database.inside().is_some_and(|inside| place.is_within(inside)) {
            self.conflict(id, place, Obstacle::Database);
        } else if place.name().starts_with(Plan::TEMPORARY.as_bytes()) || place.name() == b".binpkg" {
            self.conflict(id, place, Obstacle::Reserved);
        }
    }

    /// What the database will say about a package.
    fn origin(&self, number: usize, install: &Install) -> Origin {
        let before = self.leaving.replaced(&install.id);
        let again = install.again.as_ref();
        let explicit = install.options.explicit || before.is_some_and(|before| before.origin.explicit);
        let before_made = [before.map(|before| &before.origin), again].into_iter().flatten();
        let (places, made) = self.directories.origin_of(number);
        Origin {
            schema: Origin::SCHEMA.into(),
            transaction: self.id.clone(),
            // A repair leaves most files as they were.
            time: match (&install.only, before) {
                (Some(_), Some(before)) => before.origin.time,
                _ => now(),
            },
            source: install.incoming.source.clone(),
            config_hash_full: install.incoming.metadata.config_hash_full,
            content_hash_full: install.incoming.manifest.content_hash(),
            manifest_computed: install.incoming.computed,
            prefix: self.database.place().prefix().clone(),
            by_root: is_root(),
            explicit: again.map_or(explicit, |again| again.explicit),
            places,
            made: before_made
                .flat_map(|origin| origin.made.iter().cloned())
                .chain(made)
                .collect(),
            adopted: BTreeSet::new(),
            kept: BTreeSet::new(),
            deleted: BTreeSet::new(),
            beside: BTreeMap::new(),
        }
    }
}
