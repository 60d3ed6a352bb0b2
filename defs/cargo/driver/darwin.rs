//! What a program for macOS may ask the linker for, and zig's libraries of that system have not.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::files::at;

/// The variable with the folder that has the stubs.
const STUBS: &str = "CARGO_DRIVER_DARWIN_STUBS";

/// The names that the system's library of character sets exports. The crate `libc` asks for it in every program, most of
/// which call none of them; `libgit2-sys` and others do.
const LIBICONV: &str = "--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '/usr/lib/libiconv.2.dylib'
current-version: 7
compatibility-version: 7
exports:
  - targets:         [ x86_64-macos, arm64-macos ]
    symbols:         [ _iconv, _iconv_canonicalize, _iconv_close, _iconv_open, _iconvctl, _iconvlist, 
                       _libiconv, _libiconv_close, _libiconv_open, _libiconv_set_relocation_prefix, 
                       _libiconvctl, _libiconvlist ]
...
";

/// Writes the stubs below `scratch` and lets the linker find them.
pub fn prepare(cargo: &mut Command, scratch: &Path) -> Result<()> {
    let stubs = scratch.join("darwin-stubs");
    at(&stubs, fs::create_dir_all(&stubs))?;
    let file = stubs.join("libiconv.tbd");
    at(&file, fs::write(&file, LIBICONV))?;
    cargo.env(STUBS, stubs);
    Ok(())
}

/// Adds what finds the stubs, and drops the libraries of which nothing is used: a program that calls no function of
/// `libiconv` does not load it.
pub fn link(args: &mut Vec<OsString>) {
    let Some(stubs) = std::env::var_os(STUBS) else { return };
    let mut search = OsString::from("-L");
    search.push(stubs);
    args.extend([search, "-Wl,-dead_strip_dylibs".into()]);
}
