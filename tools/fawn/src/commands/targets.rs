//! `fawn targets`: lists targets without building anything.

use super::options::Configuration;
use anyhow::Result;
use serde_json::{Map, Value};
use std::io::Write;

/// List the targets that patterns name.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `//package:target`, `//package:`, `//package/...`.
    #[arg(value_name = "PATTERN", required = true)]
    patterns: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
    /// Print a JSON list with the attributes of each target.
    #[arg(long)]
    json: bool,
}

/// Runs the command and returns its exit code.
///
/// # Errors
/// Bad input.
pub fn run(args: &Args) -> Result<u8> {
    let (project, cwd) = args.configuration.open()?;
    let records = project.targets(&project.resolve_patterns(&cwd, &args.patterns)?)?;
    let text = if args.json {
        let list = records.into_iter().map(|record| {
            let (package, name) = record.label.rsplit_once(':').unwrap_or((&record.label, ""));
            let mut map = Map::new();
            map.insert("buck.type".to_owned(), (&*record.rule).into());
            map.insert("buck.package".to_owned(), package.into());
            map.insert("name".to_owned(), name.into());
            map.extend(record.attributes.into_iter().filter(|(name, _)| name != "name"));
            Value::Object(map)
        });
        format!("{:#}\n", list.collect::<Value>())
    } else {
        records.iter().map(|record| format!("{}\n", record.label)).collect()
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}
