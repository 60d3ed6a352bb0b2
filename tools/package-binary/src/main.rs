//! `package-binary`: builds packages and puts their files under final names.

mod copy;
mod differences;
mod explain;
mod package;
mod reports;
mod reproduce;
mod targets;
mod upload;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Build targets and make binary packages of them.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Cli {
    #[command(flatten)]
    package: package::Args,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Say why the config hashes of two packages differ
    Explain(explain::Args),
    /// Build twice, the second time in another folder and under other circumstances, and compare
    Reproduce(reproduce::Args),
}

/// Which engine builds.
#[derive(clap::Args)]
pub struct EngineArgs {
    /// The build engine [default: the one that started this program, else buck2 on PATH, else ./fawn here or above]
    #[arg(long)]
    engine: Option<PathBuf>,
    /// How many actions the engine runs at once [default: the engine's]
    #[arg(short, long)]
    jobs: Option<u32>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        None => package::run(&cli.package),
        Some(Command::Explain(args)) => explain::run(args),
        Some(Command::Reproduce(args)) => reproduce::run(args),
    };
    cli::finish("package-binary", result)
}
