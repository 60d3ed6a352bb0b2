//! The command line: one file per command, its arguments and what it does.

mod aquery;
mod audit;
mod build;
mod built;
mod cache;
mod clean;
mod cquery;
mod docs;
mod exit;
mod log;
mod options;
mod out;
mod process;
mod progress;
mod report;
mod root;
mod run;
mod signals;
mod targets;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A small engine for Buck2 rules: loads the same files, runs every action in a sandbox, needs nothing but cargo.
///
/// Exit codes: 0 done, 3 bad input or a failed build, 32 failed tests; `run` ends as its program does.
#[derive(Debug, Parser)]
#[command(name = "fawn", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Build(build::Args),
    Run(run::Args),
    Test(test::Args),
    Targets(targets::Args),
    Log(log::Args),
    Cache(cache::Args),
    Clean(clean::Args),
    Cquery(cquery::Args),
    Aquery(aquery::Args),
    #[command(subcommand)]
    Audit(audit::Args),
    Docs(docs::Args),
    Root(root::Args),
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    #[cfg(target_os = "linux")]
    if let [_, first, setup, ..] = &arguments[..] {
        use crate::exec::sandbox::namespaces::{SERVER, serve};
        if first == SERVER {
            std::process::exit(serve(setup));
        }
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a closed pipe is none either.
            let _ = error.print();
            return if error.use_stderr() {
                ExitCode::from(exit::BAD)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    exit::finish(match cli.command {
        Command::Build(args) => build::run(&args, &arguments),
        Command::Run(args) => run::run(&args, &arguments),
        Command::Test(args) => test::run(&args, &arguments),
        Command::Targets(args) => targets::run(&args),
        Command::Log(args) => log::run(&args),
        Command::Cache(args) => cache::run(&args),
        Command::Clean(args) => clean::run(&args),
        Command::Cquery(args) => cquery::run(&args),
        Command::Aquery(args) => aquery::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Docs(args) => docs::run(&args),
        Command::Root(args) => root::run(&args),
    })
}
