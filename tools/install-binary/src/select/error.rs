use std::fmt;

use binpkg::index::Record;
use binpkg::names::{PackageName, ShortHash, Version, compare_versions};

use super::Selector;
use crate::wishes::{Flags, Wishes};

/// Why no build is taken. Every variant says what there is instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No package of this name.
    #[error("no package `{name}` on the mirrors{}", alike("there is", near))]
    Package {
        /// The name.
        name: PackageName,
        /// Names that look like it.
        near: Vec<String>,
    },
    /// No such version.
    #[error("no version {version} of {name} on the mirrors{}", alike("there is", versions))]
    Version {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// The versions that are there, newest first.
        versions: Vec<String>,
    },
    /// No such build.
    #[error("no build of {name} on the mirrors has a config hash that begins with {hash}; there is:{builds}")]
    Config {
        /// The package.
        name: PackageName,
        /// The hash.
        hash: ShortHash,
        /// The builds that are there.
        builds: Builds,
    },
    /// Several builds.
    #[error("several builds of {name} have a config hash that begins with {hash}; give more digits:{builds}")]
    Ambiguous {
        /// The package.
        name: PackageName,
        /// The hash.
        hash: ShortHash,
        /// The builds that fit.
        builds: Builds,
    },
    /// None that runs here.
    #[error("no build of {name} on the mirrors runs here ({host}):{builds}")]
    Platform {
        /// The package.
        name: PackageName,
        /// What runs here.
        host: String,
        /// The builds that are there, and why each does not run.
        builds: Builds,
    },
    /// None with these flags.
    #[error("no build of {name} that runs here has the flags {wishes}; there is:{builds}")]
    Flags {
        /// The package.
        name: PackageName,
        /// The flags.
        wishes: Wishes,
        /// The builds that are there.
        builds: Builds,
    },
}

/// Builds, one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builds(Vec<String>);

/// More than these are counted, not listed.
const LISTED: usize = 20;

impl Builds {
    fn list(records: &[&Record], more: impl Fn(&Record) -> String) -> Self {
        let line = |record: &&Record| {
            let hash = record
                .config_hash_full
                .map_or_else(|| record.config_hash.to_string(), |full| full.hex());
            format!("{} {hash} {}", record.version, more(record))
                .trim_end()
                .to_owned()
        };
        let mut lines: Vec<_> = records.iter().map(line).collect();
        lines.dedup();
        Self(lines)
    }
}

impl fmt::Display for Builds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .take(LISTED)
            .try_for_each(|line| write!(f, "\n    {line}"))?;
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, "\n    and {more} more"),
        }
    }
}

fn alike(words: &str, found: &[String]) -> String {
    match found {
        [] => String::new(),
        found => format!("; {words} {}", found.join(", ")),
    }
}

fn flags(record: &Record) -> String {
    record
        .use_flags
        .as_ref()
        .map_or_else(String::new, |flags| Flags(flags).to_string())
}

impl SelectError {
    pub(super) fn no_package(name: &PackageName, records: &[Record]) -> Self {
        let (name, near) = (
            name.clone(),
            nearest(name.as_str(), records.iter().map(|record| record.name.as_str())),
        );
        Self::Package { name, near }
    }

    pub(super) fn no_version(name: &PackageName, version: &Version, named: &[&Record]) -> Self {
        let mut versions: Vec<_> = named.iter().map(|record| record.version.to_string()).collect();
        versions.sort_by(|one, two| compare_versions(two, one));
        versions.dedup();
        versions.truncate(LISTED);
        let (name, version) = (name.clone(), version.clone());
        Self::Version {
            name,
            version,
            versions,
        }
    }

    pub(super) fn no_config(name: &PackageName, hash: &ShortHash, records: &[&Record]) -> Self {
        let (name, hash, builds) = (name.clone(), hash.clone(), Builds::list(records, flags));
        Self::Config { name, hash, builds }
    }

    pub(super) fn ambiguous(name: &PackageName, hash: &ShortHash, records: &[&Record]) -> Self {
        let (name, hash, builds) = (name.clone(), hash.clone(), Builds::list(records, flags));
        Self::Ambiguous { name, hash, builds }
    }

    pub(super) fn no_platform(name: &PackageName, records: &[&Record], selector: &Selector) -> Self {
        let why = |record: &Record| selector.why_not(record).unwrap_or_default();
        Self::Platform {
            name: name.clone(),
            host: selector.host.to_string(),
            builds: Builds::list(records, why),
        }
    }

    pub(super) fn no_flags(name: &PackageName, wishes: &Wishes, records: &[&Record]) -> Self {
        let (name, wishes, builds) = (name.clone(), wishes.clone(), Builds::list(records, flags));
        Self::Flags { name, wishes, builds }
    }
}

/// At most five names that differ in little, the nearest first.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let furthest = (name.len() / 3).max(1);
    let mut near: Vec<_> = known
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .filter(|(distance, other)| *distance <= furthest || other.starts_with(name))
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(5).map(|(_, name)| name.to_owned()).collect()
}
