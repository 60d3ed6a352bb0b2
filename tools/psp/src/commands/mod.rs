//! One file per command: its arguments, and what it does.

mod assemble;
mod build;
mod cache;
mod completions;
mod extract;
mod extract_all;
mod helpers;
mod inspect;
mod keygen;
mod man;
mod manifest;
mod policy;
mod sign;
mod slot;
mod trust;
mod verify;

use cli::Words;

pub use build::Args as BuildArgs;

/// The commands.
#[derive(clap::Subcommand)]
#[allow(
    missing_docs,
    reason = "the help texts are on the arguments; a comment here would replace them"
)]
pub enum Command {
    Build(build::Args),
    Inspect(inspect::Args),
    Verify(verify::Args),
    Extract(extract::Args),
    ExtractAll(extract_all::Args),
    Keygen(keygen::Args),
    Sign(sign::Args),
    Trust(trust::Args),
    Policy(policy::Args),
    Cache(cache::Args),
    Helpers(helpers::Args),
    Completions(completions::Args),
    Man(man::Args),
    Manifest(manifest::Args),
    Slot(slot::Args),
    Assemble(assemble::Args),
}

impl Command {
    /// Runs the command.
    pub fn run(self, words: Words) -> anyhow::Result<()> {
        match self {
            Self::Build(args) => args.run(words),
            Self::Inspect(args) => args.run(),
            Self::Verify(args) => args.run(words),
            Self::Extract(args) => args.run(words),
            Self::ExtractAll(args) => args.run(words),
            Self::Keygen(args) => args.run(words),
            Self::Sign(args) => args.run(words),
            Self::Trust(args) => args.run(),
            Self::Policy(args) => args.run(),
            Self::Cache(args) => args.run(),
            Self::Helpers(args) => args.run(),
            Self::Completions(args) => args.run(),
            Self::Man(args) => args.run(),
            Self::Manifest(args) => args.run(),
            Self::Slot(args) => args.run(),
            Self::Assemble(args) => args.run(),
        }
    }
}
