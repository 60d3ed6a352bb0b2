//! Many packages at once: launcher and key are shared, each build is on its own.

use std::error::Error;
use std::path::Path;
use std::thread;

use pspf::{Editor, Launcher, SigningKey, Slot, Target, Written};

/// Builds one package per name and version, all at the same time.
pub fn build_all(configs: &[(&str, &str)], folder: &Path) -> Vec<Result<Written, pspf::Error>> {
    let launcher = Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n");
    let key = SigningKey::from_seed("development");
    let build = |name: &str, version: &str| {
        let slot = Slot::bytes("greeting", format!("this is {name} {version}\n")).target("greeting.txt");
        // The packages keep all processors busy; each one needs a single thread.
        let editor = Editor::new(name, version)
            .jobs(1)
            .command("/bin/cat {workenv}/greeting.txt");
        let unsigned = editor.launcher(launcher.clone(), Target::Any).slot(slot).store()?;
        unsigned.sign(&key)?.write(&folder.join(format!("{name}.psp")))
    };
    thread::scope(|scope| {
        let running: Vec<_> = configs
            .iter()
            .map(|(name, version)| scope.spawn(move || build(name, version)))
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    for written in build_all(&[("app1", "1.0.0"), ("app2", "2.0.0")], Path::new(".")) {
        println!("{}", written?.path.display());
    }
    Ok(())
}
