//! `hash`: the config hash of a recipe.

use std::path::PathBuf;

use anyhow::{Context, Result};
use binpkg::recipe::Recipe;

use crate::{output, references};

/// Arguments of `hash`.
#[derive(clap::Args)]
pub struct Args {
    /// The recipe, as JSON in any spelling; digests may be references `{"$sha256": PATH}` and `{"$text": PATH}`
    recipe: PathBuf,
    /// Print the short form, the first 8 digits
    #[arg(long, conflicts_with = "hash_out")]
    short: bool,
    /// Where the recipe goes in the one spelling that is hashed, without a line end
    #[arg(long)]
    recipe_out: Option<PathBuf>,
    /// Where the hash goes, 64 digits and a line end, in place of standard output
    #[arg(long)]
    hash_out: Option<PathBuf>,
}

/// Hashes the recipe.
///
/// # Errors
/// A recipe that is not usable, a reference that leads nowhere.
pub fn run(args: &Args) -> Result<()> {
    let recipe = Recipe::from_value(&references::read(&args.recipe)?)
        .with_context(|| format!("cannot hash {}", args.recipe.display()))?;
    let hash = recipe.config_hash()?;
    if let Some(path) = &args.recipe_out {
        output::text(path, &recipe.canonical()?)?;
    }
    match &args.hash_out {
        Some(path) => output::text(path, &format!("{hash}\n")),
        None if args.short => print(&hash.short()),
        None => print(&hash.hex()),
    }
}

fn print(line: &str) -> Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").context("cannot write to standard output")
}
