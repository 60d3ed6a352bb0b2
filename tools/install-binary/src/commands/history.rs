//! `history`: what was done.

use anyhow::Result;
use install::{Change, HistoryRecord, Version};
use serde_json::json;

use crate::exit::Coded;
use crate::out;
use crate::target::TargetArgs;

/// Arguments of `history`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: TargetArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the transactions that can be rolled back, the last one first, numbered as `rollback` counts.
///
/// # Errors
/// A damaged database.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut records = args.target.open()?.history().coded()?;
    records.reverse();
    if args.json {
        let records: Vec<_> = records
            .iter()
            .map(|record| {
                let changes = record.changes.iter().map(|change| {
                    json!({"package": change.package, "before": version(&change.before), "after": version(&change.after)})
                });
                json!({
                    "id": record.id,
                    "time": record.time,
                    "command": record.command,
                    "changes": changes.collect::<Vec<_>>(),
                })
            })
            .collect();
        return out::print_json(&records);
    }
    let text: String = records
        .iter()
        .zip(1..)
        .map(|(record, number)| lines(record, number))
        .collect();
    out::print(&text)
}

fn lines(record: &HistoryRecord, number: usize) -> String {
    let time = binpkg::index::Expires::at(std::time::UNIX_EPOCH + std::time::Duration::from_secs(record.time));
    let mut text = format!("{number:<3}  {time}  {}\n", record.command);
    for change in &record.changes {
        text.push_str(&format!("     {}\n", words(change)));
    }
    text
}

fn words(change: &Change) -> String {
    let (before, after) = (version(&change.before), version(&change.after));
    match (before, after) {
        (None, Some(after)) => format!("installed {} {after}", change.package),
        (Some(before), Some(after)) => format!("replaced {} {before} by {after}", change.package),
        (Some(before), None) => format!("removed {} {before}", change.package),
        (None, None) => change.package.to_string(),
    }
}

fn version(version: &Option<Version>) -> Option<&str> {
    version.as_ref().map(|version| version.version.as_str())
}
