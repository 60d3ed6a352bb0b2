//! From opened packages to an installation that has them.

use anyhow::Result;
use install::{Database, DbLock, Event, Incoming, InstallOptions, Outcome, Transaction};
use serde_json::{Value as Json, json};

use crate::exit::Coded;
use crate::out;
use crate::triggers::Triggers;

/// How packages may be installed.
#[derive(clap::Args)]
pub(crate) struct HowArgs {
    /// Replace different files that belong to no package: patterns for absolute paths in the root; the old files are kept for
    /// `rollback` (repeatable)
    #[arg(long, value_name = "GLOB", value_parser = glob::Pattern::new)]
    pub(crate) overwrite: Vec<glob::Pattern>,
    /// Install to a prefix that the package was not built for
    #[arg(long)]
    pub(crate) force_prefix: bool,
    /// Name every conflict, however many there are
    #[arg(long)]
    pub(crate) verbose: bool,
}

/// Installs packages in one transaction; each is explicit or came as a dependency. `events` hears how far it is.
pub(crate) fn install(
    (database, lock): (&Database, &DbLock),
    packages: Vec<(Incoming, bool)>,
    how: &HowArgs,
    events: impl FnMut(Event<'_>),
) -> Result<Outcome> {
    let mut transaction = Transaction::new(database, lock).coded()?;
    for (incoming, explicit) in packages {
        let options = InstallOptions {
            explicit,
            overwrite: how.overwrite.clone(),
            force: false,
            force_prefix: how.force_prefix,
        };
        transaction.install(incoming, options).coded()?;
    }
    commit(database, transaction, how.verbose, events)
}

/// Does what was put together, and afterwards what follows from it.
pub(crate) fn commit(
    database: &Database,
    transaction: Transaction<'_>,
    verbose: bool,
    events: impl FnMut(Event<'_>),
) -> Result<Outcome> {
    use cli::{Exit, WithExit as _};
    let checked = match transaction.check() {
        Err(install::InstallError::Conflicts(conflicts)) if verbose => {
            return Err(anyhow::anyhow!(conflicts.text(None))).exit(Exit::Conflict);
        }
        outcome => outcome.coded()?,
    };
    let leaving = checked
        .versions()
        .into_iter()
        .filter_map(|(id, before, _)| before.map(|_| id));
    let triggers = Triggers::before(database, &leaving.collect::<Vec<_>>())?;
    let outcome = checked.commit(events).coded()?;
    let installed = outcome
        .changes
        .iter()
        .filter(|change| change.after.is_some())
        .map(|change| change.package.clone());
    triggers.after(&installed.collect::<Vec<_>>())?;
    Ok(outcome)
}

/// Prints what was done.
pub(crate) fn tell(outcome: &Outcome, json: bool) -> Result<()> {
    match json {
        true => out::print_json(&as_json(outcome)),
        false => report(outcome),
    }
}

/// What became of which package.
fn report(outcome: &Outcome) -> Result<()> {
    let mut text = String::new();
    for change in &outcome.changes {
        let version = |version: &Option<install::Version>| version.as_ref().map(|version| version.version.clone());
        let line = match (version(&change.before), version(&change.after)) {
            (None, Some(after)) => format!("installed  {} {after}\n", change.package),
            (Some(before), Some(after)) => format!("replaced   {} {before} by {after}\n", change.package),
            (Some(before), None) => format!("removed    {} {before}\n", change.package),
            (None, None) => continue,
        };
        text.push_str(&line);
    }
    for (word, places) in [
        ("kept", &outcome.kept),
        ("new", &outcome.beside),
        ("left", &outcome.left),
    ] {
        for place in places {
            text.push_str(&format!("{word:<9}  {place}\n"));
        }
    }
    out::print(&text)
}

/// The event for programs.
fn as_json(outcome: &Outcome) -> Json {
    let places = |places: &[install::TargetPath]| places.iter().map(ToString::to_string).collect::<Vec<_>>();
    let version = |version: &Option<install::Version>| version.as_ref().map(|version| version.version.clone());
    let changes = outcome.changes.iter().map(
        |change| json!({"package": change.package, "before": version(&change.before), "after": version(&change.after)}),
    );
    json!({
        "event": "done",
        "transaction": outcome.id,
        "changes": changes.collect::<Vec<_>>(),
        "adopted": places(&outcome.adopted),
        "config_kept": places(&outcome.kept),
        "config_new": places(&outcome.beside),
        "config_left": places(&outcome.left),
    })
}
