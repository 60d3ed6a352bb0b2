//! One file for each command, with its `Args` and its `run`.

mod available;
mod clean;
mod completions;
mod download_only;
mod explain;
mod files;
mod history;
pub(crate) mod install;
mod list;
mod lock;
mod owner;
mod recover;
pub(crate) mod refresh;
mod remove;
mod repair;
mod rollback;
mod upgrade;
mod verify;

/// What to do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Install packages: the same as without a command, also for packages whose name is that of a command
    Install(install::Args),
    /// Bring installed packages up to date
    Upgrade(upgrade::Args),
    /// Remove packages
    Remove(remove::Args),
    /// List what is installed
    List(list::Args),
    /// Print the files of installed packages
    Files(files::Args),
    /// Say which packages have a path
    Owner(owner::Args),
    /// Compare what is installed with what it was
    Verify(verify::Args),
    /// Write damaged files again
    Repair(repair::Args),
    /// List the transactions that can be rolled back
    History(history::Args),
    /// Undo the last transactions
    Rollback(rollback::Args),
    /// Finish or undo what an interrupted transaction left
    Recover(recover::Args),
    /// Say which builds of a package there are, and why each is taken or not
    Explain(explain::Args),
    /// Write the lock file: which published binaries the builds of a project may take
    Lock(lock::Args),
    /// Empty the cache, or shorten the history
    Clean(clean::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
}

impl Command {
    /// Does it.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Install(args) => install::run(args),
            Self::Upgrade(args) => upgrade::run(args),
            Self::Remove(args) => remove::run(args),
            Self::List(args) => list::run(args),
            Self::Files(args) => files::run(args),
            Self::Owner(args) => owner::run(args),
            Self::Verify(args) => verify::run(args),
            Self::Repair(args) => repair::run(args),
            Self::History(args) => history::run(args),
            Self::Rollback(args) => rollback::run(args),
            Self::Recover(args) => recover::run(args),
            Self::Explain(args) => explain::run(args),
            Self::Lock(args) => lock::run(args),
            Self::Clean(args) => clean::run(args),
            Self::Completions(args) => completions::run(args),
        }
    }
}
