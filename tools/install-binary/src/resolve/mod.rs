//! What else a package needs (section 13.5). Dependencies name exact builds, so this is a walk and no search: nothing is tried
//! out, and the same installation and mirrors give the same set.

mod coverage;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use binpkg::index::Record;
use binpkg::metadata::{Metadata, RuntimeDep};
use binpkg::names::{PackageName, Version};
use digest::Sha256;

pub use coverage::{Uncovered, uncovered};

/// A build, as far as dependencies go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The package.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// Its slot: a build replaces what is installed under the same name in the same slot.
    pub slot: String,
    /// Its full config hash; `None` for packages of older tools.
    pub config_hash: Option<Sha256>,
    /// What it offers.
    pub provides: Vec<String>,
    /// What it needs.
    pub requires: Vec<String>,
    /// The exact builds that it needs.
    pub runtime_deps: Vec<RuntimeDep>,
}

impl Build {
    /// Of an index record; `None` if the index does not say what it needs.
    pub fn of_record(record: &Record) -> Option<Self> {
        Some(Self {
            name: record.name.clone(),
            version: record.version.clone(),
            slot: record.slot.clone().unwrap_or_else(|| Record::SLOT.to_owned()),
            config_hash: record.config_hash_full,
            provides: record.provides.clone()?,
            requires: record.requires.clone()?,
            runtime_deps: record.runtime_deps.clone()?,
        })
    }

    /// Of a package's metadata.
    pub fn of_metadata(metadata: &Metadata) -> Self {
        Self {
            name: metadata.name.clone(),
            version: metadata.version.clone(),
            slot: metadata.slot.clone(),
            config_hash: metadata.config_hash_full,
            provides: metadata.provides.clone(),
            requires: metadata.requires.clone(),
            runtime_deps: metadata.runtime_deps.clone(),
        }
    }

    /// Whether it is the build that a dependency names.
    pub fn is(&self, dep: &RuntimeDep) -> bool {
        self.name == dep.name && self.config_hash == Some(dep.config_hash_full)
    }

    /// Whether one takes the place of the other.
    pub fn replaces(&self, other: &Self) -> bool {
        self.name == other.name && self.slot == other.slot
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)?;
        match &self.config_hash {
            Some(hash) => write!(f, " ({})", hash.short()),
            None => Ok(()),
        }
    }
}

/// Where builds are looked up.
pub trait Published {
    /// Why it could not be looked up.
    type Error;

    /// The exact build that a dependency names; `None` if no mirror has it.
    ///
    /// # Errors
    /// The mirrors cannot be asked.
    fn find(&mut self, dep: &RuntimeDep) -> Result<Option<Build>, Self::Error>;
}

/// What there is to do for some packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Builds to install besides those asked for, with who needs each, in the order in which they were met.
    pub added: Vec<Added>,
    /// Other builds that do as well, and stay.
    pub kept: Vec<Kept>,
}

/// A build that is installed because another one needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The build.
    pub build: Build,
    /// Who needs it first.
    pub by: PackageName,
}

/// An installed build that stands in for the exact one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What stays.
    pub build: Build,
    /// What was named.
    pub named: RuntimeDep,
    /// By whom.
    pub by: PackageName,
}

/// Why a package cannot have what it needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError<E> {
    /// No mirror has a build that is needed.
    #[error(
        "{} needs {} {} ({}), which no mirror has{}; --no-deps installs without it",
        Chain(chain),
        dep.name,
        dep.version,
        dep.config_hash_full.short(),
        instead(installed)
    )]
    Missing {
        /// What is needed.
        dep: Box<RuntimeDep>,
        /// Who needs it, from what was asked for down.
        chain: Vec<PackageName>,
        /// Another build that is installed, and of which nobody can say whether it would do.
        installed: Option<Box<Build>>,
    },
    /// Two builds for one place, neither of which does for the other.
    #[error(
        "{} needs {needed}, and this transaction installs {other} in its place",
        Chain(chain)
    )]
    Clash {
        /// What is needed.
        needed: Box<Build>,
        /// What is there in its place.
        other: Box<Build>,
        /// Who needs it, from what was asked for down.
        chain: Vec<PackageName>,
    },
    /// The mirrors cannot be asked.
    #[error(transparent)]
    Published(E),
}

