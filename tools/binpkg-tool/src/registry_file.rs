//! `registry-file`: one file of a registry, or nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cli::{Exit, WithExit};
use digest::{HashingReader, Sha256};
use mirror::fetch::Size;
use mirror::{Address, FetchError, Fetcher, Pin};

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
    /// The suite of Debian's archive that has the package, where the machine's lists do not name it
    #[arg(long)]
    suite: Option<String>,
    /// A folder that may hold the file under its sha256; the client is then not asked
    #[arg(long)]
    registry_dir: Option<PathBuf>,
    /// Address of a mirror of sources (repeatable, asked in this order, before the client)
    #[arg(long = "source-mirror", requires = "place")]
    mirrors: Vec<String>,
    /// Where mirrors of sources have the file, below their addresses
    #[arg(long)]
    place: Option<String>,
    /// Where the file goes
    #[arg(long)]
    out: PathBuf,
}

/// No source is larger than this.
const LARGEST: u64 = 16 << 30;

/// Brings the file, checks its digest and puts it in place.
///
/// # Errors
/// The client is missing or fails, or no file it brought has the pinned digest; exit code 2 for an address that is none.
pub fn run(args: &Args) -> Result<()> {
    let dir = tempfile::tempdir().context("cannot make a temporary folder")?;
    let kept = args.registry_dir.as_ref().map(|dir| dir.join(args.sha256.to_string()));
    let candidates = match kept.filter(|file| file.is_file()) {
        Some(file) => vec![file],
        None if from_a_mirror(args)? => return Ok(()),
        None => args.client.fetch(
            &args.package,
            &args.version,
            &args.options,
            args.suite.as_deref(),
            dir.path(),
        )?,
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

/// Whether a mirror had the file. One that has another file in its place is as good as one that has none: the client knows
/// better.
fn from_a_mirror(args: &Args) -> Result<bool> {
    let mut mirrors = Vec::new();
    for text in &args.mirrors {
        let address = text.parse::<Address>().and_then(Address::for_builds);
        mirrors.push(address.exit(Exit::Usage)?.place());
    }
    let Some(place) = args.place.as_deref().filter(|_| !mirrors.is_empty()) else {
        return Ok(false);
    };
    let mut warn = |text: &str| eprintln!("binpkg-tool: warning: {text}");
    let pin = Pin {
        sha256: args.sha256,
        size: Size::AtMost(LARGEST),
    };
    match Fetcher::new(&mirrors, &mut warn).fetch(place, &pin, &args.out) {
        Ok(()) => Ok(true),
        Err(error @ FetchError::Output { .. }) => Err(error.into()),
        Err(error) => {
            if !error.is_not_there() {
                eprintln!("binpkg-tool: warning: {error}; asking the registry");
            }
            Ok(false)
        }
    }
}

fn digest_of(file: &Path) -> Result<Sha256> {
    let reader = std::fs::File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut hashing = HashingReader::new(reader);
    std::io::copy(&mut hashing, &mut std::io::sink()).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(hashing.finish().0)
}
