//! `check`: whether a binary package is what its sidecar and its manifest say.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use binpkg::check::Checked;
use cli::{Exit, WithExit};
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

fn check(tarball: &Path, sidecar: &Path) -> Result<()> {
    let text = std::fs::read(sidecar).with_context(|| format!("cannot read {}", sidecar.display()))?;
    let file = File::open(tarball).with_context(|| format!("cannot open {}", tarball.display()))?;
    Checked::read(BufReader::with_capacity(256 << 10, file), &text)
        .map(drop)
        .with_context(|| format!("{} does not verify against {}", tarball.display(), sidecar.display()))
}
