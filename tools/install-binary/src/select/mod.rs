//! Which build of a package is taken (section 13.3). A pure choice: the same records, machine and wishes give the same build.

mod error;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use binpkg::index::Record;
use binpkg::lock::Lock;
use binpkg::names::{PackageName, ShortHash, Version, compare_versions};
use digest::Sha256;

pub(crate) use error::nearest;
pub use error::{Builds, SelectError};

use crate::host::Host;
use crate::wishes::Wishes;

/// What decides between several builds.
#[derive(Clone, Debug)]
pub struct Selector {
    /// What runs here.
    pub host: Host,
    /// Flags that a build must have.
    pub wishes: Wishes,
    /// Builds that come first if they are among those to choose from.
    pub preferred: Preferred,
}

/// The builds of a lock file.
#[derive(Clone, Debug, Default)]
pub struct Preferred {
    versions: BTreeMap<PackageName, BTreeSet<Version>>,
    hashes: BTreeSet<Sha256>,
}

impl Preferred {
    /// Those of `lock`.
    pub fn of(lock: &Lock) -> Self {
        let mut preferred = Self::default();
        for record in lock.packages() {
            let versions = preferred.versions.entry(record.name.clone()).or_default();
            versions.insert(record.version.clone());
            preferred.hashes.insert(record.config_hash_full);
        }
        preferred
    }
}

/// One package by name, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The package.
    pub name: &'a PackageName,
    /// Its version.
    pub version: Option<&'a Version>,
    /// The beginning of its full config hash.
    pub config_hash: Option<&'a ShortHash>,
}

/// The build that is taken.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'r> {
    /// Its record.
    pub record: &'r Record,
    /// How many other builds of this version would run here.
    pub others: usize,
    /// Why it and none of the others.
    pub because: Because,
}

/// Why a build was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Its config hash was asked for.
    ConfigHash,
    /// No other one runs here.
    Only,
    /// The lock file has it.
    Locked,
    /// No other one meets the wishes.
    Wishes,
    /// It was published last.
    Newest,
}

impl Because {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::ConfigHash => "its config hash was asked for",
            Self::Only => "no other build of this version runs here",
            Self::Locked => "the lock file has it",
            Self::Wishes => "no other build has the flags asked for",
            Self::Newest => "it was published last",
        }
    }
}

impl Selector {
    /// Chooses among `records`, which may be of any packages. Several files of one build count as one.
    ///
    /// # Errors
    /// Nothing fits, or several builds fit a hash.
    pub fn select<'r>(&self, wanted: Wanted<'_>, records: &'r [Record]) -> Result<Choice<'r>, SelectError> {
        let named: Vec<_> = records.iter().filter(|record| record.name == *wanted.name).collect();
        if named.is_empty() {
            return Err(SelectError::no_package(wanted.name, records));
        }
        match wanted.config_hash {
            Some(hash) => self.exact(wanted, hash, named),
            None => self.best(wanted, named),
        }
    }

