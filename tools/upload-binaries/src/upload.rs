//! Publishing.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};
use mirror::Address;
use mirror::publish::{Upload, UploadError, read_packages, refused};

use crate::{Args, summary};

/// Publishes, or says what would be.
///
/// # Errors
/// Exit code 3 without packages, 4 for one that does not verify, 5 for one that clashes with what is published, 7 for a mirror
/// that somebody else writes.
pub fn run(args: &Args) -> Result<()> {
    let packages = with_exit(read_packages(&args.source))?;
    let base = directory(args.mirror.as_deref().unwrap_or_default())?;
    let upload = Upload {
        base: &base,
        rules: args.lock_rules(),
        allow_host_built: args.allow_host_built,
        dry_run: args.dry_run,
    };
    let outcome = with_exit(upload.run(packages, &mut |text| args.warn(text)))?;
    summary::print(&outcome, args)?;
    if outcome.plan.refused.is_empty() {
        return Ok(());
    }
    with_exit(Err(refused(&outcome.plan)))
}

/// Gives the error its exit code.
///
/// # Errors
/// The same one.
pub fn with_exit<T>(result: Result<T, UploadError>) -> Result<T> {
    result.or_else(|error| {
        let exit = match &error {
            UploadError::Nothing { .. } => Exit::NotFound,
            UploadError::Bad(_) => Exit::Unverified,
            UploadError::Refused(_) => Exit::Conflict,
            _ if error.is_locked() => Exit::Locked,
            _ => Exit::Failed,
        };
        Err(error).exit(exit)
    })
}

/// The directory of a mirror that can be written.
///
/// # Errors
/// Another kind of mirror.
pub fn directory(text: &str) -> Result<PathBuf> {
    match text.parse::<Address>().exit(Exit::Usage)? {
        Address::Directory(path) => Ok(path),
        Address::Http(address) => Err(anyhow!(
            "expected a directory or file:// for a mirror to publish to, found {address}"
        ))
        .exit(Exit::Usage),
    }
}
