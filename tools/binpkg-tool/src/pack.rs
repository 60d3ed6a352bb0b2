//! `pack`: a payload as a binary package.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use binpkg::names::{Compression, FileName};
use binpkg::payload::Payload;
use binpkg::recipe::{Recipe, RecipeKind};
use binpkg::sidecar::Sidecar;
use binpkg::tarball::{WriteOptions, write};
use clap::ValueEnum;
use serde::Deserialize;

use crate::about::About;
use crate::output::{self, Output};
use crate::payload_spec::PayloadSpec;

/// Arguments of `pack`.
#[derive(clap::Args)]
pub struct Args {
    /// JSON: source, name, kind, place and permissions of the payload
    #[arg(long)]
    payload: PathBuf,
    /// The recipe that was hashed
    #[arg(long)]
    recipe: PathBuf,
    /// JSON: what the metadata say and the recipe does not
    #[arg(long)]
    about: PathBuf,
    /// How the tarball is compressed
    #[arg(long, default_value = "gz")]
    format: Format,
    /// Where the tarball goes
    #[arg(long)]
    tarball: PathBuf,
    /// Where the sidecar goes; it names the tarball by its final name
    #[arg(long)]
    sidecar: PathBuf,
    /// Where the manifest goes
    #[arg(long)]
    manifest: PathBuf,
    /// Where the metadata go
    #[arg(long)]
    metadata: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Gz,
    Zst,
}

/// Packs.
///
/// # Errors
/// A payload that is not the one that was hashed, inputs that are not usable, outputs that cannot be written. The sidecar is
/// written last: where it is, everything is.
pub fn run(args: &Args) -> Result<()> {
    let spec = PayloadSpec::read(&args.payload)?;
    let recipe = read_recipe(&args.recipe)?;
    let about: About = read_json(&args.about)?;
    let payload = spec.scan()?;
    check_recipe(&recipe, &spec, &payload).with_context(|| format!("cannot pack by {}", args.recipe.display()))?;
    let metadata = about.metadata(&recipe, &payload)?;
    let options = WriteOptions {
        compression: match args.format {
            Format::Gz => Compression::Gz,
            Format::Zst => Compression::Zst,
        },
        mtime: recipe.source_date_epoch()?,
        threads: std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1)),
    };
    let name = FileName::new(
        recipe.name.clone(),
        &recipe.version,
        metadata.config_hash.clone(),
        options.compression,
    )?;

    let mut tarball = Output::create(&args.tarball)?;
    let (sha256, size) = write(&payload, &metadata, &options, &mut tarball)
        .with_context(|| format!("cannot write {}", args.tarball.display()))?;
    output::text(&args.metadata, &metadata.to_json()?)?;
    output::text(&args.manifest, &payload.manifest().to_string())?;
    tarball.finish()?;
    // Last: whoever sees the sidecar finds the tarball.
    output::text(
        &args.sidecar,
        &Sidecar::new(&metadata, name.to_string(), sha256, size).to_string(),
    )
}

fn read_json<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("cannot use {}", file.display()))
}

fn read_recipe(file: &Path) -> Result<Recipe> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Recipe::parse(&text).with_context(|| format!("cannot use {}", file.display()))
}

/// The recipe must be of this payload: a hash of something else would be a lie that nobody can see later.
fn check_recipe(recipe: &Recipe, spec: &PayloadSpec, payload: &Payload) -> Result<()> {
    let (expected, found) = (recipe.layout.kind.word(), payload.kind().word());
    ensure!(
        expected == found,
        "the payload is of another kind: expected `{expected}`, found `{found}`"
    );
    let mut permissions = spec.permissions.clone();
    permissions.sort_by(|one, two| one.path.as_bytes().cmp(two.path.as_bytes()));
    ensure!(
        recipe.permissions == permissions,
        "the payload has other permissions than the recipe"
    );
    if recipe.kind == Some(RecipeKind::Pack) {
        let found = payload.manifest().content_hash();
        let [source] = &recipe.sources[..] else {
            bail!(
                "expected one source in a recipe that packs, found {}",
                recipe.sources.len()
            );
        };
        ensure!(
            source.sha256 == found,
            "the payload is another one: expected content hash {}, found {found}",
            source.sha256
        );
    }
    Ok(())
}
