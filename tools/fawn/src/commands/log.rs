//! `fawn log`: what earlier commands did.

use super::root::project_root;
use crate::exec::Layout;
use crate::exec::log::{Ran, last};
use anyhow::Result;
use clap::{Subcommand, ValueEnum};
use serde_json::json;
use std::io::Write;

/// Show what the last build or test did.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Every program that was started; what came from the cache is not among them.
    WhatRan {
        /// Tab-separated lines (reason, target and action, `local`, command), or one JSON object a line.
        #[arg(long, value_enum, default_value_t = Format::Tabulated)]
        format: Format,
        /// Only those that failed.
        #[arg(long)]
        failed: bool,
        /// Add what they said on stderr.
        #[arg(long)]
        show_std_err: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Tabulated,
    Json,
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// No project, or no log in it.
pub fn run(args: &Args) -> Result<u8> {
    let What::WhatRan {
        format,
        failed,
        show_std_err,
    } = &args.what;
    let (header, ran) = last(&Layout::new(&project_root()?).logs())?;
    let words: Vec<String> = std::iter::once("fawn".to_owned())
        .chain(header.command.into_iter().skip(1))
        .collect();
    eprintln!("Showing commands from: {}", crate::exec::shell::join(&words));
    let text: String = ran
        .iter()
        .filter(|ran| ran.failed || !failed)
        .map(|ran| match format {
            Format::Tabulated => tabulated(ran, *show_std_err),
            Format::Json => as_json(ran, *show_std_err),
        })
        .collect();
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}

fn tabulated(ran: &Ran, stderr: bool) -> String {
    let mut line = format!("{}\t{}\tlocal\t{}\n", ran.reason, ran.identity, ran.reproducer());
    if stderr {
        line.push_str(if ran.stderr.is_empty() {
            "<std_err is empty>"
        } else {
            ran.stderr.trim_end()
        });
        line.push('\n');
    }
    line
}

/// Field names and nesting are Buck2's.
fn as_json(ran: &Ran, stderr: bool) -> String {
    let mut value = json!({
        "reason": ran.reason,
        "identity": ran.identity,
        "reproducer": {"executor": "Local", "details": {"command": ran.command, "env": ran.env}},
        "duration": format!("{:.1}s", ran.seconds),
    });
    if stderr {
        value["std_err"] = ran.stderr.clone().into();
    }
    format!("{value}\n")
}
