//! `psp`: build, inspect, verify, unpack and sign self-extracting packages (PSPF/2025).

use std::process::ExitCode;

use clap::Parser;
use psp_commands::commands::Command;

/// Build, inspect, verify, unpack and sign self-extracting packages (PSPF/2025).
///
/// Data goes to standard output, words to standard error. Exit codes: 0 done, 1 failed, 2 wrong
/// usage, 3 not found, 4 a package that does not verify, 5 something would be overwritten.
#[derive(Parser)]
#[command(name = "psp", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    cli::finish("psp", Cli::parse().command.run())
}
