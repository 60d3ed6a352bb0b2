//! The simplest package: a launcher and one archive.

use std::error::Error;
use std::path::Path;

use pspf::{Editor, Launcher, OperationChain, SigningKey, Slot, Target};

/// Packs the directory `app` into `output`.
pub fn build(app: &Path, launcher: &Path, output: &Path) -> Result<(), Box<dyn Error>> {
    Editor::new("myapp", "1.0.0")
        .command("{workenv}/bin/myapp")
        .launcher(Launcher::from_file(launcher)?, Target::Any)
        .slot(
            Slot::path("application", app)
                .operations(OperationChain::TAR_GZ)
                .purpose("code"),
        )
        .store()?
        .sign(&SigningKey::from_seed("development"))?
        .write(output)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let [app, launcher, output] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("usage: simple APP-DIRECTORY LAUNCHER OUTPUT".into());
    };
    build(app.as_ref(), launcher.as_ref(), output.as_ref())
}
