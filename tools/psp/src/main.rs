//! `psp`: build, inspect, verify, unpack and sign self-extracting packages (PSPF/2025).
//!
//! Under the name `psp-builder`, as a link for example, it takes the flags of FlavorPack's builders.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let program = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    match program.file_stem().and_then(OsStr::to_str) {
        Some("psp-builder") => psp_commands::builder(),
        _ => psp_commands::psp(),
    }
}
