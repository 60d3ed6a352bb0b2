//! Several slots, each with a purpose, a lifecycle and a place of its own.

use std::error::Error;
use std::path::Path;

use pspf::{Editor, FileMode, Launcher, Lifecycle, OperationChain, SigningKey, Slot, Target};

/// A runtime, an application and its resources.
pub fn build(root: &Path, output: &Path) -> Result<(), Box<dyn Error>> {
    let runtime = Slot::path("runtime", root.join("runtime"))
        .operations(OperationChain::TAR_GZ)
        .purpose("runtime");
    let application = Slot::path("application", root.join("app.sh"))
        .target("bin/app")
        .permissions(FileMode::parse("0755")?)
        .purpose("code")
        .lifecycle(Lifecycle::Startup.word());
    let resources = Slot::path("resources", root.join("resources"))
        .target("share/app")
        .operations(OperationChain::TAR_GZ)
        .purpose("media");
    Editor::new("app", "2.1")
        .command("{workenv}/bin/app")
        .launcher(Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n"), Target::Any)
        .slot(runtime)
        .slot(application)
        .slot(resources)
        .store()?
        .sign(&SigningKey::from_seed("development"))?
        .write(output)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    build(Path::new("."), Path::new("app.psp"))
}
