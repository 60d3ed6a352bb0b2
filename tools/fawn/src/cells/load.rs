//! Finding the cells of a project in its configuration.

use super::ignore::Ignore;
use super::{Cell, Cells, external};
use crate::config::{Config, Includes, Overrides};
use crate::files::{Looked, Tree, is_below};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A cell as the root configuration names it.
struct Declared {
    path: String,
    tree: Tree,
    external: bool,
}

impl Cells {
    /// Reads the cells of the project at `root`; `overrides` are the values of `-c`.
    pub(crate) fn load(root: &Path, overrides: &[String]) -> Result<Self> {
        // As Buck2 does, the cells are found without following includes: these may depend on cells.
        let plain = Config::load(root, root, &Overrides::default(), Includes::Ignore)?;
        let mut aliases = BTreeMap::new();
        let looked = Looked::default();
        let mut declared = declared(root, &plain, &mut aliases, &looked)?;
        let root_name = declared
            .iter()
            .find(|(_, cell)| cell.path.is_empty())
            .map(|(name, _)| name.clone())
            .with_context(|| {
                format!(
                    "no cell is at the project root; add `[cells]` with `root = .` to {}",
                    root.join(".buckconfig").display()
                )
            })?;
        add_aliases(&plain, &mut aliases)?;
        mark_external(root, &plain, &aliases, &mut declared, &looked)?;

        let places: BTreeMap<_, _> = declared
            .iter()
            .map(|(name, cell)| (name.clone(), root.join(&cell.path)))
            .collect();
        let overrides = Overrides::parse(overrides, |alias| places.get(aliases.get(alias)?).cloned())?;
        let paths: Vec<_> = declared.values().map(|cell| cell.path.clone()).collect();
        let mut cells = BTreeMap::new();
        for (name, cell) in declared {
            let cell = finish(root, &name, cell, name == root_name, &overrides, &aliases, &paths)
                .with_context(|| format!("in cell `{name}`"))?;
            cells.insert(name, cell);
        }
        let configs = cells.values().map(|cell| &*cell.config);
        for path in configs.chain([&plain]).flat_map(Config::looked) {
            looked.add(path.clone());
        }
        Ok(Self {
            cells,
            root: root_name,
            looked,
        })
    }
}

fn declared(
    root: &Path,
    config: &Config,
    aliases: &mut BTreeMap<String, Arc<str>>,
    looked: &Looked,
) -> Result<BTreeMap<Arc<str>, Declared>> {
    let section = if config.has_section("cells") {
        "cells"
    } else {
        "repositories"
    };
    let mut cells: BTreeMap<Arc<str>, Declared> = BTreeMap::new();
    for (name, value) in config.section(section) {
        let path = normalize(value.as_str())
            .with_context(|| format!("{}: the path of cell `{name}` leaves the project", value.origin()))?;
        // Two names of one path are one cell; the first name counts.
        if let Some((first, _)) = cells.iter().find(|(_, cell)| cell.path == path) {
            aliases.insert(name.to_owned(), first.clone());
            continue;
        }
        let label: Arc<str> = name.into();
        aliases.insert(name.to_owned(), label.clone());
        let tree = Tree::disk(root.join(&path), looked);
        let external = false;
        cells.insert(label, Declared { path, tree, external });
    }
    Ok(cells)
}

fn normalize(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!path.starts_with('/')).then(|| parts.join("/"))
}

fn add_aliases(config: &Config, aliases: &mut BTreeMap<String, Arc<str>>) -> Result<()> {
    let section = if config.has_section("cell_aliases") {
        "cell_aliases"
    } else {
        "repository_aliases"
    };
    for (alias, value) in config.section(section) {
        let Some(cell) = aliases.get(value.as_str()) else {
            bail!(
                "{}: the alias `{alias}` stands for `{}`, which is no cell",
                value.origin(),
                value.as_str()
            );
        };
        let cell = cell.clone();
        aliases.insert(alias.to_owned(), cell);
    }
    Ok(())
}

