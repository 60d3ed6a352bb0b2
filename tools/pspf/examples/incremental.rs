//! Incremental builds: slots that did not change are not compressed again.

use std::error::Error;
use std::path::Path;

use pspf::{Editor, Launcher, OperationChain, SigningKey, Slot, SlotCache, Target};

/// Builds a package of one slot per directory in `root`, with `cache` between builds.
pub fn build(root: &Path, cache: &Path, output: &Path) -> Result<(), Box<dyn Error>> {
    let mut editor = Editor::new("app", "1")
        .command("/bin/true")
        .launcher(Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n"), Target::Any)
        .slot_cache(SlotCache::new(cache)?);
    let mut directories: Vec<_> = std::fs::read_dir(root)?.collect::<Result<_, _>>()?;
    directories.sort_by_key(std::fs::DirEntry::file_name);
    for directory in directories {
        let name = directory.file_name().to_string_lossy().into_owned();
        editor = editor.slot(
            Slot::path(&name, directory.path())
                .target(&name)
                .operations(OperationChain::TAR_GZ),
        );
    }
    editor
        .store()?
        .sign(&SigningKey::from_seed("development"))?
        .write(output)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    build(Path::new("parts"), Path::new("slot-cache"), Path::new("app.psp"))
}
