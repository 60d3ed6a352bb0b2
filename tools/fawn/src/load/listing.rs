//! The files of a package, and `glob`.

use crate::attrs::{Files, closest};
use crate::cells::Cell;
use crate::files::{Tree, in_project};
use crate::label::PackageLabel;
use anyhow::{Context, Result, bail};
use glob::{MatchOptions, Pattern};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// As Buck2 matches: case does not count, `*` stops at slashes and at leading dots.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: false,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

#[derive(Debug, Default)]
struct Found {
    files: BTreeSet<String>,
    directories: BTreeSet<String>,
    /// Folders below that are packages themselves.
    packages: BTreeSet<String>,
}

/// The files of one package, found when they are first asked for.
pub(crate) struct Listing<'a> {
    cell: &'a Cell,
    package: PackageLabel,
    found: OnceLock<Result<Found>>,
    /// The files are a given list and not on disk.
    inline: bool,
}

impl<'a> Listing<'a> {
    /// The listing of a package of this cell.
    pub(crate) fn new(cell: &'a Cell, package: PackageLabel) -> Self {
        Self {
            cell,
            package,
            found: OnceLock::new(),
            inline: false,
        }
    }

    /// The listing of a package that exists only in a test and has these files.
    pub(crate) fn inline(cell: &'a Cell, package: PackageLabel, files: Vec<String>) -> Self {
        let found = Found {
            files: files.into_iter().collect(),
            ..Found::default()
        };
        Self {
            cell,
            package,
            found: OnceLock::from(Ok(found)),
            inline: true,
        }
    }

    fn found(&self) -> Result<&Found> {
        let found = self.found.get_or_init(|| {
            let mut found = Found::default();
            self.walk("", &mut found)?;
            Ok(found)
        });
        found.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))
    }

    fn walk(&self, folder: &str, found: &mut Found) -> Result<()> {
        let tree: &Tree = &self.cell.tree;
        for entry in tree.list(&in_project(&self.package.path, folder))? {
            let path = in_project(folder, &entry.name);
            let in_cell = in_project(&self.package.path, &path);
            if self.cell.ignores(&in_cell) {
                continue;
            }
            if !entry.directory {
                found.files.insert(path);
            } else if self.cell.build_file(&in_cell).is_some() {
                found.packages.insert(path);
            } else {
                self.walk(&path, found)?;
                found.directories.insert(path);
            }
        }
        Ok(())
    }

    /// The files that match one of the patterns and none of the exclusions, in order of path.
    pub(crate) fn glob(&self, include: &[String], exclude: &[String]) -> Result<Vec<String>> {
        let mut exact = BTreeSet::new();
        let mut patterns = Vec::new();
        for text in include {
            if text.contains('*') {
                patterns.push(compile(text)?);
            } else {
                crate::values::artifact::check_relative(text)
                    .with_context(|| format!("the glob `{text}` cannot match"))?;
                exact.insert(text.as_str());
            }
        }
        let exclude = exclude.iter().map(|text| compile(text)).collect::<Result<Vec<_>>>()?;
        let matches =
            |patterns: &[Pattern], path: &str| patterns.iter().any(|pattern| pattern.matches_with(path, OPTIONS));
        let files = self.found()?.files.iter();
        let files = files.filter(|path| exact.contains(path.as_str()) || matches(&patterns, path));
        Ok(files.filter(|path| !matches(&exclude, path)).cloned().collect())
    }
}

fn compile(text: &str) -> Result<Pattern> {
    let parts = || text.split('/');
    if text.contains("//")
        || text.starts_with('/')
        || text.ends_with('/')
        || parts().any(|part| part == "." || part == "..")
    {
        bail!("the glob `{text}` cannot match: paths have no leading, double or final `/`, and no `.` or `..`");
    }
    Pattern::new(text).with_context(|| format!("bad glob `{text}`"))
}

