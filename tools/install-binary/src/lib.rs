//! The commands behind `install-binary`: published binaries for people and for builds.
//!
//! | module | holds |
//! |---|---|
//! | [`request`] | what was asked for |
//! | [`host`] | what runs here |
//! | [`wishes`] | flags asked for |
//! | [`select`] | which build is taken |
//! | [`resolve`] | what else it needs |

mod choose;
mod commands;
mod exit;
pub mod host;
mod mirrors;
mod opened;
mod out;
mod plan;
mod progress;
pub mod request;
pub mod resolve;
pub mod select;
mod shelf;
mod supply;
mod target;
mod transact;
mod triggers;
pub mod wishes;
mod work;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};

/// Install published binaries, and look after what is installed.
///
/// Data goes to standard output, words to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 what does
/// not verify, 5 something is in the way, 6 no mirror can be read, 7 another process is at work, 8 `recover` is needed first.
#[derive(Parser)]
#[command(
    name = "install-binary",
    version,
    disable_version_flag = true,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    max_term_width = 100
)]
struct InstallBinary {
    #[command(subcommand)]
    command: Option<commands::Command>,
    #[command(flatten)]
    install: commands::install::Args,
    /// Print the version of this program
    #[arg(short = 'V', long = "program-version", action = clap::ArgAction::Version)]
    program_version: Option<bool>,
}

/// The program `install-binary`.
pub fn install_binary() -> ExitCode {
    let InstallBinary { command, install, .. } = InstallBinary::parse();
    let result = match command {
        Some(command) => command.run(),
        None => commands::install::run(&install),
    };
    cli::finish("install-binary", result)
}

/// The command line as clap describes it.
fn described() -> clap::Command {
    InstallBinary::command()
}
