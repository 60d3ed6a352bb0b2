//! `--upload`: what was packaged, on a mirror; the same code, the same result as `upload-binaries`.

use std::path::Path;

use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};
use mirror::Address;
use mirror::local_package::LocalPackage;
use mirror::publish::{LockRules, SshRules, Store, Upload, writable};

/// Publishes packages by the paths of their tarballs.
///
/// # Errors
/// As `upload-binaries`.
pub fn run<'a>(tarballs: impl Iterator<Item = &'a Path>, mirror: &str) -> Result<()> {
    let store = store(mirror)?;
    let mut packages = Vec::new();
    for tarball in tarballs {
        packages.push(LocalPackage::read(tarball).exit(Exit::Unverified)?);
    }
    let upload = Upload {
        store: &*store,
        rules: LockRules::default(),
        allow_host_built: false,
        dry_run: false,
        signing: None,
        verify: false,
    };
    let outcome = upload
        .run(packages, &mut |text| eprintln!("package-binary: warning: {text}"))
        .or_else(|error| {
            let exit = match &error {
                _ if error.is_conflict() => Exit::Conflict,
                _ if error.is_locked() => Exit::Locked,
                _ => Exit::Failed,
            };
            Err(error).exit(exit)
        })?;
    let (new, present) = (outcome.plan.new.len(), outcome.plan.present.len());
    eprintln!(
        "package-binary: {new} published on {}, {present} were there already",
        store.address()
    );
    Ok(())
}

fn store(text: &str) -> Result<Box<dyn Store>> {
    let address: Address = text.parse().exit(Exit::Usage)?;
    writable(&address, SshRules::default())
        .ok_or_else(|| {
            anyhow!("expected a directory, file:// or USER@HOST:/PATH for a mirror to publish to, found {address}")
        })
        .exit(Exit::Usage)
}
