//! The commands behind `psp` and `psp-builder`.

mod commands;
mod entropy;
mod errors;
mod files;
mod launchers;
pub mod manifest;
mod plain;
mod programs;
mod spec;
mod unpacked;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use cli::Words;

/// Build, inspect, verify, unpack and sign self-extracting packages (PSPF/2025).
///
/// Data goes to standard output, words to standard error. Exit codes: 0 done, 1 failed, 2 wrong
/// usage, 3 not found, 4 a package that does not verify, 5 something would be overwritten.
#[derive(Parser)]
#[command(name = "psp", version, max_term_width = 100)]
struct Psp {
    /// No progress and no notes; errors and warnings are told all the same.
    #[arg(short, long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: commands::Command,
}

/// Build a self-extracting package (PSPF/2025) from a manifest.
#[derive(Parser)]
#[command(name = "psp-builder", version, max_term_width = 100)]
struct Builder {
    /// No progress; errors and warnings are told all the same.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    build: commands::BuildArgs,
}

/// The program `psp`.
pub fn psp() -> ExitCode {
    let Psp { quiet, command } = Psp::parse();
    cli::finish("psp", command.run(Words::new("psp", quiet)))
}

/// The program `psp-builder`.
pub fn builder() -> ExitCode {
    let Builder { quiet, build } = Builder::parse();
    cli::finish("psp-builder", build.run(Words::new("psp-builder", quiet)))
}

/// The command line of `psp` as clap describes it, for completions and manual pages.
fn described() -> clap::Command {
    Psp::command()
}
