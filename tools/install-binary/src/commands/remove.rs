//! `remove`.

use anyhow::{Context, Result, anyhow};
use cli::{Exit, WithExit};
use install::{Database, Dependents, PackageId, Removal, RemovalOptions, RemoveOptions, TargetPath, Transaction};

use crate::exit::Coded;
use crate::out;
use crate::plan::confirm;
use crate::target::ChangeArgs;
use crate::transact;

/// Arguments of `remove`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Installed packages, `NAME` or `NAME@SLOT`
    #[arg(required = true, value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Remove what needs them, too
    #[arg(long)]
    cascade: bool,
    /// Remove them although others need them, or although this program is one of them
    #[arg(long, conflicts_with = "cascade")]
    force: bool,
    /// Remove dependencies that nothing needs any more, too
    #[arg(long)]
    autoremove: bool,
    /// Say what would happen, and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Removes them. Changed configuration files stay, and so do directories with files of somebody else.
///
/// # Errors
/// Exit code 3 for what is not installed, 5 for what is needed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let database = args.change.target.open()?;
    if args.dry_run {
        let removal = args.removal(&database)?;
        return out::print(&lines(&removal));
    }
    let lock = args.change.lock(&database)?;
    let removal = args.removal(&database)?;
    if !args.force {
        refuse_ourselves(&database, &removal)?;
    }
    if !removal.cascaded.is_empty() || !removal.unneeded.is_empty() {
        // More goes than was named.
        args.change.words().note(lines(&removal).trim_end());
        confirm(args.change.yes, "more goes than was named", "Remove all of these?")?;
    }
    let mut transaction = Transaction::new(&database, &lock).coded()?;
    for id in removal.all() {
        transaction.remove(id, RemoveOptions::default()).coded()?;
    }
    let outcome = transact::commit(&database, transaction, true, |_| {})?;
    transact::tell(&outcome, args.json)
}

impl Args {
    fn removal(&self, database: &Database) -> Result<Removal> {
        let ids: Vec<PackageId> = self
            .packages
            .iter()
            .map(|text| database.find(text).coded())
            .collect::<Result<_>>()?;
        let options = RemovalOptions {
            cascade: self.cascade,
            force: self.force,
            autoremove: self.autoremove,
        };
        Dependents::read(database).coded()?.removal(&ids, options).coded()
    }
}

fn lines(removal: &Removal) -> String {
    let group = |ids: &std::collections::BTreeSet<PackageId>, why: &str| {
        ids.iter()
            .map(|id| format!("remove     {id}{why}\n"))
            .collect::<String>()
    };
    group(&removal.asked, "")
        + &group(&removal.cascaded, ", which needs what goes")
        + &group(&removal.unneeded, ", which nothing needs any more")
}

/// Whoever removes the program that they are running can install nothing afterwards.
fn refuse_ourselves(database: &Database, removal: &Removal) -> Result<()> {
    let root = database
        .place()
        .root()
        .canonicalize()
        .context("cannot look at the root")?;
    let Ok(program) = std::env::current_exe().and_then(|path| path.canonicalize()) else {
        return Ok(());
    };
    let Ok(inside) = program.strip_prefix(&root) else {
        return Ok(());
    };
    let Ok(path) = TargetPath::absolute(&std::path::Path::new("/").join(inside)) else {
        return Ok(());
    };
    let owners = database.owners_of(&path).coded()?;
    match owners.iter().find(|owner| removal.all().any(|id| *id == owner.package)) {
        Some(owner) => Err(anyhow!(
            "{} is this program itself; remove it with --force if that is meant",
            owner.package
        ))
        .exit(Exit::Conflict),
        None => Ok(()),
    }
}
