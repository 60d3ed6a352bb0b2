//! Cells: the named trees that labels point into.

mod external;
mod ignore;
mod load;

use crate::config::Config;
use crate::files::{Looked, Tree, in_project, is_below};
use crate::label::PackageLabel;
use anyhow::{Result, bail};
use ignore::Ignore;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// One cell.
#[derive(Debug)]
pub(crate) struct Cell {
    /// Canonical name.
    pub(crate) name: Arc<str>,
    /// Where its files are, from the project root; empty for the root cell.
    pub(crate) path: Arc<str>,
    /// How its files are read.
    pub(crate) tree: Tree,
    /// Its own settings.
    pub(crate) config: Arc<Config>,
    /// Names that its files may use for cells.
    aliases: BTreeMap<String, Arc<str>>,
    /// Names of build files, first match wins.
    pub(crate) build_files: Vec<String>,
    ignore: Ignore,
    found: FoundBuildFiles,
}

/// Which folders hold which build file, by its place in [`Cell::build_files`]: every source file of a package asks for every
/// folder above it.
#[derive(Debug, Default)]
struct FoundBuildFiles(Mutex<HashMap<String, Option<usize>>>);

impl Cell {
    /// Whether `[project] ignore` hides a path (or a cell of its own stands there).
    pub(crate) fn ignores(&self, path: &str) -> bool {
        self.ignore.matches(path)
    }

    /// The build file of a package, if it has one.
    pub(crate) fn build_file(&self, package: &str) -> Option<&str> {
        let mut found = self.found.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = match found.get(package) {
            Some(at) => *at,
            None => {
                let exists = |name: &String| self.tree.is_file(&in_project(package, name));
                let at = self.build_files.iter().position(exists);
                found.insert(package.to_owned(), at);
                at
            }
        };
        at.map(|at| self.build_files[at].as_str())
    }
}

/// All cells of a project.
#[derive(Debug)]
pub(crate) struct Cells {
    cells: BTreeMap<Arc<str>, Cell>,
    root: Arc<str>,
    looked: Looked,
}

impl Cells {
    /// Every path of the disk that was looked at: settings, build files, folders.
    pub(crate) fn looked(&self) -> Vec<PathBuf> {
        self.looked.paths()
    }

    /// The cell of a canonical name.
    pub(crate) fn get(&self, name: &str) -> &Cell {
        // Labels are made by `resolve` only, so an unknown name is a bug here, not bad input.
        self.cells.get(name).unwrap_or_else(|| unreachable!("no cell `{name}`"))
    }

    /// The cell at the project root.
    pub(crate) fn root(&self) -> &Cell {
        self.get(&self.root)
    }

    /// The canonical name of the cell that `alias` means inside `cell`; an empty alias is the cell itself.
    pub(crate) fn resolve(&self, cell: &str, alias: &str) -> Result<Arc<str>> {
        let from = self.get(cell);
        if alias.is_empty() {
            return Ok(from.name.clone());
        }
        match from.aliases.get(alias) {
            Some(name) => Ok(name.clone()),
            None => {
                let known: Vec<_> = from.aliases.keys().map(String::as_str).collect();
                bail!(
                    "unknown cell `{alias}` (seen from cell `{cell}`); known: {}",
                    known.join(", ")
                )
            }
        }
    }

    /// The cell that owns a path of the project, and the path inside it.
    pub(crate) fn owner<'a>(&self, path: &'a str) -> (&Cell, &'a str) {
        let owners = self.cells.values().filter(|cell| is_below(path, &cell.path));
        let cell = owners.max_by_key(|cell| cell.path.len()).unwrap_or_else(|| self.root());
        let inside = path[cell.path.len()..].trim_start_matches('/');
        (cell, inside)
    }

    /// Refuses a package whose folder belongs to another cell.
    pub(crate) fn check_owner(&self, package: &PackageLabel) -> Result<()> {
        let cell = self.get(&package.cell);
        let path = in_project(&cell.path, &package.path);
        let (owner, inside) = self.owner(&path);
        if owner.name != cell.name && !cell.tree.is_bundled() {
            bail!(
                "`{package}` lies in cell `{}`; write `{}//{inside}`",
                owner.name,
                owner.name
            );
        }
        Ok(())
    }

    /// The project path of a file of a cell.
    pub(crate) fn project_path(&self, cell: &str, path: &str) -> String {
        in_project(&self.get(cell).path, path)
    }

    /// Cells without files or settings, for unit tests.
    #[cfg(test)]
    pub(crate) fn for_tests(cells: &[(&str, &str)]) -> Self {
        let names: BTreeMap<String, Arc<str>> =
            cells.iter().map(|(name, _)| ((*name).into(), (*name).into())).collect();
        let cell = |(name, path): &(&str, &str)| Cell {
            name: (*name).into(),
            path: (*path).into(),
            tree: Tree::disk("/nowhere".into(), &Looked::default()),
            config: Arc::default(),
            aliases: names.clone(),
            build_files: vec!["BUCK".into()],
            ignore: Ignore::default(),
            found: FoundBuildFiles::default(),
        };
        Self {
            cells: cells.iter().map(|entry| (entry.0.into(), cell(entry))).collect(),
            root: cells[0].0.into(),
            looked: Looked::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_cell_owns_a_path() {
        let cells = Cells::for_tests(&[("root", ""), ("lib", "third/lib")]);
        let owner = |path: &'static str| {
            let (cell, inside) = cells.owner(path);
            (cell.name.to_string(), inside)
        };
        assert_eq!(owner("third/x"), ("root".into(), "third/x"));
        assert_eq!(owner("third/lib/x"), ("lib".into(), "x"));
        assert_eq!(owner("third/library"), ("root".into(), "third/library"));
    }
}
