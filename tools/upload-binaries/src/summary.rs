//! What was published, or would be.

use std::io::Write as _;

use anyhow::{Context, Result};
use mirror::local_package::LocalPackage;
use mirror::publish::Outcome;
use serde_json::{Value as Json, json};

use crate::Args;

/// Prints it: data, so on standard output.
///
/// # Errors
/// Standard output is closed.
pub fn print(outcome: &Outcome, args: &Args) -> Result<()> {
    let text = if args.json {
        format!("{}\n", as_json(outcome, args.dry_run))
    } else {
        lines(outcome)
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to standard output")
}

fn file(package: &LocalPackage) -> &str {
    &package.checked.sidecar.file
}

fn as_json(outcome: &Outcome, dry_run: bool) -> Json {
    let plan = &outcome.plan;
    let new: Vec<_> = plan
        .new
        .iter()
        .map(|package| json!({"file": file(package), "size": package.checked.size}))
        .collect();
    let present: Vec<_> = plan.present.iter().map(file).collect();
    let refused: Vec<_> = plan
        .refused
        .iter()
        .map(|refusal| json!({"file": refusal.file, "why": refusal.why}))
        .collect();
    json!({"dry_run": dry_run, "new": new, "present": present, "refused": refused,
        "packages_before": outcome.before, "packages_after": outcome.after})
}

fn lines(outcome: &Outcome) -> String {
    let mut text = String::new();
    for package in &outcome.plan.new {
        text.push_str(&format!(
            "new      {} ({} bytes)\n",
            file(package),
            package.checked.size
        ));
    }
    for package in &outcome.plan.present {
        text.push_str(&format!("present  {}\n", file(package)));
    }
    for refusal in &outcome.plan.refused {
        text.push_str(&format!("refused  {}\n", refusal.file));
    }
    text.push_str(&format!("index    {} -> {} packages\n", outcome.before, outcome.after));
    text
}
