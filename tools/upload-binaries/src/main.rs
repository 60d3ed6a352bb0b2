//! `upload-binaries`: publishes binary packages on a mirror, and keeps the mirror in order.

mod args;
mod commands;
mod index_only;
mod public;
mod signing;
mod summary;
mod target;
mod upload;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.command {
        Some(command) => command.run(),
        None if args.upload.generate_index_only => index_only::run(&args.upload),
        None => upload::run(&args.upload),
    };
    cli::finish("upload-binaries", result)
}
