//! Operation chains: from a list, from a word, and what they mean for who can run the package.

use std::error::Error;
use std::path::Path;

use pspf::{Editor, Launcher, Operation, OperationChain, Profile, SigningKey, Slot, Target};

/// Packs `data` twice: as .tar.gz for everyone, and in the other package as .tar.zst for our launcher.
pub fn build(data: &Path, portable: &Path, small: &Path) -> Result<(), Box<dyn Error>> {
    let tar_gz = OperationChain::new(&[Operation::Tar, Operation::Gzip])?;
    assert_eq!(tar_gz.packed(), 0x1001);
    let tar_zst = OperationChain::parse("tar.zst")?;
    for (profile, chain, output) in [
        (Profile::Flavorpack, tar_gz, portable),
        (Profile::Buckpack, tar_zst, small),
    ] {
        Editor::new("data", "1")
            .profile(profile)
            .command("/bin/ls {workenv}")
            .launcher(Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n"), Target::Any)
            .slot(Slot::path("data", data).operations(chain).level(9))
            .store()?
            .sign(&SigningKey::from_seed("development"))?
            .write(output)?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    build(Path::new("."), Path::new("portable.psp"), Path::new("small.psp"))
}