impl Files for Listing<'_> {
    fn check(&self, path: &str, allow_directory: bool) -> Result<()> {
        crate::values::artifact::check_relative(path)?;
        if self.inline {
            let files = &self.found()?.files;
            if files
                .iter()
                .any(|file| file == path || (allow_directory && crate::files::is_below(file, path)))
            {
                return Ok(());
            }
            bail!("no file `{path}` in the package of the test; list it in `files`");
        }
        let in_cell = in_project(&self.package.path, path);
        // Two quick looks answer for almost every source without walking the package.
        let crosses = path
            .match_indices('/')
            .map(|(at, _)| &path[..at])
            .find(|folder| self.cell.build_file(&in_project(&self.package.path, folder)).is_some());
        if let Some(package) = crosses {
            let inner = in_project(&self.package.path, package);
            bail!(
                "the file `{path}` belongs to the package `{}//{inner}`, not to `{}`; export it there and name its label",
                self.package.cell,
                self.package
            );
        }
        if self.cell.ignores(&in_cell) {
            bail!("the file `{path}` is hidden by `[project] ignore`");
        }
        if self.cell.tree.is_file(&in_cell) {
            return Ok(());
        }
        if self.cell.tree.is_directory(&in_cell) {
            if !allow_directory {
                bail!("`{path}` is a directory; this attribute takes files (see `glob`)");
            }
            if self.cell.build_file(&in_cell).is_some() {
                bail!("the directory `{path}` is a package of its own; name a target in it");
            }
            return Ok(());
        }
        let files = self.found().map(|found| &found.files);
        let hint = files
            .ok()
            .and_then(|files| closest(path, files.iter().map(String::as_str)));
        match hint {
            Some(name) => bail!("no file `{path}` in package `{}`; did you mean `{name}`?", self.package),
            None => bail!(
                "no file `{path}` in package `{}`; write `:{path}` if it is a target",
                self.package
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::Cells;

    fn world() -> tempfile::TempDir {
        let world = tempfile::tempdir().unwrap();
        std::fs::write(
            world.path().join(".buckconfig"),
            "[cells]\nroot = .\n[project]\nignore = a/skip\n",
        )
        .unwrap();
        for file in [
            "a/BUCK",
            "a/x.rs",
            "a/.hidden.rs",
            "a/d/Y.RS",
            "a/d/e/z.rs",
            "a/sub/BUCK",
            "a/sub/w.rs",
            "a/skip/v.rs",
        ] {
            let path = world.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        world
    }

    #[test]
    fn globs_see_the_package_and_nothing_else() {
        let world = world();
        let cells = Cells::load(world.path(), &[]).unwrap();
        let listing = Listing::new(cells.root(), PackageLabel::new("root", "a"));
        let glob = |include: &[&str], exclude: &[&str]| {
            let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            listing.glob(&own(include), &own(exclude)).unwrap()
        };
        assert_eq!(glob(&["**/*.rs"], &[]), ["d/Y.RS", "d/e/z.rs", "x.rs"]);
        assert_eq!(glob(&["*.rs", "d/e/z.rs"], &["x*"]), ["d/e/z.rs"]);
        assert!(listing.glob(&["../x".into()], &[]).is_err());
    }

    #[test]
    fn sources_are_files_of_the_package() {
        let world = world();
        let cells = Cells::load(world.path(), &[]).unwrap();
        let listing = Listing::new(cells.root(), PackageLabel::new("root", "a"));
        let refused = |path: &str| listing.check(path, false).unwrap_err().to_string();
        assert!(listing.check("x.rs", false).is_ok());
        assert!(listing.check("d", true).is_ok());
        assert!(refused("d").contains("is a directory"));
        assert!(refused("sub/w.rs").contains("belongs to the package `root//a/sub`"));
        assert!(refused("y.rs").contains("did you mean `x.rs`?"));
        assert!(refused("skip/v.rs").contains("hidden by"));
    }
}
