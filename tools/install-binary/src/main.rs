//! `install-binary`: published binaries for people and for builds.

mod lock;
mod refresh;

use std::process::ExitCode;

use clap::Parser;

/// Bring published binaries to where they are used.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Write the lock file: which published binaries the builds of a project may take
    Lock(lock::Args),
}

fn main() -> ExitCode {
    let Command::Lock(args) = Command::parse();
    cli::finish("install-binary", lock::run(&args))
}
