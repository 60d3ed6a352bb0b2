//! Links the launcher without unwind tables.
//!
//! Built with the profile `launcher` it aborts on panic and never unwinds, yet the C library, the standard library and
//! zstd come with tables for it: a tenth of the file, in every package. Nothing at run time reads them; a panic prints its
//! message without.

use std::env;
use std::path::Path;

fn main() {
    let script = "src/link/no-unwind-tables.ld";
    println!("cargo::rerun-if-changed={script}");
    // Cargo does not tell a build script the profile's name or its panic strategy. The folder it works in,
    // TARGET/launcher/build/psp-launcher-HASH/out, carries the name.
    let out = env::var("OUT_DIR").unwrap_or_default();
    let profile = Path::new(&out).ancestors().nth(3).and_then(Path::file_name);
    let shipped = profile.is_some_and(|name| name == "launcher");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found.split(',').any(|part| part == value));
    if shipped && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_FEATURE", "crt-static") {
        // As an absolute path, because the linker runs elsewhere; it leaves no trace in the file.
        let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/{script}");
    }
}
