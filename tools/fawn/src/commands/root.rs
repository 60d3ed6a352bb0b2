//! `fawn root`: the project that fawn works on.

use crate::session::Project;
use anyhow::{Context, Result};
use std::io::Write;
use std::path::PathBuf;

/// Print the root of the project around the current directory.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command and returns its exit code.
///
/// # Errors
/// No project here.
pub fn run(_args: &Args) -> Result<u8> {
    writeln!(std::io::stdout(), "{}", project_root()?.display())?;
    Ok(0)
}

/// The root of the project around the current directory.
///
/// # Errors
/// No project here, or a configuration that cannot be read.
pub fn project_root() -> Result<PathBuf> {
    let cwd = std::env::current_dir().context("the current directory does not exist")?;
    Ok(Project::open(&cwd, &[])?.root().to_owned())
}
