//! `recover`: what an interrupted transaction left.

use std::time::Duration;

use anyhow::Result;

use crate::exit::Coded;
use crate::out;
use crate::target::{TargetArgs, recovery};

/// Arguments of `recover`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: TargetArgs,
    /// Wait so long for another process that works on this installation
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// Undoes or finishes it. Twice is as good as once.
///
/// # Errors
/// The file system refuses still.
pub(crate) fn run(args: &Args) -> Result<()> {
    let database = args.target.open()?;
    let lock = database.lock("recover", Duration::from_secs(args.wait)).coded()?;
    let recovered = database.recover(&lock).coded()?;
    out::print(&(recovery(&recovered) + "\n"))
}
