//! `repair`: damaged files of installed packages, from the very tarballs that they came from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};
use install::{Database, Depth, Finding, Incoming, Installed, PackageId, TargetPath, Transaction};
use mirror::catalog::{Options, Purpose, exact};

use super::install::{FetchArgs, settings};
use super::verify::packages;
use crate::exit::Coded;
use crate::mirrors::{MirrorArgs, with_code};
use crate::out;
use crate::progress::{Mode, Reporter};
use crate::shelf::Shelf;
use crate::supply::Supply;
use crate::target::ChangeArgs;
use crate::transact;

/// Arguments of `repair`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Installed packages, `NAME` or `NAME@SLOT` [default: all]
    #[arg(value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Folder with packages, in which they are looked for before mirrors are asked (repeatable)
    #[arg(long, value_name = "DIR")]
    from: Vec<PathBuf>,
    /// Say what would be written, and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    mirrors: MirrorArgs,
    #[command(flatten)]
    fetch: FetchArgs,
    #[command(flatten)]
    change: ChangeArgs,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

/// Writes damaged files again. Changed configuration files and everything undamaged are left alone.
///
/// # Errors
/// Exit code 3 if the tarball of a package cannot be had any more.
pub(crate) fn run(args: &Args) -> Result<()> {
    let database = args.change.target.open()?;
    if args.dry_run {
        let lines = damage(&database, &args.packages)?;
        let line = |(id, places): (&PackageId, &BTreeSet<TargetPath>)| {
            places
                .iter()
                .map(|place| format!("{id}: {place}\n"))
                .collect::<String>()
        };
        return out::print(&lines.iter().map(line).collect::<String>());
    }
    let lock = args.change.lock(&database)?;
    let damaged = damage(&database, &args.packages)?;
    if damaged.is_empty() {
        args.change.words().note("nothing is damaged");
        return Ok(());
    }
    let settings = settings()?;
    let (mirrors, trusted) = args.mirrors.mirrors(&settings)?;
    let mut supply = Supply::new(
        (Shelf::new(&args.from, &trusted)?, &mirrors, &trusted),
        args.mirrors.cache(),
        args.fetch.options(),
        Reporter::new(Mode::new(args.change.quiet, args.json)),
    );
    let mut transaction = Transaction::new(&database, &lock).coded()?;
    for (id, places) in damaged {
        let installed = database.expect(&id).coded()?;
        let incoming = tarball(&installed, &mut supply)?;
        transaction.repair(incoming, places).coded()?;
    }
    transact::tell(&transact::commit(&database, transaction, true, |_| {})?, args.json)
}

/// Places of files that are not as they were, by package.
fn damage(database: &Database, texts: &[String]) -> Result<BTreeMap<PackageId, BTreeSet<TargetPath>>> {
    let mut damaged: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for finding in database.verify(&packages(database, texts)?, Depth::Full).coded()? {
        match finding {
            Finding::File {
                package,
                path,
                config: false,
                ..
            } => drop(damaged.entry(package).or_default().insert(path)),
            Finding::File { .. } => {}
            Finding::Database { path, reason } => {
                return Err(anyhow!(
                    "{} of the database is damaged: {reason}; install the package again",
                    path.display()
                ))
                .exit(Exit::Unverified);
            }
        }
    }
    Ok(damaged)
}

/// The tarball of what is installed: from a folder, or from the one address on a mirror that it can have.
fn tarball(installed: &Installed, supply: &mut Supply<'_>) -> Result<Incoming> {
    let metadata = &installed.metadata;
    let missing = || {
        anyhow!(
            "no mirror has {} {} as it is installed; name a folder that has it with --from",
            metadata.name,
            metadata.version
        )
    };
    let Some(hash) = installed.origin.config_hash_full else {
        return Err(missing()).exit(Exit::NotFound);
    };
    if let Some(incoming) = supply.shelf.take(&hash)? {
        return Ok(incoming);
    }
    supply.mirrors.expect_safe()?;
    let options = Options {
        offline: supply.downloads.offline,
        ..Options::new(Purpose::Install)
    };
    let reporter = &supply.reporter;
    let mut warn = |text: &str| reporter.warn(text);
    let wanted = (&metadata.name, &metadata.version, &hash);
    match with_code(exact(&supply.mirrors.sources, wanted, &options, &mut warn))? {
        Some(found) => supply.fetch(&found),
        None => Err(missing()).exit(Exit::NotFound),
    }
}
