//! One file per command: its arguments, and what it does.

mod assemble;
mod build;
mod extract;
mod extract_all;
mod inspect;
mod manifest;
mod sign;
mod slot;
mod verify;

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
    Sign(sign::Args),
    Manifest(manifest::Args),
    Slot(slot::Args),
    Assemble(assemble::Args),
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Build(args) => args.run(),
            Self::Inspect(args) => args.run(),
            Self::Verify(args) => args.run(),
            Self::Extract(args) => args.run(),
            Self::ExtractAll(args) => args.run(),
            Self::Sign(args) => args.run(),
            Self::Manifest(args) => args.run(),
            Self::Slot(args) => args.run(),
            Self::Assemble(args) => args.run(),
        }
    }
}
