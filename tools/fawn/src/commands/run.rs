//! `fawn run`: builds a program and becomes it.

use super::built::{analyze, build};
use super::exit::BAD;
use super::options::{Building, Configuration};
use super::progress::Progress;
use super::{process, signals};
use crate::exec::Engine;
use anyhow::{Context, Result, bail};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Build a target and run its program in the current directory, with `FAWN` set to this engine.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One target whose rule gives `RunInfo`.
    target: String,
    #[command(flatten)]
    configuration: Configuration,
    #[command(flatten)]
    building: Building,
    /// Arguments of the program.
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<std::ffi::OsString>,
}

/// Runs the command; returns only when something is wrong.
///
/// # Errors
/// Bad input, or the engine's own.
pub fn run(args: &Args, command: &[String]) -> Result<u8> {
    signals::watch();
    let progress = Progress::new(args.building.quiet);
    let asked = analyze(&args.configuration, std::slice::from_ref(&args.target), &progress)?;
    let [target] = &asked.analysis.targets[..] else {
        bail!(
            "`run` needs exactly one target, but `{}` names {}",
            args.target,
            asked.analysis.targets.len()
        );
    };
    let Some(program) = &target.run else {
        bail!(
            "{} cannot be run: its rule `{}` gives no RunInfo; build it instead",
            target.label,
            target.rule
        );
    };
    signals::clean_up(asked.project.root());
    let engine = Engine::open(asked.project.root(), command, args.building.options(), &progress)?;
    let mut wanted = program.inputs.clone();
    wanted.extend(target.default_outputs.iter().cloned());
    let outcome = build(&asked, &engine, &args.building, &wanted, &program.inputs, &progress)?;
    drop(engine);
    progress.end();
    if !outcome.ok {
        eprintln!("fawn: the build failed");
        return Ok(BAD);
    }
    let root = Some(asked.project.root());
    let argv = process::argv(program, root);
    let (first, rest) = argv.split_first().context("the command of the target is empty")?;
    let mut child = Command::new(first);
    child.args(rest).args(&args.arguments).envs(process::env(program, root));
    if let Some(fawn) = process::fawn() {
        child.env("FAWN", fawn);
    }
    signals::restore();
    let error = child.exec();
    Err(error).with_context(|| format!("cannot start {first}, the program of {}", target.label))
}
