//! From what the phases left to what the package holds.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use binpkg::recipe::Recipe;

use super::inputs::Inputs;
use super::{leaks, transforms};

/// Applies the transforms of the recipe, and looks for leaks.
///
/// # Errors
/// Nothing was made, a transform does not know a file, a file tells where it was made.
pub fn finish(recipe: &Recipe, inputs: &Inputs, out: &Path) -> Result<()> {
    open(out);
    let mut entries = fs::read_dir(out).with_context(|| format!("cannot list {}", out.display()))?;
    ensure!(
        entries.next().is_some(),
        "the phases put nothing into {{out}}; expected the files of the package there"
    );
    transforms::apply(&recipe.transforms, out)?;
    leaks::check(recipe, out, &inputs.mentions_build)
}

/// Gives the owner every right below `dir`: an installed file may be read by nobody, and an engine must read it. Modes that
/// matter come from the recipe's permissions.
pub fn open(dir: &Path) {
    let Ok(entries) = fs::symlink_metadata(dir).and_then(|found| {
        allow(dir, &found, 0o700)?;
        fs::read_dir(dir)
    }) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(found) if found.is_dir() => open(&path),
            Ok(found) if found.is_file() => drop(allow(&path, &found, 0o600)),
            _ => {}
        }
    }
}

fn allow(path: &Path, found: &fs::Metadata, bits: u32) -> std::io::Result<()> {
    let mode = found.permissions().mode() & 0o777;
    if mode & bits == bits && found.permissions().mode() & 0o7000 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode | bits))
}
