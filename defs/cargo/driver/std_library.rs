//! `std`: the standard library, compiled from the source that belongs to the compiler, once for a target and its settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::compiler::Compiler;
use crate::files::{Scratch, at, copy_file, copy_tree, link, write};
use crate::flags::Flags;
use crate::job::cargo;
use crate::persona;
use crate::zig::{self, Zig};

/// A crate for whose sake cargo compiles the library.
const MANIFEST: &str = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";

/// Flags that a library and the programs that it is linked into must have in common, one a line, in its folder.
const FLAGS: &str = "rustflags";

/// The flags of a library that `build` has made.
pub fn flags_of(std: &Path) -> Result<Vec<String>> {
    let file = std.join(FLAGS);
    let text = at(&file, fs::read_to_string(&file))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Makes a directory that `rustc --sysroot` takes, with what zig made of its C library beside.
pub fn build(flags: &Flags) -> Result<()> {
    let (compiler, scratch) = (Compiler::checked(flags)?, Scratch::new()?);
    let target = flags.need("target")?;
    let source = flags.path("source")?;
    let zig = Zig::new(flags, &compiler.host, &scratch.dir)?;
    let sysroot = sysroot(&scratch.dir, &source, &compiler)?;
    scratch.cargo_home(&source.join("vendor"))?;
    write(&scratch.dir.join("workspace/Cargo.toml"), MANIFEST.as_bytes())?;
    write(&scratch.dir.join("workspace/src/main.rs"), b"fn main() {}\n")?;

    let mut cargo = cargo(&compiler, &scratch.dir);
    zig.prepare(&mut cargo, target, &compiler, &[])?;
    persona::wrap_rustc(&mut cargo, &scratch.dir, &sysroot)?;
    let mut rustflags = vec![
        format!(
            "--remap-path-prefix={}=/rustc/{}",
            sysroot.join("lib/rustlib/src/rust").display(),
            compiler.commit
        ),
        // Its crates are compiled where they lie, not below the link.
        format!(
            "--remap-path-prefix={}=/rustc/{}/library",
            source.display(),
            compiler.commit
        ),
        format!("--remap-path-prefix={}=/w", scratch.dir.display()),
        // For programs that are optimised as a whole.
        "-Cembed-bitcode=yes".to_owned(),
    ];
    rustflags.extend(zig.rustflags(target));
    rustflags.extend(flags.all("rustflag").iter().cloned());
    // The compiler is a stable one; only its own library may use what it keeps to itself.
    cargo
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\u{1f}"));
    for setting in flags.all("profile-setting") {
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| format!("--profile-setting: expected NAME=VALUE, got {setting}"))?;
        let name = name.replace('-', "_").to_uppercase();
        cargo.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    cargo.args(["build", "--release", "--offline", "-Zbuild-std=std,panic_abort"]);
    if !flags.all("std-feature").is_empty() {
        cargo.arg(format!("-Zbuild-std-features={}", flags.all("std-feature").join(",")));
    }
    cargo.args(["--target", target, "--message-format=json-render-diagnostics"]);
    cargo
        .arg("--manifest-path")
        .arg(scratch.dir.join("workspace/Cargo.toml"));
    cargo.arg("--target-dir").arg(scratch.dir.join("target"));
    let libraries = libraries(&mut cargo, &scratch.dir.join("target").join(target))?;

    let out = flags.path("out")?;
    let place = out.join("lib/rustlib").join(target).join("lib");
    for library in &libraries {
        copy_file(library, &place.join(library.file_name().unwrap_or_default()))?;
    }
    let common: String = flags.all("rustflag").iter().map(|flag| format!("{flag}\n")).collect();
    write(&out.join(FLAGS), common.as_bytes())?;
    // The empty program was linked, so the C library is in there.
    copy_tree(&zig.cache(), &out.join(zig::CACHE))
}

/// Where cargo looks for the library's source, and rustc for that of this machine.
fn sysroot(scratch: &Path, source: &Path, compiler: &Compiler) -> Result<PathBuf> {
    let sysroot = scratch.join("sysroot");
    link(source, &sysroot.join("lib/rustlib/src/rust/library"))?;
    let host = Path::new("lib/rustlib").join(&compiler.host);
    link(&compiler.sysroot.join(&host), &sysroot.join(&host))?;
    Ok(sysroot)
}

/// Runs cargo and returns the libraries for the target that it speaks of.
fn libraries(cargo: &mut Command, made: &Path) -> Result<Vec<PathBuf>> {
    let output = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot start cargo: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "the standard library does not compile ({}); the compiler's words stand above",
            output.status
        ));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let words = messages.split('"').map(Path::new);
    let mut found: Vec<PathBuf> = words
        .filter(|path| path.starts_with(made) && path.extension().is_some_and(|end| end == "rlib"))
        .map(Path::to_owned)
        .collect();
    found.sort();
    found.dedup();
    if found.is_empty() {
        return Err("cargo compiled the standard library, but names no library of it".to_owned());
    }
    Ok(found)
}
