//! `fawn clean`: removes everything that fawn made in a project.

use super::progress::Progress;
use super::root::project_root;
use crate::exec::{Reporter, wipe};
use anyhow::Result;

/// Remove `buck-out/fawn`: outputs, cache, logs. The engine itself stays, should it be built there.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Say nothing but errors.
    #[arg(short, long)]
    quiet: bool,
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// No project, or the operating system's.
pub fn run(args: &Args) -> Result<u8> {
    let progress = Progress::new(args.quiet);
    let root = project_root()?;
    wipe(&root, &mut |holder| {
        progress.say(&format!("waiting for another fawn to finish ({holder})"))
    })?;
    Ok(0)
}
