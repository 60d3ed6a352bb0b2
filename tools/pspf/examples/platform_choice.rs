//! One package per platform: the launcher's file header must name the platform it is for.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use pspf::{Editor, Launcher, SigningKey, Target, Written};

/// Builds for every platform of the map; a launcher in the wrong place is an error that names both.
pub fn build(launchers: &BTreeMap<&str, PathBuf>, folder: &Path) -> Result<Vec<Written>, Box<dyn Error>> {
    let mut written = Vec::new();
    for (platform, launcher) in launchers {
        let target: Target = platform.parse()?;
        let unsigned = Editor::new("myapp", "1.0.0")
            .command("/bin/true")
            .launcher(Launcher::from_file(launcher)?, target)
            .store()?;
        let signed = unsigned.sign(&SigningKey::from_seed("development"))?;
        written.push(signed.write(&folder.join(format!("myapp-{platform}.psp")))?);
    }
    Ok(written)
}

fn main() -> Result<(), Box<dyn Error>> {
    let launchers = BTreeMap::from([
        ("linux_amd64", PathBuf::from("dist/bin/psp-launcher-linux_amd64")),
        ("darwin_arm64", PathBuf::from("dist/bin/psp-launcher-darwin_arm64")),
        (
            "windows_amd64",
            PathBuf::from("dist/bin/psp-launcher-windows_amd64.exe"),
        ),
    ]);
    for package in build(&launchers, Path::new("."))? {
        println!("{}: {} bytes", package.path.display(), package.size);
    }
    Ok(())
}
