//! The commands behind `psp` and `psp-builder`.

pub mod commands;
mod entropy;
mod errors;
mod files;
mod launchers;
mod plain;
mod spec;

use clap::{CommandFactory, Parser};

/// Build, inspect, verify, unpack and sign self-extracting packages (PSPF/2025).
///
/// Data goes to standard output, words to standard error. Exit codes: 0 done, 1 failed, 2 wrong
/// usage, 3 not found, 4 a package that does not verify, 5 something would be overwritten.
#[derive(Parser)]
#[command(name = "psp", version, max_term_width = 100)]
pub struct Psp {
    #[command(subcommand)]
    command: commands::Command,
}

impl Psp {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<()> {
        self.command.run()
    }

    /// The command line as clap describes it, for completions and manual pages.
    fn described() -> clap::Command {
        Self::command()
    }
}
