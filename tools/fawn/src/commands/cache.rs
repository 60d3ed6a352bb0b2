//! `fawn cache`: what the cache of a project holds, and how to make it smaller.

use super::progress::Progress;
use super::root::project_root;
use crate::exec::cache::{Bytes, Usage, shrink, usage};
use crate::exec::{Layout, Reporter};
use anyhow::Result;
use clap::Subcommand;
use serde_json::json;
use std::io::Write;

/// Look at the cache of this project, or shrink it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print how much the cache holds.
    Stats {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove the results that were not used for the longest time, and what only they need.
    Clean {
        /// Keep at most this much, such as `500M` or `2G`; nothing by default.
        #[arg(long, value_name = "SIZE", default_value = "0")]
        keep: Bytes,
    },
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// No project, or the operating system's.
pub fn run(args: &Args) -> Result<u8> {
    let progress = Progress::new(false);
    let root = project_root()?;
    let layout = Layout::new(&root);
    let text = match &args.what {
        What::Stats { json } => stats(&usage(&layout)?, *json),
        What::Clean { keep } => {
            let mut waiting = |holder: &str| progress.say(&format!("waiting for another fawn to finish ({holder})"));
            let (before, after) = shrink(&layout, *keep, &mut waiting)?;
            format!(
                "removed {} of {}\n",
                Bytes(before.bytes - after.bytes),
                Bytes(before.bytes)
            )
        }
    };
    progress.end();
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}

fn stats(usage: &Usage, json: bool) -> String {
    let Usage { results, blobs, bytes } = usage;
    if json {
        format!("{}\n", json!({"results": results, "blobs": blobs, "bytes": bytes}))
    } else {
        format!("{results} results of actions, {blobs} contents, {}\n", Bytes(*bytes))
    }
}
