//! The first process of the namespaces: makes the root, gives up its rights over it, and runs the phases.

use std::io::Read as _;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::{Signal, set_parent_process_death_signal};

use super::plan::Plan;
use super::{namespaces, placeholders, root};

/// The only argument of the program when it is started for this.
pub const COMMAND: &str = "__build-inside";

/// Executes the plan on standard input. Why it could not goes to standard output, where the outer process waits for it.
pub fn run() -> ExitCode {
    match execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute() -> Result<()> {
    // This is process 1: when it ends, the kernel ends whatever a phase left running.
    set_parent_process_death_signal(Some(Signal::KILL)).context("cannot tie itself to its parent")?;
    let mut text = Vec::new();
    std::io::stdin()
        .read_to_end(&mut text)
        .context("cannot read the plan")?;
    let plan: Plan = serde_json::from_slice(&text).context("cannot use the plan")?;
    namespaces::own_mounts()?;
    root::enter(&plan)?;
    namespaces::drop_rights()?;
    std::env::set_current_dir(placeholders::SOURCES).context("cannot enter the sources")?;
    for (name, command) in &plan.phases {
        phase(&plan, name, command)?;
    }
    Ok(())
}

fn phase(plan: &Plan, name: &str, command: &[String]) -> Result<()> {
    let line = command.join(" ");
    eprintln!("== {name}: {line}");
    let [program, arguments @ ..] = command else {
        bail!("the phase `{name}` has no command");
    };
    let status = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(&plan.env)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .with_context(|| format!("the phase `{name}` cannot start `{program}`; is it in one of the recipe's tools?"))?;
    match status.success() {
        true => Ok(()),
        false => bail!("the phase `{name}` failed with {status}: {line}; what it said is above"),
    }
}
