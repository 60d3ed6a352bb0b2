//! `lineage`: the recipes of a package and of everything that it is built with, as one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use binpkg::recipe::Recipe;
use digest::Sha256;
use serde_json::value::RawValue;

use crate::output;

/// Arguments of `lineage`.
#[derive(clap::Args)]
pub struct Args {
    /// A recipe (repeatable)
    #[arg(long = "recipe")]
    recipes: Vec<PathBuf>,
    /// A lineage, all of whose recipes are taken over (repeatable)
    #[arg(long = "lineage")]
    lineages: Vec<PathBuf>,
    /// Where the lineage goes: JSON, config hash to recipe
    #[arg(long)]
    out: PathBuf,
}

/// Puts them together, each recipe once.
///
/// # Errors
/// A recipe or lineage that is not usable.
pub fn run(args: &Args) -> Result<()> {
    let mut known = BTreeMap::new();
    for file in &args.lineages {
        known.extend(texts(file)?);
    }
    for file in &args.recipes {
        let text = read(file)?;
        known.insert(Sha256::of(text.as_bytes()).hex(), raw(text, file)?);
    }
    let text = serde_json::to_string(&known).context("cannot write a lineage")?;
    output::text(&args.out, &format!("{text}\n"))
}

/// The recipes of a lineage by their config hashes.
///
/// # Errors
/// It cannot be read, a recipe in it is not usable or has another hash.
pub fn recipes(file: &Path) -> Result<BTreeMap<Sha256, Recipe>> {
    let context = || format!("cannot use {}", file.display());
    texts(file)?
        .into_iter()
        .map(|(hash, text)| {
            let recipe = Recipe::parse(text.get()).with_context(context)?;
            let found = recipe.config_hash()?;
            ensure!(
                found.hex() == hash,
                "{}: expected a recipe with the config hash {hash}, found {found}",
                file.display()
            );
            Ok((found, recipe))
        })
        .collect()
}

fn texts(file: &Path) -> Result<BTreeMap<String, Box<RawValue>>> {
    serde_json::from_str(&read(file)?).with_context(|| format!("cannot use {}", file.display()))
}

fn raw(text: String, file: &Path) -> Result<Box<RawValue>> {
    RawValue::from_string(text).with_context(|| format!("cannot use {}", file.display()))
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
