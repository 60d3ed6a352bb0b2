//! `unpack-package`: the payload of a published binary, if it is the one that the lock file means.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use binpkg::lock::LockRecord;
use binpkg::payload::input_digest;
use binpkg::tarball::{Package, ReadLimits, TreeSink, read};
use cli::{Exit, WithExit};
use digest::{HashingReader, Sha256};

use crate::fetch::read_record;
use crate::{letter_case, output};

/// Arguments of `unpack-package`.
#[derive(clap::Args)]
pub struct Args {
    /// The tarball
    tarball: PathBuf,
    /// JSON: its record in the lock file
    #[arg(long)]
    record: PathBuf,
    /// The directory to make
    #[arg(long)]
    out: PathBuf,
    /// Where the package's manifest goes
    #[arg(long)]
    manifest: Option<PathBuf>,
    /// Where the package's metadata go
    #[arg(long)]
    metadata: Option<PathBuf>,
}

/// Unpacks beside the directory, checks everything, and renames.
///
/// # Errors
/// Exit code 4 for a tarball that is not what its record says, naming the field; nothing is left behind.
pub fn run(args: &Args) -> Result<()> {
    let record = read_record(&args.record)?;
    if args.out.exists() {
        bail!(
            "{} exists already; remove it, or unpack to another place",
            args.out.display()
        );
    }
    let parent = args
        .out
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let staging = tempfile::tempdir_in(parent).with_context(|| format!("cannot write in {}", parent.display()))?;
    let tree = staging.path().join("tree");
    std::fs::create_dir(&tree).with_context(|| format!("cannot write in {}", staging.path().display()))?;
    let package = unpack(&args.tarball, &record, &tree)
        .with_context(|| {
            format!(
                "{} is not {} {} of the lock file",
                args.tarball.display(),
                record.name,
                record.version
            )
        })
        .exit(Exit::Unverified)?;
    letter_case::warn(package.contents.manifest());
    if let Some(path) = &args.manifest {
        output::text(path, &package.contents.manifest().to_string())?;
    }
    if let Some(path) = &args.metadata {
        output::text(path, &package.metadata.to_json()?)?;
    }
    std::fs::rename(&tree, &args.out).with_context(|| format!("cannot write {}", args.out.display()))
}

fn unpack(tarball: &Path, record: &LockRecord, tree: &Path) -> Result<Package> {
    let file = File::open(tarball).context("cannot open it")?;
    // Before a byte of it is decompressed: a longer file is another one, whatever it holds.
    let size = file.metadata().context("cannot look at it")?.len();
    ensure!(
        size == record.size,
        "`size`: expected {} bytes, found {size}",
        record.size
    );
    check_digest(&file, record)?;
    let reader = BufReader::with_capacity(256 << 10, File::open(tarball).context("cannot open it")?);
    let package = read(reader, ReadLimits::default(), &mut TreeSink::new(tree))?;
    check_metadata(&package, record)?;
    // What a file system made of it: one that folds letter case, for one, has another tree now.
    let (expected, found) = (
        package.contents.manifest().without_grants().content_hash(),
        input_digest(tree)?,
    );
    ensure!(
        found == expected,
        "the unpacked tree: expected content hash {expected}, found {found}"
    );
    Ok(package)
}

fn check_digest(file: impl Read, record: &LockRecord) -> Result<()> {
    let mut hashing = HashingReader::new(BufReader::with_capacity(256 << 10, file));
    std::io::copy(&mut hashing, &mut std::io::sink()).context("cannot read it")?;
    let (found, _) = hashing.finish();
    ensure!(
        found == record.sha256,
        "`sha256`: expected {}, found {found}",
        record.sha256
    );
    Ok(())
}

fn check_metadata(package: &Package, record: &LockRecord) -> Result<()> {
    let metadata = &package.metadata;
    let content_hash = package.contents.manifest().content_hash();
    ensure!(
        metadata.name == record.name,
        "`name`: expected {}, found {}",
        record.name,
        metadata.name
    );
    ensure!(
        metadata.version == record.version,
        "`version`: expected {}, found {}",
        record.version,
        metadata.version
    );
    let text = |hash: Option<Sha256>| hash.map_or_else(|| "none".to_owned(), |hash| hash.hex());
    ensure!(
        metadata.config_hash_full == Some(record.config_hash_full),
        "`config_hash_full`: expected {}, found {}",
        record.config_hash_full,
        text(metadata.config_hash_full)
    );
    ensure!(
        content_hash == record.content_hash_full,
        "`content_hash_full`: expected {}, found {content_hash}",
        record.content_hash_full
    );
    Ok(())
}
