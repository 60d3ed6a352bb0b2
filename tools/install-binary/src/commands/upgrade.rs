//! `upgrade`: the newest builds of what is installed.

use anyhow::Result;
use binpkg::names::compare_versions;
use install::Installed;

use super::install::{FetchArgs, settings};
use super::verify::packages;
use crate::choose::{ChoiceArgs, Root, choose};
use crate::exit::Coded;
use crate::mirrors::MirrorArgs;
use crate::progress::{Mode, Reporter};
use crate::request::{Request, Source};
use crate::select::Selector;
use crate::shelf::Shelf;
use crate::supply::Supply;
use crate::target::ChangeArgs;
use crate::transact::HowArgs;
use crate::wishes::Wishes;
use crate::work::Work;

/// Arguments of `upgrade`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Installed packages, `NAME` or `NAME@SLOT` [default: all that were asked for]
    #[arg(value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Say what would happen, and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Upgrade without what the new builds need
    #[arg(long)]
    no_deps: bool,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    mirrors: MirrorArgs,
    #[command(flatten)]
    fetch: FetchArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    how: HowArgs,
    /// Print events as JSON, one a line
    #[arg(long)]
    json: bool,
}

/// Brings packages up to date, in one transaction. A build with the flags of the installed one comes before others; a version
/// that is older than the installed one is not taken.
///
/// # Errors
/// Exit code 5 if a package that stays would miss what it needs.
pub(crate) fn run(args: &Args) -> Result<()> {
    let settings = settings()?;
    let (mirrors, trusted) = args.mirrors.mirrors(&settings)?;
    let mut supply = Supply::new(
        (Shelf::new(&[], &trusted)?, &mirrors, &trusted),
        args.mirrors.cache(),
        args.fetch.options(),
        Reporter::new(Mode::new(args.change.quiet, args.json)),
    );
    let selector = args.choice.selector(&settings, &args.change.target.root)?;
    let database = args.change.target.open()?;
    let mut roots = Vec::new();
    for id in packages(&database, &args.packages)? {
        let installed = database.expect(&id).coded()?;
        if !installed.origin.explicit && args.packages.is_empty() {
            continue;
        }
        match newest(&installed, &selector, &mut supply)? {
            Some(root) => roots.push(root),
            None => supply.reporter.warn(&format!(
                "the mirrors have nothing newer for the slot of {id} than {}",
                installed.metadata.version
            )),
        }
    }
    let work = Work {
        change: &args.change,
        how: &args.how,
        no_deps: args.no_deps,
        reinstall: false,
        dry_run: args.dry_run,
        question: Some("the versions were chosen here".to_owned()),
    };
    work.run(roots, &mut supply)
}

/// What takes the place of an installed package, itself included; `None` if the mirrors have nothing as new.
fn newest(installed: &Installed, selector: &Selector, supply: &mut Supply<'_>) -> Result<Option<Root>> {
    let metadata = &installed.metadata;
    let request = Request {
        source: Source::Mirror(metadata.name.clone()),
        version: None,
        config_hash: None,
        file_hash: None,
    };
    let mut alike = selector.clone();
    if alike.wishes.is_empty() {
        alike.wishes = Wishes::of(&metadata.use_flags);
    }
    // Flags of an older version need not be those of a newer one.
    let root = choose(&request, &metadata.name, &alike, supply)
        .or_else(|_| choose(&request, &metadata.name, selector, supply))?;
    let is_older = compare_versions(root.build.version.as_str(), metadata.version.as_str()).is_lt();
    Ok((!is_older && root.build.slot == metadata.slot).then_some(root))
}
