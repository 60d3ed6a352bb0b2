//! Signing: with a key pair from files, and anew after the build.

use std::error::Error;
use std::fs;
use std::path::Path;

use pspf::{Editor, Launcher, PackageFile, SigningKey, Target, resign};

/// Builds with a development key, and signs the finished package with the release key: the build never
/// sees the secret.
pub fn build_and_release(keys: &Path, built: &Path, released: &Path) -> Result<(), Box<dyn Error>> {
    Editor::new("myapp", "1.0.0")
        .command("/bin/true")
        .launcher(Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n"), Target::Any)
        .store()?
        .sign(&SigningKey::from_seed("development"))?
        .write(built)?;

    let private = fs::read_to_string(keys.join("flavor-private.key"))?;
    let public = fs::read_to_string(keys.join("flavor-public.key"))?;
    // Refused unless the two belong together.
    let key = SigningKey::from_pem_pair(&private, &public)?;
    resign(&PackageFile::open(built)?, &key, released)?;

    let report = PackageFile::open(released)?.verify()?;
    assert!(report.is_ok() && report.key == Some(key.public()));
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    build_and_release(Path::new("keys"), Path::new("built.psp"), Path::new("released.psp"))
}
