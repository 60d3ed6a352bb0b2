//! What was published, or would be.

use std::io::Write as _;

use anyhow::{Context, Result};
use binpkg::names::{FileName, url_path};
use mirror::Address;
use mirror::local_package::LocalPackage;
use mirror::publish::Outcome;
use serde_json::{Value as Json, json};

use crate::args::UploadArgs;

/// Prints it, with the addresses at which readers find the packages where `public` is known: data, so on standard output.
///
/// # Errors
/// Standard output is closed.
pub fn print(outcome: &Outcome, public: Option<&Address>, args: &UploadArgs) -> Result<()> {
    // Nothing is there after a dry run, or when anything was refused.
    let is_there = !args.dry_run && outcome.plan.refused.is_empty();
    let addresses = addresses(outcome, public.filter(|_| is_there));
    let text = if args.json {
        format!("{}\n", as_json(outcome, &addresses, args.dry_run))
    } else {
        lines(outcome, &addresses)
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to standard output")
}

fn file(package: &LocalPackage) -> &str {
    &package.checked.sidecar.file
}

fn addresses(outcome: &Outcome, public: Option<&Address>) -> Vec<String> {
    let Some(public) = public else {
        return Vec::new();
    };
    let packages = outcome.plan.new.iter().chain(&outcome.plan.present);
    // Packages that verify have names that parse.
    let names = packages.filter_map(|package| file(package).parse::<FileName>().ok());
    names
        .map(|name| format!("{public}/{}", url_path(&name.mirror_path())))
        .collect()
}

fn as_json(outcome: &Outcome, addresses: &[String], dry_run: bool) -> Json {
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
        "packages_before": outcome.before, "packages_after": outcome.after, "addresses": addresses})
}

fn lines(outcome: &Outcome, addresses: &[String]) -> String {
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
    for address in addresses {
        text.push_str(&format!("address  {address}\n"));
    }
    text
}
