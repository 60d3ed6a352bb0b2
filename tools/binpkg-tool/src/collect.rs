//! `collect`: a binary package under its final names.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use binpkg::names::FileName;
use binpkg::sidecar::Sidecar;

use crate::output;

/// Arguments of `collect`.
#[derive(clap::Args)]
pub struct Args {
    /// The tarball
    #[arg(long)]
    tarball: PathBuf,
    /// Its sidecar, which knows the final name
    #[arg(long)]
    sidecar: PathBuf,
    /// The recipe that was hashed
    #[arg(long)]
    recipe: PathBuf,
    /// The directory to make
    #[arg(long)]
    out: PathBuf,
}

/// Copies the three files into a new directory: `FILE`, `FILE.sha256` and `FILE.recipe.json`.
///
/// # Errors
/// A sidecar that is not usable, a directory that exists, files that cannot be copied.
pub fn run(args: &Args) -> Result<()> {
    let name = final_name(&args.sidecar)?;
    if args.out.exists() {
        bail!(
            "{} exists already; remove it, or choose another directory",
            args.out.display()
        );
    }
    let parent = args
        .out
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let staging = tempfile::tempdir_in(parent).with_context(|| format!("cannot write in {}", parent.display()))?;
    let files = staging.path().join("files");
    std::fs::create_dir(&files).with_context(|| format!("cannot write in {}", staging.path().display()))?;
    for (file, suffix) in [
        (&args.tarball, ""),
        (&args.recipe, ".recipe.json"),
        (&args.sidecar, ".sha256"),
    ] {
        output::copy(file, &files.join(format!("{name}{suffix}")))?;
    }
    std::fs::rename(&files, &args.out).with_context(|| format!("cannot write {}", args.out.display()))
}

fn final_name(sidecar: &Path) -> Result<FileName> {
    let text = std::fs::read(sidecar).with_context(|| format!("cannot read {}", sidecar.display()))?;
    let context = || format!("{} does not verify", sidecar.display());
    let sidecar = Sidecar::parse(&text, Sidecar::file_of(&text)).with_context(context)?;
    sidecar.file.parse().with_context(context)
}
