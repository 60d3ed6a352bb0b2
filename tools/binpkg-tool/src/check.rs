//! `check`: whether a binary package is what its sidecar and its manifest say.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use binpkg::names::FileName;
use binpkg::sidecar::Sidecar;
use binpkg::tarball::{NoSink, Package, ReadLimits, read};
use cli::{Exit, WithExit};
use digest::HashingReader;
use serde_json::json;

use crate::output;

/// Arguments of `check`.
#[derive(clap::Args)]
pub struct Args {
    /// The tarball
    tarball: PathBuf,
    /// Its sidecar
    #[arg(long)]
    sidecar: PathBuf,
    /// Where a report for the build tool goes; a package that fails is then a line in it and no failure of the command
    #[arg(long)]
    report: Option<PathBuf>,
}

/// Checks every byte.
///
/// # Errors
/// Exit code 4 for a package that fails, without `--report`; a report that cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let outcome = check(&args.tarball, &args.sidecar);
    let Some(report) = &args.report else {
        return outcome.map(drop).exit(Exit::Unverified);
    };
    let (status, message) = match &outcome {
        Ok(()) => ("success", String::new()),
        Err(error) => ("failure", format!("{error:#}")),
    };
    let report_json = json!({"version": 1, "data": {"status": status, "message": message}});
    output::text(report, &format!("{report_json}\n"))
}

fn check(tarball: &Path, sidecar_file: &Path) -> Result<()> {
    let text = std::fs::read(sidecar_file).with_context(|| format!("cannot read {}", sidecar_file.display()))?;
    let file = File::open(tarball).with_context(|| format!("cannot open {}", tarball.display()))?;
    let mut hashing = HashingReader::new(BufReader::with_capacity(256 << 10, file));
    let package = read(&mut hashing, ReadLimits::default(), &mut NoSink)
        .with_context(|| format!("{} does not verify", tarball.display()))?;
    let (sha256, size) = hashing.finish();

    let name = final_name(&package)?;
    let sidecar =
        Sidecar::parse(&text, &name).with_context(|| format!("{} does not verify", sidecar_file.display()))?;
    ensure!(
        sidecar.sha256 == sha256,
        "checksum of {} does not match (expected {}, found {sha256})",
        tarball.display(),
        sidecar.sha256
    );
    let metadata = &package.metadata;
    // Everything but the checksum and the signatures comes from the metadata, so it can be made again and compared.
    let mut expected = Sidecar::new(metadata, name, sha256, size);
    expected.signatures.clone_from(&sidecar.signatures);
    ensure!(
        sidecar == expected,
        "{} and METADATA.json disagree: expected\n{expected}found\n{sidecar}",
        sidecar_file.display()
    );
    Ok(())
}

/// The name that the package must have, whatever it is called here.
fn final_name(package: &Package) -> Result<String> {
    let metadata = &package.metadata;
    if metadata.schema.is_none() {
        bail!("METADATA.json has no `schema`; only packages of this version can be checked");
    }
    let (name, hash) = (metadata.name.clone(), metadata.config_hash.clone());
    Ok(FileName::new(name, &metadata.version, hash, package.compression)?.to_string())
}
