//! `owner`: whose a file is.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use cli::{Exit, WithExit};
use install::TargetPath;

use crate::exit::Coded;
use crate::out;
use crate::target::TargetArgs;

/// Arguments of `owner`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Paths as they are seen from the root
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the packages that have a path in their list of files.
///
/// # Errors
/// Exit code 3 if nobody has one of them.
pub(crate) fn run(args: &Args) -> Result<()> {
    let database = args.target.open()?;
    let mut nobody = Vec::new();
    let mut rows = Vec::new();
    for path in &args.paths {
        // A relative path is one of this machine.
        let absolute = std::path::absolute(path).with_context(|| format!("cannot use {}", path.display()))?;
        let place = TargetPath::absolute(&absolute)
            .with_context(|| format!("cannot use {}", path.display()))
            .exit(Exit::Usage)?;
        let owners = database.owners_of(&place).coded()?;
        if owners.is_empty() {
            nobody.push(place.to_string());
        }
        rows.extend(owners.into_iter().map(|owner| (place.clone(), owner)));
    }
    if args.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(place, owner)| serde_json::json!({"path": place.to_string(), "package": owner.package, "directory": owner.directory}))
            .collect();
        out::print_json(&rows)?;
    } else {
        let rows: Vec<_> = rows
            .iter()
            .map(|(place, owner)| vec![place.to_string(), owner.package.to_string()])
            .collect();
        out::print_table(&rows)?;
    }
    match nobody.is_empty() {
        true => Ok(()),
        false => Err(anyhow!("no package has {}", nobody.join(", "))).exit(Exit::NotFound),
    }
}
