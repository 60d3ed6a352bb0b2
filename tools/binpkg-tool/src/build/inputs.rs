//! The path map: where the inputs lie that a recipe names by digest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use binpkg::payload::input_digest;
use binpkg::recipe::Recipe;
use digest::Sha256;
use serde::Deserialize;

/// The file after `--paths`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// A file or directory for each source of the recipe, in order.
    pub sources: Vec<PathBuf>,
    /// A file for each patch, in order.
    pub patches: Vec<PathBuf>,
    /// The tree of each dependency, by name.
    pub deps: BTreeMap<String, PathBuf>,
    /// The tree or file of each tool, by name.
    pub tools: BTreeMap<String, PathBuf>,
    /// Payload files that may tell where they were made. They are only looked at after the build, so they are no part of it.
    pub mentions_build: BTreeSet<String>,
}

impl Inputs {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read or has another shape.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("cannot use {}", file.display()))
    }

    /// Compares the map with the recipe: the same names, and for what comes as a file the same digests.
    ///
    /// Trees of dependencies and tools are named by the recipes they came from, so there is no digest to compare.
    ///
    /// # Errors
    /// What is missing, left over or different.
    pub fn check(&self, recipe: &Recipe) -> Result<()> {
        let digests: Vec<_> = recipe.sources.iter().map(|source| source.sha256).collect();
        check_files("source", &digests, &self.sources)?;
        check_files("patch", &recipe.patches, &self.patches)?;
        let deps = recipe.deps.iter().map(|dep| dep.name.to_string()).collect();
        check_names("dependency", &deps, &self.deps)?;
        let tools = recipe.tools.iter().map(|tool| tool.name.clone()).collect();
        check_names("tool", &tools, &self.tools)
    }
}

fn check_files(what: &str, digests: &[Sha256], files: &[PathBuf]) -> Result<()> {
    ensure!(
        digests.len() == files.len(),
        "the recipe and the path map differ: expected {} of kind {what}, found {}",
        digests.len(),
        files.len()
    );
    for ((expected, file), number) in digests.iter().zip(files).zip(1..) {
        let found = input_digest(file)?;
        ensure!(
            found == *expected,
            "{what} {number}, {}: expected sha256 {expected}, found {found}; the recipe was hashed for another file",
            file.display()
        );
    }
    Ok(())
}

fn check_names(what: &str, names: &BTreeSet<String>, paths: &BTreeMap<String, PathBuf>) -> Result<()> {
    let found: BTreeSet<_> = paths.keys().cloned().collect();
    if let Some(name) = names.symmetric_difference(&found).next() {
        let (has, lacks) = if found.contains(name) {
            ("path map", "recipe")
        } else {
            ("recipe", "path map")
        };
        bail!("the {what} `{name}` is in the {has}, expected it in the {lacks}, too");
    }
    for name in &found {
        // It becomes one part of a path.
        ensure!(
            !name.is_empty() && !name.starts_with('.') && !name.contains('/'),
            "the {what} `{}` cannot be the name of a folder; expected letters, digits, `+`, `-`, `.` and `_`",
            name.escape_debug()
        );
    }
    Ok(())
}
