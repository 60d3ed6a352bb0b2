//! Links the launcher as small as it can be, since it is in every package.
//!
//! * Without unwind tables. Built with the profile `launcher` it aborts on panic and never unwinds, yet the C library, the
//!   standard library and zstd come with tables for it: a tenth of the file. Nothing at run time reads them.
//! * With the relocations of a program that runs at any address as a bitmap, a thirtieth of what a table takes. Linkers
//!   and C libraries before 2022 do not know it, so it is tried out on an empty program.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKED_RELOCATIONS: &str = "-Wl,-z,pack-relative-relocs";

fn main() {
    let script = "src/link/no-unwind-tables.ld";
    println!("cargo::rerun-if-changed={script}");
    println!("cargo::rerun-if-changed=src/link/build.rs");
    // Cargo does not tell a build script the profile's name or its panic strategy. The folder it works in,
    // TARGET/launcher/build/psp-launcher-HASH/out, carries the name.
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let shipped = out.ancestors().nth(3).and_then(Path::file_name) == Some("launcher".as_ref());
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found.split(',').any(|part| part == value));
    if shipped && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_FEATURE", "crt-static") {
        // As an absolute path, because the linker runs elsewhere; it leaves no trace in the file.
        let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/{script}");
        if works(PACKED_RELOCATIONS, &out) {
            println!("cargo::rustc-link-arg-bins={PACKED_RELOCATIONS}");
        }
    }
}

/// Whether a program that is linked with `flag` starts. Where it cannot be started, because it is for another machine, it
/// does not count.
fn works(flag: &str, out: &Path) -> bool {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(rustc), Some(target)) = (variable("RUSTC"), variable("TARGET")) else {
        return false;
    };
    if variable("HOST").as_ref() != Some(&target) {
        return false;
    }
    let (source, program) = (out.join("empty.rs"), out.join("empty"));
    if std::fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let mut build = Command::new(rustc);
    build.args([
        "--crate-name",
        "empty",
        "--edition",
        "2024",
        "--target",
        &target,
        "-C",
        "panic=abort",
    ]);
    if let Some(linker) = variable("RUSTC_LINKER") {
        build.args(["-C", &format!("linker={linker}")]);
    }
    build.args(
        variable("CARGO_ENCODED_RUSTFLAGS")
            .iter()
            .flat_map(|flags| flags.split('\x1f')),
    );
    build
        .args(["-C", &format!("link-arg={flag}"), "-o"])
        .arg(&program)
        .arg(&source);
    let linked = build.output().is_ok_and(|output| output.status.success());
    linked && Command::new(&program).status().is_ok_and(|status| status.success())
}
