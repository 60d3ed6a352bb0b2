//! `fetch`: a published binary, or its recipe, from the mirrors of the lock file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use binpkg::lock::LockRecord;
use binpkg::sign::TrustList;
use cli::{Exit, WithExit};
use mirror::fetch::Size;
use mirror::{Address, FetchError, Fetcher, Pin};

/// Arguments of `fetch`.
#[derive(clap::Args)]
pub struct Args {
    /// JSON: the binary's record in the lock file
    #[arg(long)]
    record: PathBuf,
    /// Address of a mirror (repeatable, asked in this order)
    #[arg(long = "mirror")]
    mirrors: Vec<String>,
    /// A trusted key, `<name> <base64>`, or a revoked one, `-<key id>` (repeatable); with any, the record must be signed
    #[arg(long = "key", allow_hyphen_values = true)]
    keys: Vec<String>,
    /// Fetch the recipe in place of the tarball
    #[arg(long)]
    recipe: bool,
    /// Where the file goes
    #[arg(long)]
    out: PathBuf,
}

/// No recipe of an honest package comes near to this.
const LARGEST_RECIPE: u64 = 16 << 20;

/// Fetches the pinned bytes, or nothing.
///
/// # Errors
/// Exit code 4 for other bytes than pinned and for a record without a trusted signature, 3 when no mirror has the file, 6 when
/// none can be read.
pub fn run(args: &Args) -> Result<()> {
    let record = read_record(&args.record)?;
    let trusted = TrustList::parse(args.keys.iter().map(String::as_str)).context("cannot use `keys`")?;
    if !trusted.is_empty() {
        trusted
            .check(&record.statement(), &record.signatures)
            .with_context(|| format!("the lock record of {} {} does not verify", record.name, record.version))
            .exit(Exit::Unverified)?;
    }
    let mirrors = args
        .mirrors
        .iter()
        .map(|text| Ok(text.parse::<Address>()?.for_builds()?.mirror()))
        .collect::<Result<Vec<_>>>()?;
    let (path, pin) = if args.recipe {
        let size = Size::AtMost(LARGEST_RECIPE);
        let sha256 = record.config_hash_full;
        (format!("{}.recipe.json", record.path), Pin { sha256, size })
    } else {
        // Data goes to the output, so this line is for people.
        eprintln!("Binary available: {}", record.file_name());
        let size = Size::Exactly(record.size);
        let sha256 = record.sha256;
        (record.path.clone(), Pin { sha256, size })
    };
    let mut warn = |text: &str| eprintln!("binpkg-tool: warning: {text}");
    Fetcher::new(&mirrors, &mut warn)
        .fetch(&path, &pin, &args.out)
        .map_err(|error| {
            let exit = exit_of(&error);
            Result::<(), _>::Err(error).exit(exit).unwrap_err()
        })
        .with_context(|| format!("{} {} of the lock file is not to be had", record.name, record.version))
}

fn exit_of(error: &FetchError) -> Exit {
    match error {
        FetchError::Output { .. } => Exit::Failed,
        _ if error.is_unverified() => Exit::Unverified,
        _ if error.is_not_there() => Exit::NotFound,
        _ => Exit::NoMirror,
    }
}

/// Reads one record of a lock file.
///
/// # Errors
/// It cannot be read, or is no record.
pub fn read_record(file: &Path) -> Result<LockRecord> {
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("cannot use {}", file.display()))
}
