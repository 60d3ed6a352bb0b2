//! Publishing.

use anyhow::Result;
use mirror::publish::{Upload, read_packages, refused};

use crate::args::UploadArgs;
use crate::target::with_exit;
use crate::{public, summary};

/// Publishes, or says what would be.
///
/// # Errors
/// Exit code 2 for a public address that is none, 3 without packages, 4 for one that does not verify, 5 for one that clashes with what is published, 7 for a mirror
/// that somebody else writes.
pub fn run(args: &UploadArgs) -> Result<()> {
    let signing = args.signing.read()?;
    let public = public::address(args)?;
    let store = args.store()?;
    let packages = with_exit(read_packages(args.source()))?;
    let upload = Upload {
        store: &*store,
        rules: args.lock.rules(),
        allow_host_built: args.allow_host_built,
        dry_run: args.dry_run,
        signing,
        verify: args.verify,
    };
    let outcome = with_exit(upload.run(packages, &mut |text| args.warn(text)))?;
    summary::print(&outcome, public.as_ref(), args)?;
    if outcome.plan.refused.is_empty() {
        return Ok(());
    }
    with_exit(Err(refused(&outcome.plan)))
}
