//! `install-binary`: published binaries for people and for builds.

use std::process::ExitCode;

fn main() -> ExitCode {
    install_commands::install_binary()
}
