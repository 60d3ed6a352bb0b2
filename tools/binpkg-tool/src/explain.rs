//! `explain`: why two config hashes differ.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use binpkg::recipe::{Recipe, explain};

use crate::references;

/// Arguments of `explain`.
#[derive(clap::Args)]
pub struct Args {
    /// A recipe
    one: PathBuf,
    /// Another one
    two: PathBuf,
    /// A recipe of a dependency, so that what differs in it can be said (repeatable)
    #[arg(long = "with")]
    with: Vec<PathBuf>,
}

/// Prints a line for each difference, in order of field; nothing for recipes with one hash.
///
/// # Errors
/// A recipe that is not usable.
pub fn run(args: &Args) -> Result<()> {
    let mut known = BTreeMap::new();
    for file in &args.with {
        let recipe = read(file)?;
        known.insert(recipe.config_hash()?, recipe);
    }
    let mut stdout = std::io::stdout().lock();
    for difference in explain(&read(&args.one)?, &read(&args.two)?, &known)? {
        writeln!(stdout, "{difference}").context("cannot write to standard output")?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<Recipe> {
    Recipe::from_value(&references::read(file)?).with_context(|| format!("cannot use {}", file.display()))
}
