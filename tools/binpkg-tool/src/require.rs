//! `require`: the failure of a build that may not build.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use cli::{Exit, WithExit};

/// Arguments of `require`.
#[derive(clap::Args)]
pub struct Args {
    /// What `choice` wrote
    #[arg(long)]
    explanation: PathBuf,
    /// The tree that there is no binary of; nothing is written there
    #[arg(long)]
    out: PathBuf,
}

/// Fails with the explanation.
///
/// # Errors
/// Always, with exit code 3.
pub fn run(args: &Args) -> Result<()> {
    let text = std::fs::read_to_string(&args.explanation)
        .with_context(|| format!("cannot read {}", args.explanation.display()))?;
    Err(anyhow!(
        "no published binary for {}: {}",
        args.out.display(),
        text.trim_end()
    ))
    .exit(Exit::NotFound)
}
