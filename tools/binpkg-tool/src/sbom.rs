//! `sbom`: a bill of materials for a package.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use binpkg::metadata::Metadata;
use binpkg::recipe::Recipe;
use binpkg::sbom::spdx;
use binpkg::sidecar::Sidecar;

use crate::output;

/// Arguments of `sbom`.
#[derive(clap::Args)]
pub struct Args {
    /// The package's metadata
    #[arg(long)]
    metadata: PathBuf,
    /// Its sidecar
    #[arg(long)]
    sidecar: PathBuf,
    /// Its recipe
    #[arg(long)]
    recipe: PathBuf,
    /// Where the document goes: SPDX 2.3 as JSON
    #[arg(long)]
    out: PathBuf,
}

/// Writes the document.
///
/// # Errors
/// Inputs that are not usable, an output that cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let metadata = Metadata::parse(&read(&args.metadata)?).with_context(|| unusable(&args.metadata))?;
    let sidecar = read(&args.sidecar)?;
    let sidecar = Sidecar::parse(&sidecar, Sidecar::file_of(&sidecar)).with_context(|| unusable(&args.sidecar))?;
    let recipe = String::from_utf8(read(&args.recipe)?).with_context(|| unusable(&args.recipe))?;
    let recipe = Recipe::parse(&recipe).with_context(|| unusable(&args.recipe))?;
    let document = spdx(&metadata, &sidecar, &recipe, recipe.source_date_epoch()?);
    let text = serde_json::to_string_pretty(&document).context("cannot write the document")?;
    output::text(&args.out, &format!("{text}\n"))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn unusable(file: &Path) -> String {
    format!("cannot use {}", file.display())
}