struct Chain<'a>(&'a [PackageName]);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, name) in self.0.iter().enumerate() {
            let arrow = if number == 0 { "" } else { " -> " };
            write!(f, "{arrow}{name}")?;
        }
        Ok(())
    }
}

fn instead(installed: &Option<Box<Build>>) -> String {
    match installed {
        Some(build) => format!(" (installed is {build})"),
        None => String::new(),
    }
}

/// Walks the dependencies of `roots`, which are to be installed on top of `installed`.
///
/// # Errors
/// See [`ResolveError`].
pub fn resolve<P: Published>(
    roots: &[Build],
    installed: &[Build],
    published: &mut P,
) -> Result<Resolution, ResolveError<P::Error>> {
    let mut walk = Walk {
        transaction: roots.to_vec(),
        parents: BTreeMap::new(),
        resolution: Resolution::default(),
        told: BTreeSet::new(),
    };
    let mut open: VecDeque<Build> = roots.iter().cloned().collect();
    while !open.is_empty() {
        while let Some(build) = open.pop_front() {
            for dep in &build.runtime_deps {
                open.extend(walk.satisfy(&build, dep, installed, published)?);
            }
        }
        // A build that was added late may replace an installed one that was good enough for an earlier one: look again.
        walk.resolution.kept.clear();
        walk.told.clear();
        for build in walk.transaction.clone() {
            for dep in &build.runtime_deps {
                open.extend(walk.satisfy(&build, dep, installed, published)?);
            }
        }
    }
    Ok(walk.resolution)
}

struct Walk {
    /// Everything that will be installed.
    transaction: Vec<Build>,
    /// Who first needed an added build, by its hash.
    parents: BTreeMap<Sha256, Build>,
    resolution: Resolution,
    /// Stand-ins that were reported.
    told: BTreeSet<(PackageName, Sha256)>,
}

impl Walk {
    /// Sees to one dependency of `build`; returns a build that has to be walked itself.
    fn satisfy<P: Published>(
        &mut self,
        build: &Build,
        dep: &RuntimeDep,
        installed: &[Build],
        published: &mut P,
    ) -> Result<Option<Build>, ResolveError<P::Error>> {
        // What the transaction replaces is not there afterwards.
        let stays = |other: &&Build| !self.transaction.iter().any(|new| new.replaces(other));
        let present: Vec<_> = installed
            .iter()
            .filter(stays)
            .chain(&self.transaction)
            .filter(|other| other.name == dep.name)
            .collect();
        if present.iter().any(|other| other.is(dep)) {
            return Ok(None);
        }
        let Some(exact) = published.find(dep).map_err(ResolveError::Published)? else {
            return Err(ResolveError::Missing {
                dep: Box::new(dep.clone()),
                chain: self.chain(build),
                installed: present.first().map(|other| Box::new((*other).clone())),
            });
        };
        if let Some(other) = present.iter().find(|other| stands_in(other, &exact, build)) {
            if self.told.insert((build.name.clone(), dep.config_hash_full)) {
                self.resolution.kept.push(Kept {
                    build: (*other).clone(),
                    named: dep.clone(),
                    by: build.name.clone(),
                });
            }
            return Ok(None);
        }
        if let Some(other) = self.transaction.iter().find(|other| other.replaces(&exact)) {
            return Err(ResolveError::Clash {
                needed: Box::new(exact.clone()),
                other: Box::new(other.clone()),
                chain: self.chain(build),
            });
        }
        self.parents.insert(dep.config_hash_full, build.clone());
        self.transaction.push(exact.clone());
        self.resolution.added.push(Added {
            build: exact.clone(),
            by: build.name.clone(),
        });
        Ok(Some(exact))
    }

    /// From what was asked for down to `build`.
    fn chain(&self, build: &Build) -> Vec<PackageName> {
        let mut chain = vec![build.name.clone()];
        let mut seen = BTreeSet::new();
        let mut current = build;
        while let Some(hash) = current.config_hash
            && let Some(parent) = self.parents.get(&hash)
            && seen.insert(hash)
        {
            chain.push(parent.name.clone());
            current = parent;
        }
        chain.reverse();
        chain
    }
}

/// Whether `other` offers everything for which `build` needs `exact`.
fn stands_in(other: &Build, exact: &Build, build: &Build) -> bool {
    let mut pointed = build.requires.iter().filter(|name| exact.provides.contains(name));
    pointed.all(|name| other.provides.contains(name))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
