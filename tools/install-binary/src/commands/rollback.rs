//! `rollback`: as it was before the last transactions.

use anyhow::Result;
use install::Transaction;

use crate::exit::Coded;
use crate::out;
use crate::target::ChangeArgs;
use crate::transact;

/// Arguments of `rollback`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many transactions, as `history` numbers them
    #[arg(default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    number: u64,
    /// Say what would happen, and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Undoes them, which is a transaction, too, and can be rolled back.
///
/// # Errors
/// Exit code 3 for more than the history holds.
pub(crate) fn run(args: &Args) -> Result<()> {
    let database = args.change.target.open()?;
    let lock = args.change.lock(&database)?;
    let mut transaction = Transaction::new(&database, &lock).coded()?;
    transaction
        .roll_back(usize::try_from(args.number).unwrap_or(usize::MAX))
        .coded()?;
    if !args.dry_run {
        return transact::tell(&transact::commit(&database, transaction, true, |_| {})?, args.json);
    }
    let checked = transaction.check().coded()?;
    let line = |(package, before, after): (install::PackageId, Option<String>, Option<String>)| {
        let word = |version: Option<String>| version.unwrap_or_else(|| "nothing".to_owned());
        format!("{package}: {} -> {}\n", word(before), word(after))
    };
    out::print(&checked.versions().into_iter().map(line).collect::<String>())
}
