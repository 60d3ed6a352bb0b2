//! `verify`: whether what is installed is still what it was.

use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};
use install::{Database, Depth, Finding, PackageId};
use serde_json::{Value as Json, json};

use crate::exit::Coded;
use crate::out;
use crate::target::TargetArgs;

/// Arguments of `verify`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Installed packages, `NAME` or `NAME@SLOT` [default: all]
    #[arg(value_name = "PACKAGE")]
    packages: Vec<String>,
    #[command(flatten)]
    target: TargetArgs,
    /// Take a file of the right size and time for what it was, and read only the others
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints what differs. A changed configuration file is told, and is no damage.
///
/// # Errors
/// Exit code 4 if something differs.
pub(crate) fn run(args: &Args) -> Result<()> {
    let database = args.target.open()?;
    if let Some(interrupted) = database.interrupted().coded()? {
        return Err(install::InstallError::from(interrupted)).coded();
    }
    let ids = packages(&database, &args.packages)?;
    let depth = if args.quick { Depth::Quick } else { Depth::Full };
    let findings = database.verify(&ids, depth).coded()?;
    if args.json {
        out::print_json(&findings.iter().map(as_json).collect::<Vec<_>>())?;
    } else {
        out::print(&findings.iter().map(|finding| line(finding) + "\n").collect::<String>())?;
    }
    match findings.iter().filter(|finding| finding.is_damage()).count() {
        0 => Ok(()),
        1 => Err(anyhow!(
            "1 thing is not as it was installed; `install-binary repair` brings it back"
        ))
        .exit(Exit::Unverified),
        count => Err(anyhow!(
            "{count} things are not as they were installed; `install-binary repair` brings them back"
        ))
        .exit(Exit::Unverified),
    }
}

/// The packages that were named; all, if none was.
pub(crate) fn packages(database: &Database, texts: &[String]) -> Result<Vec<PackageId>> {
    if texts.is_empty() {
        return database.ids().coded();
    }
    texts.iter().map(|text| database.find(text).coded()).collect()
}

fn line(finding: &Finding) -> String {
    match finding {
        Finding::File {
            package,
            path,
            damage,
            config,
        } => {
            let word = if *config { "changed" } else { "damaged" };
            format!("{word:<9}  {package}: {path} {damage}")
        }
        Finding::Database { path, reason } => format!("database   {}: {reason}", path.display()),
    }
}

fn as_json(finding: &Finding) -> Json {
    match finding {
        Finding::File {
            package,
            path,
            damage,
            config,
        } => json!({
            "package": package,
            "path": path.to_string(),
            "config": config,
            "damage": damage.to_string(),
        }),
        Finding::Database { path, reason } => json!({"database": path.display().to_string(), "damage": reason}),
    }
}
