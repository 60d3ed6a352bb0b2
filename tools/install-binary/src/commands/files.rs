//! `files`: what belongs to a package.

use anyhow::Result;
use binpkg::manifest::EntryKind;
use serde_json::json;

use crate::exit::Coded;
use crate::out;
use crate::target::TargetArgs;

/// Arguments of `files`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Installed packages, `NAME` or `NAME@SLOT`
    #[arg(required = true, value_name = "PACKAGE")]
    packages: Vec<String>,
    #[command(flatten)]
    target: TargetArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the places of its files and links, and the directories that it has; as they are seen from the root.
///
/// # Errors
/// Exit code 3 for what is not installed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let database = args.target.open()?;
    let mut found = Vec::new();
    for text in &args.packages {
        let id = database.find(text).coded()?;
        let installed = database.expect(&id).coded()?;
        let manifest = database.manifest(&id).coded()?;
        let mut places = installed.places().coded()?;
        for entry in manifest.entries() {
            found.push((id.clone(), places.of(entry), entry.clone()));
        }
    }
    if args.json {
        let found: Vec<_> = found
            .iter()
            .map(|(id, place, entry)| {
                json!({
                    "package": id,
                    "path": place.to_string(),
                    "type": entry.kind.name(),
                    "mode": format!("{:04o}", entry.mode),
                    "config": entry.grants.config,
                })
            })
            .collect();
        return out::print_json(&found);
    }
    let line = |(_, place, entry): &(_, install::TargetPath, binpkg::manifest::Entry)| match entry.kind {
        EntryKind::Directory => format!("{place}/\n"),
        _ => format!("{place}\n"),
    };
    out::print(&found.iter().map(line).collect::<String>())
}
