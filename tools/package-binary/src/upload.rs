//! `--upload`: what was packaged, on a mirror; the same code, the same result as `upload-binaries`.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};
use mirror::Address;
use mirror::local_package::LocalPackage;
use mirror::publish::{LockRules, Upload, UploadError};

/// Publishes packages by the paths of their tarballs.
///
/// # Errors
/// As `upload-binaries`.
pub fn run<'a>(tarballs: impl Iterator<Item = &'a Path>, mirror: &str) -> Result<()> {
    let base = directory(mirror)?;
    let mut packages = Vec::new();
    for tarball in tarballs {
        packages.push(LocalPackage::read(tarball).exit(Exit::Unverified)?);
    }
    let upload = Upload {
        base: &base,
        rules: LockRules::default(),
        allow_host_built: false,
        dry_run: false,
    };
    let outcome = upload
        .run(packages, &mut |text| eprintln!("package-binary: warning: {text}"))
        .or_else(|error| {
            let exit = match &error {
                UploadError::Refused(_) => Exit::Conflict,
                _ if error.is_locked() => Exit::Locked,
                _ => Exit::Failed,
            };
            Err(error).exit(exit)
        })?;
    let (new, present) = (outcome.plan.new.len(), outcome.plan.present.len());
    eprintln!(
        "package-binary: {new} published on {}, {present} were there already",
        base.display()
    );
    Ok(())
}

fn directory(text: &str) -> Result<PathBuf> {
    match text.parse::<Address>().exit(Exit::Usage)? {
        Address::Directory(path) => Ok(path),
        Address::Http(address) => Err(anyhow!(
            "expected a directory or file:// for a mirror to publish to, found {address}"
        ))
        .exit(Exit::Usage),
    }
}
