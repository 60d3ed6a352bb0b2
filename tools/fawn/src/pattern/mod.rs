//! Target patterns: `//a:b`, `//a:`, `//a/...`.

mod expand;
mod request;

pub(crate) use request::{PatternRequest, parse_requests};

use crate::files::is_below;
use crate::label::{PackageLabel, Scope, TargetLabel, parse_package, parse_target};
use anyhow::Result;
use std::fmt;

/// A set of targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetPattern {
    /// `//a/...`: every target in and below the folder.
    Below(PackageLabel),
    /// `//a:`: every target of the package.
    Package(PackageLabel),
    /// `//a:b`.
    Target(TargetLabel),
}

impl TargetPattern {
    /// Parses a pattern that is not relative to a folder.
    pub(crate) fn parse(text: &str, scope: Scope<'_>) -> Result<Self> {
        if let Some(folder) = text.strip_suffix("...") {
            let folder = folder
                .strip_suffix('/')
                .filter(|folder| !folder.ends_with('/'))
                .unwrap_or(folder);
            return Ok(Self::Below(parse_package(folder, scope)?));
        }
        match text.strip_suffix(':') {
            Some("") => Ok(Self::Package(PackageLabel::new(
                scope.cell,
                scope.package.unwrap_or_default(),
            ))),
            Some(package) => Ok(Self::Package(parse_package(package, scope)?)),
            None => Ok(Self::Target(parse_target(text, scope)?)),
        }
    }

    /// Whether the target belongs to the set.
    pub(crate) fn matches(&self, target: &TargetLabel) -> bool {
        match self {
            Self::Below(folder) => folder.cell == target.package.cell && is_below(&target.package.path, &folder.path),
            Self::Package(package) => *package == target.package,
            Self::Target(label) => label == target,
        }
    }
}

impl fmt::Display for TargetPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(folder) if folder.path.is_empty() => write!(f, "{folder}..."),
            Self::Below(folder) => write!(f, "{folder}/..."),
            Self::Package(package) => write!(f, "{package}:"),
            Self::Target(target) => write!(f, "{target}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::Cells;

    fn parse(text: &str) -> TargetPattern {
        let cells = Cells::for_tests(&[("root", "")]);
        let scope = Scope {
            cells: &cells,
            cell: "root",
            package: None,
        };
        TargetPattern::parse(text, scope).unwrap()
    }

    #[test]
    fn each_kind_matches_its_targets() {
        let target = |package: &str, name: &str| TargetLabel::new(PackageLabel::new("root", package), name);
        assert!(parse("//...").matches(&target("a/b", "x")));
        assert!(parse("//a/...").matches(&target("a", "x")));
        assert!(!parse("//a/...").matches(&target("ab", "x")));
        assert!(parse("//a:").matches(&target("a", "x")));
        assert!(!parse("//a:").matches(&target("a/b", "x")));
        assert!(parse("//a:x").matches(&target("a", "x")));
        assert_eq!(parse("//...").to_string(), "root//...");
    }
}
