//! The commands behind `psp` and `psp-builder`.

mod commands;
mod entropy;
mod errors;
mod files;
mod launchers;
mod plain;
mod spec;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

/// Build, inspect, verify, unpack and sign self-extracting packages (PSPF/2025).
///
/// Data goes to standard output, words to standard error. Exit codes: 0 done, 1 failed, 2 wrong
/// usage, 3 not found, 4 a package that does not verify, 5 something would be overwritten.
#[derive(Parser)]
#[command(name = "psp", version, max_term_width = 100)]
struct Psp {
    #[command(subcommand)]
    command: commands::Command,
}

/// Build a self-extracting package (PSPF/2025) from a manifest.
#[derive(Parser)]
#[command(name = "psp-builder", version, max_term_width = 100)]
struct Builder {
    #[command(flatten)]
    build: commands::BuildArgs,
}

/// The program `psp`.
pub fn psp() -> ExitCode {
    cli::finish("psp", Psp::parse().command.run())
}

/// The program `psp-builder`.
pub fn builder() -> ExitCode {
    cli::finish("psp-builder", Builder::parse().build.run())
}

/// The command line of `psp` as clap describes it, for completions and manual pages.
fn described() -> clap::Command {
    Psp::command()
}
