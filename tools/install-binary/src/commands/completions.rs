//! `completions`.

use anyhow::Result;
use clap_complete::Shell;

use crate::out;

/// Arguments of `completions`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

/// Prints a completion script.
///
/// # Errors
/// Standard output is closed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::described(), "install-binary", &mut script);
    out::print(&String::from_utf8_lossy(&script))
}
