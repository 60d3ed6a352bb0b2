use anyhow::Result;

use super::print;
use crate::args::{LockArgs, warn};
use crate::signing::SigningArgs;
use crate::target::{FarArgs, published, with_exit};

/// Arguments of `refresh`.
#[derive(clap::Args)]
pub struct Args {
    /// The mirror
    mirror: String,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    lock: LockArgs,
    #[command(flatten)]
    far: FarArgs,
}

/// Signs the index anew.
///
/// # Errors
/// Exit code 4 for an index that somebody else signed, 7 for a mirror that somebody else writes.
pub fn run(args: &Args) -> Result<()> {
    let signing = args.signing.need()?;
    let store = published(&args.mirror, args.far.rules())?;
    let lock = with_exit(store.lock(&args.lock.rules()))?;
    lock.warning().into_iter().for_each(warn);
    let root = with_exit(mirror::publish::refresh(&*store, &*lock, &signing, &mut warn))?;
    let until = root
        .expires
        .map(|at| format!(", counts until {at}"))
        .unwrap_or_default();
    print(&format!("serial {}{until}\n", root.serial))
}
