//! Names of packages and targets.

mod configuration;
mod parse;

pub(crate) use configuration::{Configuration, ConfiguredProviders, ConfiguredTarget, Constraint, Constraints, Kind};
pub(crate) use parse::{Scope, parse_package, parse_providers, parse_target, split_sub_targets};

use std::fmt;
use std::sync::Arc;

/// A package: a folder with a build file, in a cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackageLabel {
    /// The canonical name of the cell.
    pub cell: Arc<str>,
    /// Path from the root of the cell, empty for the root package.
    pub path: Arc<str>,
}

impl PackageLabel {
    /// Names a package.
    pub fn new(cell: &str, path: &str) -> Self {
        Self {
            cell: cell.into(),
            path: path.into(),
        }
    }

    /// `path` below this package, from the root of the cell.
    pub fn join(&self, path: &str) -> String {
        join(&self.path, path)
    }
}

impl fmt::Display for PackageLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}//{}", self.cell, self.path)
    }
}

/// Joins two `/`-separated relative paths, either of which may be empty.
pub fn join(base: &str, path: &str) -> String {
    match (base.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (_, true) => base.to_owned(),
        _ => format!("{base}/{path}"),
    }
}

/// A target: a name in a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetLabel {
    /// Where it is defined.
    pub package: PackageLabel,
    /// Its name.
    pub name: Arc<str>,
}

impl TargetLabel {
    /// Names a target.
    pub fn new(package: PackageLabel, name: &str) -> Self {
        Self {
            package,
            name: name.into(),
        }
    }
}

impl fmt::Display for TargetLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.package, self.name)
    }
}

/// A target or one of its sub-targets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProvidersLabel {
    /// The target.
    pub target: TargetLabel,
    /// The names in brackets, outermost first.
    pub sub: Arc<[Arc<str>]>,
}

impl ProvidersLabel {
    /// The target itself.
    pub fn plain(target: TargetLabel) -> Self {
        Self {
            target,
            sub: Arc::new([]),
        }
    }
}

impl fmt::Display for ProvidersLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target)?;
        write_sub(f, &self.sub)
    }
}

/// Writes `[a][b]`.
pub(crate) fn write_sub(f: &mut impl fmt::Write, sub: &[Arc<str>]) -> fmt::Result {
    sub.iter().try_for_each(|name| write!(f, "[{name}]"))
}
