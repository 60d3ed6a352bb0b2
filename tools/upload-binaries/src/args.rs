use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use mirror::publish::{LockRules, SshRules, Store};

use crate::commands::Command;
use crate::signing::SigningArgs;
use crate::target::{FarArgs, store};

/// Publish binary packages on a mirror: files first, the index last, and nothing at all if one package is not what it says
#[derive(Parser)]
#[command(version, subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub upload: UploadArgs,
}

/// Arguments of publishing.
#[derive(clap::Args)]
pub struct UploadArgs {
    /// Folder with the packages, at any depth
    #[arg(short, long, value_name = "DIR", required = true)]
    source: Option<PathBuf>,
    /// The mirror: a directory or file://, or USER@HOST:/PATH or ssh://USER@HOST:PORT/PATH
    #[arg(short, long, value_name = "URL", required_unless_present = "generate_index_only")]
    pub mirror: Option<String>,
    /// Bring files to a mirror on another machine with rsync in the place of scp
    #[arg(short = 'r', long)]
    pub use_rsync: bool,
    /// Where files wait to be brought to a mirror on another machine, by default a private folder; and where --generate-index-only puts
    /// the index, by default into the source
    #[arg(long, value_name = "DIR")]
    pub staging_dir: Option<PathBuf>,
    /// Publish nothing: write an index of the source, or with --mirror the index of what lies on that mirror
    #[arg(short = 'i', long)]
    pub generate_index_only: bool,
    /// Say what would be published, and write nothing anywhere
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Read all new files back from the mirror and hash them, before the index says that they are there
    #[arg(long)]
    pub verify: bool,
    /// Publish packages that were built with this machine's own compiler, too
    #[arg(long)]
    pub allow_host_built: bool,
    #[command(flatten)]
    pub signing: SigningArgs,
    #[command(flatten)]
    pub lock: LockArgs,
    #[command(flatten)]
    far: FarArgs,
    /// Address under which readers find the mirror, for the lines that say where packages are [default: `[buckos] public_mirror` in
    /// the project's .buckconfig]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Print the summary as JSON
    #[arg(long)]
    pub json: bool,
    /// Say nothing but errors and the data asked for
    #[arg(short, long)]
    pub quiet: bool,
}

impl UploadArgs {
    /// The folder with the packages.
    pub fn source(&self) -> &Path {
        // Without a subcommand it is required.
        self.source.as_deref().unwrap_or(Path::new("."))
    }

    /// The mirror that is to be written.
    ///
    /// # Errors
    /// No address, or one of a mirror that can only be read.
    pub fn store(&self) -> Result<Box<dyn Store>> {
        let rules = SshRules {
            with_rsync: self.use_rsync,
            staging: self.staging_dir.clone(),
            ..self.far.rules()
        };
        store(self.mirror.as_deref().unwrap_or_default(), rules)
    }

    /// Says something that is no error.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            warn(text);
        }
    }
}

/// Whose lock of a mirror counts.
#[derive(clap::Args)]
pub struct LockArgs {
    /// Take the mirror's lock over, whoever has it
    #[arg(long)]
    break_lock: bool,
    /// Age in seconds above which the lock of a process of this machine that has ended does not count
    #[arg(long, value_name = "SECONDS", default_value = "3600")]
    lock_timeout: u64,
}

impl LockArgs {
    /// The same, as rules.
    pub fn rules(&self) -> LockRules {
        LockRules {
            timeout: Duration::from_secs(self.lock_timeout),
            break_lock: self.break_lock,
        }
    }
}

/// Says something that is no error.
pub fn warn(text: &str) {
    eprintln!("upload-binaries: warning: {text}");
}
