//! `manifest`: what a package would hold.

use std::path::PathBuf;

use anyhow::Result;

use crate::payload_spec::PayloadSpec;
use crate::{letter_case, output};

/// Arguments of `manifest`.
#[derive(clap::Args)]
pub struct Args {
    /// JSON: source, name, kind, place and permissions of the payload
    #[arg(long)]
    payload: PathBuf,
    /// Where the manifest goes
    #[arg(long)]
    out: PathBuf,
    /// Where the kind goes, `root` or `prefix` and a line end
    #[arg(long)]
    kind_out: PathBuf,
}

/// Looks at the payload and writes its manifest.
///
/// # Errors
/// A source that cannot be read or packed.
pub fn run(args: &Args) -> Result<()> {
    let payload = PayloadSpec::read(&args.payload)?.scan()?;
    letter_case::warn(payload.manifest());
    output::text(&args.kind_out, &format!("{}\n", payload.kind().word()))?;
    output::text(&args.out, &payload.manifest().to_string())
}