fn mark_external(
    root: &Path,
    config: &Config,
    aliases: &BTreeMap<String, Arc<str>>,
    cells: &mut BTreeMap<Arc<str>, Declared>,
    looked: &Looked,
) -> Result<()> {
    for (alias, value) in config.section("external_cells") {
        let Some(cell) = aliases.get(alias).and_then(|name| cells.get_mut(name)) else {
            bail!("{}: `{alias}` is no cell; name it in `[cells]` too", value.origin());
        };
        match value.as_str() {
            "disabled" => continue,
            "bundled" if alias == "prelude" => cell.tree = Tree::Bundled,
            "bundled" => bail!("{}: only the cell `prelude` is bundled, not `{alias}`", value.origin()),
            "git" => {
                cell.path = external::git_cell(root, alias, config)?;
                cell.tree = Tree::disk(root.join(&cell.path), looked);
            }
            other => bail!(
                "{}: expected `bundled`, `git` or `disabled`, found `{other}`",
                value.origin()
            ),
        }
        cell.external = true;
    }
    Ok(())
}

fn finish(
    root: &Path,
    name: &Arc<str>,
    cell: Declared,
    is_root: bool,
    overrides: &Overrides,
    aliases: &BTreeMap<String, Arc<str>>,
    paths: &[String],
) -> Result<Cell> {
    let config = match &cell.tree {
        // It has no settings of its own: what its files read is the root's affair.
        Tree::Bundled => Config::default(),
        Tree::Disk(disk) => Config::load(root, disk.root(), overrides, Includes::Follow)?,
    };
    let mut aliases = aliases.clone();
    if !is_root {
        add_aliases(&config, &mut aliases)?;
    }
    let mut ignore = Ignore::parse(config.get("project", "ignore").unwrap_or_default())?;
    if is_root {
        ignore.folder("buck-out");
    }
    for nested in paths
        .iter()
        .filter(|path| path.len() > cell.path.len() && is_below(path, &cell.path))
    {
        ignore.folder(nested[cell.path.len()..].trim_start_matches('/'));
    }
    Ok(Cell {
        name: name.clone(),
        build_files: build_files(&config, &cell.tree),
        path: cell.path.into(),
        tree: cell.tree,
        config: Arc::new(config),
        aliases,
        ignore,
        found: super::FoundBuildFiles::default(),
    })
}

fn build_files(config: &Config, tree: &Tree) -> Vec<String> {
    if tree.is_bundled() {
        // Buck2 must never take them for packages where the folder is mounted as part of a cell.
        return vec!["BUCK.fawn".into()];
    }
    let list = |text: &str| {
        text.split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    };
    if let Some(names) = config.get("buildfile", "name_v2") {
        return list(names);
    }
    let names: Vec<String> = config
        .get("buildfile", "name")
        .map_or_else(|| vec!["BUCK".to_owned()], list);
    names
        .into_iter()
        .flat_map(|name| [format!("{name}.v2"), name])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let world = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = world.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        world
    }

    #[test]
    fn cells_aliases_and_the_bundled_prelude() {
        let world = project(&[
            (
                ".buckconfig",
                "[cells]\nmain = .\nlib = third/lib\nprelude = prelude\n[cell_aliases]\nconfig = prelude\n[external_cells]\nprelude = bundled\n",
            ),
            (
                "third/lib/.buckconfig",
                "[cell_aliases]\nown = main\n[buildfile]\nname = BUILD\n",
            ),
        ]);
        let cells = Cells::load(world.path(), &[]).unwrap();
        assert_eq!(&*cells.root().name, "main");
        assert_eq!(&*cells.resolve("main", "config").unwrap(), "prelude");
        assert_eq!(&*cells.resolve("lib", "own").unwrap(), "main");
        assert!(cells.resolve("main", "own").is_err());
        assert!(cells.get("prelude").tree.is_bundled());
        assert_eq!(cells.get("lib").build_files, ["BUILD.v2", "BUILD"]);
        assert!(cells.root().ignores("third/lib/x"));
    }

    #[test]
    fn bad_cells_are_named_with_file_and_line() {
        let refused = |text: &str| {
            let world = project(&[(".buckconfig", text)]);
            format!("{:#}", Cells::load(world.path(), &[]).unwrap_err())
        };
        assert!(refused("[cells]\nlib = lib\n").contains("no cell is at the project root"));
        assert!(
            refused("[cells]\nroot = .\nout = ../x\n")
                .contains(".buckconfig:3: the path of cell `out` leaves the project")
        );
        assert!(refused("[cells]\nroot = .\n[external_cells]\nroot = svn\n").contains("found `svn`"));
    }
}
