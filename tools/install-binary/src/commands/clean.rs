//! `clean`: room.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use cli::{Exit, WithExit};

use crate::exit::Coded;
use crate::out;
use crate::target::TargetArgs;

/// Arguments of `clean`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the cache [default: $XDG_CACHE_HOME/buckos-binaries, else ~/.cache/buckos-binaries]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Forget all but the last N transactions of the installation instead, and what only they need
    #[arg(long, value_name = "N")]
    history: Option<usize>,
    #[command(flatten)]
    target: TargetArgs,
    /// Wait so long for another process that works on this installation
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

/// What of a cache can be fetched again. The highest serials that were seen of mirrors are not among it: without them, an old index
/// could be passed off as new.
const FOLDERS: [&str; 3] = ["files", "packages", "index"];

/// Empties the cache, or shortens the history.
///
/// # Errors
/// A file that cannot be removed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let freed = match args.history {
        Some(keep) => {
            let database = args.target.open()?;
            let lock = database.lock("clean", Duration::from_secs(args.wait)).coded()?;
            database.forget_history(&lock, keep).coded()?
        }
        None => {
            let cache = args.cache_dir.clone().or_else(mirror::cache_folder);
            let cache = cache
                .ok_or_else(|| anyhow!("no cache: HOME is not set; name it with --cache-dir"))
                .exit(Exit::Usage)?;
            FOLDERS
                .iter()
                .map(|name| remove(&cache.join(name)))
                .sum::<Result<u64>>()?
        }
    };
    out::print(&format!("{} freed\n", out::bytes(freed)))
}

/// Removes a folder; returns the bytes of its files, each counted once however many names it has.
fn remove(folder: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let mut freed = 0;
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", folder.display())),
    };
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
        let path = entry.path();
        let context = || format!("cannot remove {}", path.display());
        let found = entry.metadata().with_context(context)?;
        if found.is_dir() {
            freed += remove(&path)?;
        } else {
            freed += if found.nlink() == 1 { found.len() } else { 0 };
            fs::remove_file(&path).with_context(context)?;
        }
    }
    fs::remove_dir(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    Ok(freed)
}
