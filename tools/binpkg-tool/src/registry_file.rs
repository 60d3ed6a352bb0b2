//! `registry-file`: one file of a registry, or nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use digest::{HashingReader, Sha256};

use crate::output;
use crate::registry::Client;

/// Arguments of `registry-file`.
#[derive(clap::Args)]
pub struct Args {
    /// Whose registry
    #[arg(long)]
    client: Client,
    /// The package, as the registry names it
    #[arg(long)]
    package: String,
    /// Its exact version
    #[arg(long)]
    version: String,
    /// SHA-256 that the file must have, in hex
    #[arg(long)]
    sha256: Sha256,
    /// A further argument of the client (repeatable)
    #[arg(long = "option", allow_hyphen_values = true)]
    options: Vec<String>,
    /// A folder that may hold the file under its sha256; the client is then not asked
    #[arg(long)]
    registry_dir: Option<PathBuf>,
    /// Where a mirror of sources would have the file; if it is there, the client is not asked
    #[arg(long)]
    kept: Option<PathBuf>,
    /// Where the file goes
    #[arg(long)]
    out: PathBuf,
}

/// Brings the file, checks its digest and puts it in place.
///
/// # Errors
/// The client is missing or fails, or no file it brought has the pinned digest.
pub fn run(args: &Args) -> Result<()> {
    let dir = tempfile::tempdir().context("cannot make a temporary folder")?;
    let kept = args
        .registry_dir
        .as_ref()
        .map(|dir| dir.join(args.sha256.to_string()))
        .into_iter()
        .chain(args.kept.clone())
        .find(|file| file.is_file());
    let candidates = match kept {
        Some(file) => vec![file],
        None => args
            .client
            .fetch(&args.package, &args.version, &args.options, dir.path())?,
    };
    let mut found = Vec::new();
    for file in &candidates {
        let digest = digest_of(file)?;
        if digest == args.sha256 {
            return output::copy(file, &args.out);
        }
        found.push(format!("{} ({digest})", file.display()));
    }
    bail!(
        "{} {}: expected a file with sha256 {}, found {}; check the version, and change the pin only if you trust the new file",
        args.package,
        args.version,
        args.sha256,
        if found.is_empty() {
            "none".to_owned()
        } else {
            found.join(", ")
        }
    );
}

fn digest_of(file: &Path) -> Result<Sha256> {
    let reader = std::fs::File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut hashing = HashingReader::new(reader);
    std::io::copy(&mut hashing, &mut std::io::sink()).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(hashing.finish().0)
}
