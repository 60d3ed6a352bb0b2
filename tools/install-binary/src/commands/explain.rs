//! `explain`: which builds there are, and why each is taken or not.

use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};
use mirror::catalog::Purpose;
use serde_json::json;

use super::install::{FetchArgs, settings};
use crate::choose::{ChoiceArgs, records_of};
use crate::mirrors::MirrorArgs;
use crate::out;
use crate::progress::{Mode, Reporter};
use crate::request::{Exactly, Request};
use crate::select::{Because, Selector, Wanted};
use crate::shelf::Shelf;
use crate::supply::Supply;
use crate::target::TargetArgs;

/// Arguments of `explain`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// `PACKAGE[@VERSION[:CONFIG_HASH]]`
    #[arg(value_name = "PACKAGE")]
    package: String,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    mirrors: MirrorArgs,
    #[command(flatten)]
    fetch: FetchArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints a line for each build.
///
/// # Errors
/// Exit code 3 if none would be taken, after they were printed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let settings = settings()?;
    let request = Request::parse_all(std::slice::from_ref(&args.package), &Exactly::default()).exit(Exit::Usage)?;
    let Some((request, name)) = request.first().and_then(|request| Some((request, request.name()?))) else {
        return Err(anyhow!("expected the name of a package, found {}", args.package)).exit(Exit::Usage);
    };
    let (mirrors, trusted) = args.mirrors.mirrors(&settings)?;
    let mut supply = Supply::new(
        (Shelf::new(&[], &trusted)?, &mirrors, &trusted),
        args.mirrors.cache(),
        args.fetch.options(),
        Reporter::new(Mode::Quiet),
    );
    supply.purpose = Purpose::Query;
    let selector = args.choice.selector(&settings, &args.target.root)?;
    let found = supply.records(name)?;
    let records = records_of(&found);
    let wanted = Wanted {
        name,
        version: request.version.as_ref(),
        config_hash: request.config_hash.as_ref(),
    };
    let outcome = selector.select(wanted, &records);
    let chosen = outcome.as_ref().ok().map(|choice| (choice.record, choice.because));
    let mut rows = Vec::new();
    for (record, found) in records.iter().zip(&found).rev() {
        let (is_chosen, why) = match chosen {
            Some((other, because)) if std::ptr::eq(other, record) => (true, because.words().to_owned()),
            _ => (false, why_not(&selector, wanted, record, chosen)),
        };
        rows.push((record, is_chosen, why, mirrors.sources[found.source].mirror.address()));
    }
    if args.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(record, chosen, why, mirror)| json!({"record": record, "chosen": chosen, "why": why, "mirror": mirror}))
            .collect();
        out::print_json(&rows)?;
    } else {
        let rows: Vec<_> = rows
            .iter()
            .map(|(record, chosen, why, _)| {
                let word = if *chosen { "taken" } else { "not" };
                vec![
                    word.to_owned(),
                    record.version.to_string(),
                    record.config_hash.to_string(),
                    why.clone(),
                ]
            })
            .collect();
        out::print_table(&rows)?;
    }
    outcome.map(drop).exit(Exit::NotFound)
}

fn why_not(
    selector: &Selector,
    wanted: Wanted<'_>,
    record: &binpkg::index::Record,
    chosen: Option<(&binpkg::index::Record, Because)>,
) -> String {
    if wanted.version.is_some_and(|version| record.version != *version) {
        return "another version than asked for".to_owned();
    }
    if let Some(hash) = wanted.config_hash
        && !record.config_hash_full.is_some_and(|full| hash.fits(&full))
    {
        return "another config hash than asked for".to_owned();
    }
    if let Some(why) = selector.why_not(record) {
        return why;
    }
    if !selector.meets_wishes(record) {
        let none = std::collections::BTreeMap::new();
        let flags = crate::wishes::Flags(record.use_flags.as_ref().unwrap_or(&none)).to_string();
        return format!(
            "not the flags asked for, but {}",
            if flags.is_empty() { "none" } else { &flags }
        );
    }
    match chosen {
        Some((chosen, _)) if chosen.version != record.version => format!("version {} comes first", chosen.version),
        Some((_, Because::Locked)) => "not in the lock file".to_owned(),
        Some((chosen, _)) if chosen.config_hash_full == record.config_hash_full => {
            "another file of the same build".to_owned()
        }
        Some((chosen, _)) if chosen.published == record.published => {
            "published together with the one that is taken; the smaller hash comes first".to_owned()
        }
        Some(_) => "published earlier than the one that is taken".to_owned(),
        None => "several builds fit".to_owned(),
    }
}
