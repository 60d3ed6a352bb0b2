//! `upload-binaries`: publishes binary packages on a mirror.

mod index_only;
mod summary;
mod upload;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use mirror::publish::LockRules;

/// Publish binary packages on a mirror: files first, the index last, and nothing at all if one package is not what it says.
#[derive(Parser)]
#[command(version)]
pub struct Args {
    /// Folder with the packages, at any depth
    #[arg(short, long)]
    source: PathBuf,
    /// The mirror: a directory, or file://
    #[arg(short, long, required_unless_present = "generate_index_only")]
    mirror: Option<String>,
    /// Where --generate-index-only puts the index; by default into the source
    #[arg(long)]
    staging_dir: Option<PathBuf>,
    /// Publish nothing: write an index of the source, or with --mirror the index of what lies on that mirror
    #[arg(short = 'i', long)]
    generate_index_only: bool,
    /// Say what would be published, and write nothing anywhere
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Publish packages that were built with this machine's own compiler, too
    #[arg(long)]
    allow_host_built: bool,
    /// Take the mirror's lock over, whoever has it
    #[arg(long)]
    break_lock: bool,
    /// Age in seconds above which the lock of a process of this machine that has ended does not count
    #[arg(long, default_value = "3600")]
    lock_timeout: u64,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// Say nothing but errors and the data asked for
    #[arg(short, long)]
    quiet: bool,
}

impl Args {
    fn lock_rules(&self) -> LockRules {
        LockRules {
            timeout: Duration::from_secs(self.lock_timeout),
            break_lock: self.break_lock,
        }
    }

    fn warn(&self, text: &str) {
        if !self.quiet {
            eprintln!("upload-binaries: warning: {text}");
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result = if args.generate_index_only {
        index_only::run(&args)
    } else {
        upload::run(&args)
    };
    cli::finish("upload-binaries", result)
}
