//! `psp-builder`: `psp build` under the flags of FlavorPack's builders, so that
//! `flavor pack --builder-bin` can call it.

use std::process::ExitCode;

fn main() -> ExitCode {
    psp_commands::builder()
}
