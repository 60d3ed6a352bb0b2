//! Everything but publishing.

mod check;
mod keygen;
mod refresh;
mod sign;

use anyhow::{Context, Result};

/// What there is to do with mirrors and keys.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Make a key pair and print the line that trusts it
    Keygen(keygen::Args),
    /// Sign packages, in a folder or on a mirror
    Sign(sign::Args),
    /// Sign the index of a mirror anew, before its signatures expire
    Refresh(refresh::Args),
    /// Compare the index of a mirror with its files, both ways
    Check(check::Args),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// See the commands.
    pub fn run(&self) -> Result<()> {
        match self {
            Self::Keygen(args) => keygen::run(args),
            Self::Sign(args) => sign::run(args),
            Self::Refresh(args) => refresh::run(args),
            Self::Check(args) => check::run(args),
        }
    }
}

/// Prints data.
fn print(text: &str) -> Result<()> {
    use std::io::Write as _;
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to standard output")
}
