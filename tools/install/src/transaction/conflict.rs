use std::fmt;

use crate::database::PackageId;
use crate::target_path::TargetPath;

/// Something in the way of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The package.
    pub package: PackageId,
    /// Where.
    pub path: TargetPath,
    /// What is in the way.
    pub reason: Obstacle,
}

/// What is in the way (section 14.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A file of a package that stays.
    Owned {
        /// The package.
        by: PackageId,
        /// It is the same file, which changes nothing: two packages never share one.
        identical: bool,
    },
    /// A directory of a package that stays.
    OwnedDirectory(PackageId),
    /// A different file of nobody.
    Foreign,
    /// A directory of nobody, where a file or link is to go.
    ForeignDirectory,
    /// In a directory that is to become something else, something that does not go with it.
    InDirectory(TargetPath),
    /// A file of nobody, where a directory is to go.
    NotADirectory,
    /// Another package of the transaction has the same path.
    Both(PackageId),
    /// Two paths of the package land on this place.
    TwoPaths,
    /// The database itself.
    Database,
    /// A name that belongs to transactions.
    Reserved,
    /// The package works only below the prefix that it was built for.
    Prefix {
        /// That prefix.
        built_for: String,
    },
}

/// All conflicts of a transaction, in the order of packages and paths.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text(Some(20)))]
pub struct Conflicts(pub Vec<Conflict>);

impl Conflicts {
    /// The conflicts as text, of each package at most so many.
    pub fn text(&self, at_most: Option<usize>) -> String {
        let mut text = format!("{} in the way, nothing was changed:", counted(self.0.len()));
        for group in self.0.chunk_by(|one, two| one.package == two.package) {
            let shown = at_most.unwrap_or(group.len()).min(group.len());
            for conflict in &group[..shown] {
                text.push_str(&format!("\n  {conflict}"));
            }
            if shown < group.len() {
                let package = &group[0].package;
                let more = group.len() - shown;
                text.push_str(&format!("\n  {package}: {more} more, shown with `--verbose`"));
            }
        }
        text
    }
}

fn counted(number: usize) -> String {
    match number {
        1 => "1 thing is".into(),
        number => format!("{number} things are"),
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { package, path, reason } = self;
        write!(f, "{package}: {path} ")?;
        match reason {
            Obstacle::Owned { by, identical: false } => write!(f, "belongs to {by}"),
            Obstacle::Owned { by, identical: true } => {
                write!(
                    f,
                    "belongs to {by}; it is identical, but a file belongs to one package only"
                )
            }
            Obstacle::OwnedDirectory(by) => write!(f, "is a directory of {by}"),
            Obstacle::Foreign => write!(
                f,
                "is a different file that belongs to no package; move it away, or replace it with `--overwrite '{path}'`"
            ),
            Obstacle::ForeignDirectory => f.write_str("is a directory that belongs to no package; move it away"),
            Obstacle::InDirectory(other) => {
                write!(
                    f,
                    "is a directory that is to become something else, and {other} in it would be lost; move it away"
                )
            }
            Obstacle::NotADirectory => write!(
                f,
                "is to be a directory, and a file that belongs to no package is there; move it away, or replace it with \
                 `--overwrite '{path}'`"
            ),
            Obstacle::Both(other) => write!(f, "is in {other}, too, which is to be installed with it"),
            Obstacle::TwoPaths => f.write_str("is where two paths of the package end up"),
            Obstacle::Database => f.write_str("is in the database of installed packages"),
            Obstacle::Reserved => f.write_str("has a name that only transactions may use (`.binpkg…`)"),
            Obstacle::Prefix { built_for } => write!(
                f,
                "is the prefix, and the package was built for {built_for} and works nowhere else; install it to {built_for}, \
                 or insist with `--force-prefix`"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_of_each_package() {
        let conflict = |name: &str, n: usize| Conflict {
            package: name.parse().unwrap(),
            path: TargetPath::root().join(format!("f{n}").as_bytes()),
            reason: Obstacle::Foreign,
        };
        let mut all: Vec<_> = (0..25).map(|n| conflict("a@0", n)).collect();
        all.push(conflict("b@0", 0));
        let conflicts = Conflicts(all);
        let text = conflicts.to_string();
        assert!(
            text.starts_with("26 things are in the way, nothing was changed:\n  a@0: /f0 is"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1 + 20 + 1 + 1);
        assert!(text.contains("a@0: 5 more"));
        assert_eq!(conflicts.text(None).lines().count(), 27);
    }
}