    /// The records of the version that counts when no hash does: the one asked for, else that of the lock file, else the newest
    /// one of which a build runs here.
    fn of_version<'r>(&self, wanted: Wanted<'_>, named: &[&'r Record]) -> Result<Vec<&'r Record>, SelectError> {
        let version = match wanted.version {
            Some(version) => version,
            None => match self.own_choice(wanted.name, named) {
                Some(version) => version,
                None => return Err(SelectError::no_platform(wanted.name, named, self)),
            },
        };
        let found: Vec<_> = named
            .iter()
            .copied()
            .filter(|record| record.version == *version)
            .collect();
        if found.is_empty() {
            return Err(SelectError::no_version(wanted.name, version, named));
        }
        Ok(found)
    }

    fn own_choice<'r>(&self, name: &PackageName, named: &[&'r Record]) -> Option<&'r Version> {
        let runs = || named.iter().filter(|record| self.why_not(record).is_none());
        let locked = self.preferred.versions.get(name);
        let newest = |records: &mut dyn Iterator<Item = &&'r Record>| {
            records
                .map(|record| &record.version)
                .max_by(|one, two| compare_versions(one.as_str(), two.as_str()).then_with(|| one.cmp(two)))
        };
        locked
            .and_then(|locked| newest(&mut runs().filter(|record| locked.contains(&record.version))))
            .or_else(|| newest(&mut runs()))
    }

    fn best<'r>(&self, wanted: Wanted<'_>, named: Vec<&'r Record>) -> Result<Choice<'r>, SelectError> {
        let found = self.of_version(wanted, &named)?;
        let running: Vec<_> = found
            .iter()
            .copied()
            .filter(|record| self.why_not(record).is_none())
            .collect();
        if running.is_empty() {
            return Err(SelectError::no_platform(wanted.name, &found, self));
        }
        let wished: Vec<_> = running
            .iter()
            .copied()
            .filter(|record| self.meets_wishes(record))
            .collect();
        if wished.is_empty() {
            return Err(SelectError::no_flags(wanted.name, &self.wishes, &running));
        }
        let builds = count(&running);
        let locked: Vec<_> = wished
            .iter()
            .copied()
            .filter(|record| self.is_preferred(record))
            .collect();
        let (among, because) = match (locked.is_empty(), builds, count(&wished)) {
            (_, 1, _) => (wished, Because::Only),
            (false, ..) => (locked, Because::Locked),
            (_, _, 1) => (wished, Because::Wishes),
            _ => (wished, Because::Newest),
        };
        let record = among.into_iter().min_by_key(|record| {
            (
                Reverse(record.published),
                hash_of(record),
                record.size,
                &record.filename,
            )
        });
        record
            .map(|record| Choice {
                record,
                others: builds - 1,
                because,
            })
            .ok_or_else(|| SelectError::no_platform(wanted.name, &found, self))
    }

    fn exact<'r>(
        &self,
        wanted: Wanted<'_>,
        hash: &ShortHash,
        named: Vec<&'r Record>,
    ) -> Result<Choice<'r>, SelectError> {
        let of_version: Vec<_> = named
            .iter()
            .copied()
            .filter(|record| wanted.version.is_none_or(|version| record.version == *version))
            .collect();
        if let (Some(version), true) = (wanted.version, of_version.is_empty()) {
            return Err(SelectError::no_version(wanted.name, version, &named));
        }
        let found: Vec<_> = of_version.iter().copied().filter(|record| fits(hash, record)).collect();
        if found.is_empty() {
            return Err(SelectError::no_config(wanted.name, hash, &of_version));
        }
        if count(&found) > 1 {
            return Err(SelectError::ambiguous(wanted.name, hash, &found));
        }
        // Whoever names a build without platform data knows what it is.
        let running = found
            .iter()
            .copied()
            .filter(|record| record.platform.is_none() || self.why_not(record).is_none())
            .min_by_key(|record| (record.size, &record.filename));
        let Some(record) = running else {
            return Err(SelectError::no_platform(wanted.name, &found, self));
        };
        if !self.meets_wishes(record) {
            return Err(SelectError::no_flags(wanted.name, &self.wishes, &found));
        }
        let same_version: Vec<_> = named
            .into_iter()
            .filter(|other| other.version == record.version && self.why_not(other).is_none())
            .collect();
        Ok(Choice {
            record,
            others: same_version
                .iter()
                .map(|other| hash_of(other))
                .filter(|other| *other != hash_of(record))
                .collect::<BTreeSet<_>>()
                .len(),
            because: Because::ConfigHash,
        })
    }

    /// Why a build does not run here; `None` if it does.
    pub fn why_not(&self, record: &Record) -> Option<String> {
        match &record.platform {
            Some(platform) => self.host.mismatch(platform),
            None => Some("the index does not say what it runs on; name it with --config-hash".to_owned()),
        }
    }

    /// Whether a build has the flags asked for.
    pub fn meets_wishes(&self, record: &Record) -> bool {
        let none = BTreeMap::new();
        self.wishes.are_met_by(record.use_flags.as_ref().unwrap_or(&none))
    }

    /// Whether the lock file has it.
    pub fn is_preferred(&self, record: &Record) -> bool {
        record
            .config_hash_full
            .is_some_and(|hash| self.preferred.hashes.contains(&hash))
    }
}

/// What makes two records the same build: the full config hash, or its short form where the index has no more.
fn hash_of(record: &Record) -> String {
    record
        .config_hash_full
        .map_or_else(|| record.config_hash.to_string(), |full| full.hex())
}

fn count(records: &[&Record]) -> usize {
    records
        .iter()
        .map(|record| hash_of(record))
        .collect::<BTreeSet<_>>()
        .len()
}

fn fits(hash: &ShortHash, record: &Record) -> bool {
    match &record.config_hash_full {
        Some(full) => hash.fits(full),
        // All that is known begins alike.
        None => {
            let known = record.config_hash.as_str();
            known.starts_with(hash.as_str()) || hash.as_str().starts_with(known)
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
