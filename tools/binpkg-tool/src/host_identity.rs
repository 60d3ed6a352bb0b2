//! `host-identity`: who the programs of this machine are, in one line that says `host`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::output;

/// Arguments of `host-identity`.
#[derive(clap::Args)]
pub struct Args {
    /// A program on `PATH` that answers to `--version` (repeatable)
    #[arg(long = "program", required = true)]
    programs: Vec<String>,
    /// Where the line goes
    #[arg(long)]
    out: PathBuf,
}

/// Writes the line.
///
/// # Errors
/// A program that is missing, or that does not say its version.
pub fn run(args: &Args) -> Result<()> {
    let mut line = String::from("host");
    for name in &args.programs {
        let program = which::which(name).with_context(|| {
            format!(
                "{name} is not on PATH; install it, or use the pinned toolchain (`toolchain = \"//toolchains:cc\"`)"
            )
        })?;
        let output = Command::new(program)
            .arg("--version")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {name}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let first = text.lines().next().unwrap_or_default().trim();
        ensure!(
            output.status.success() && !first.is_empty(),
            "{name} --version: expected its version, found {} and nothing to read",
            output.status
        );
        line.push_str(&format!(" {name}: {first};"));
    }
    output::text(&args.out, &format!("{}\n", line.trim_end_matches(';')))
}
