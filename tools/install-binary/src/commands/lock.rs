//! `lock`: refreshes the lock file from the indices of mirrors.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use binpkg::lock::Lock;
use cli::{Exit, WithExit};
use engine::{Engine, Settings};
use mirror::WholeFile;
use mirror::whole_file::Taken;

use super::refresh::{Changes, Refresh};
use crate::mirrors::MirrorArgs;
use crate::out;

/// Arguments of `lock`.
#[derive(clap::Args)]
pub struct Args {
    /// Targets whose packages count, as the build engine names them [default: //...]
    patterns: Vec<String>,
    /// A package that counts, in place of asking the build engine (repeatable)
    #[arg(long = "package", conflicts_with = "patterns")]
    packages: Vec<String>,
    /// The lock file [default: binaries.lock.json in the project's folder]
    #[arg(short, long)]
    output: Option<PathBuf>,
    #[command(flatten)]
    mirrors: MirrorArgs,
    /// The build engine [default: the one that started this program, else buck2 on PATH, else ./fawn here or above]
    #[arg(long)]
    engine: Option<PathBuf>,
    /// Say what would change, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Fail if the lock file is not what it would become, and write nothing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

/// Reads the mirrors and writes the lock file if it changes.
///
/// # Errors
/// Exit code 4 for an index that does not verify, 6 when no mirror can be read.
pub fn run(args: &Args) -> Result<()> {
    let here = std::env::current_dir().context("cannot look at the current folder")?;
    let settings = Settings::find(&here).context("cannot read the project's .buckconfig")?;
    let path = lock_path(args, &settings)?;
    let old = read(&path)?;
    let trusted = args.mirrors.trusted(&settings)?;
    let addresses = args.mirrors.addresses(&settings, &trusted, None)?;
    for address in &addresses {
        address.clone().for_builds().exit(Exit::Usage)?;
    }
    let names = names(args)?;

    let mut warn = |text: &str| {
        if !args.quiet {
            eprintln!("install-binary: warning: {text}");
        }
    };
    let (access, cache) = (args.mirrors.access()?, args.mirrors.cache());
    let refresh = Refresh {
        addresses: &addresses,
        trusted: &trusted,
        names: &names,
        access: &access,
        cache: cache.as_deref(),
    };
    let new = refresh.run(&old, &mut warn)?;
    let text = new.to_json()?;
    let changes = Changes::between(&old, &new);
    let is_same = std::fs::read(&path).is_ok_and(|bytes| bytes == text.as_bytes());
    if args.check && !is_same {
        bail!(
            "{} is not up to date ({changes}); refresh it with `install-binary lock`",
            path.display()
        );
    }
    if !args.dry_run && !is_same {
        WholeFile::text(&path, &text, Taken::Replace).with_context(|| format!("cannot write {}", path.display()))?;
    }
    out::print(&format!("{}: {changes}\n", path.display()))
}

fn lock_path(args: &Args, settings: &Settings) -> Result<PathBuf> {
    match (&args.output, &settings.project) {
        (Some(path), _) => Ok(path.clone()),
        (None, Some(project)) => Ok(project.join("binaries.lock.json")),
        (None, None) => Err(anyhow!(
            "no project here: no folder from here upward has a .buckconfig; name the lock file with --output"
        ))
        .exit(Exit::Usage),
    }
}

/// The lock file as it is; an empty one if there is none.
fn read(path: &Path) -> Result<Lock> {
    match std::fs::read(path) {
        Ok(bytes) => Lock::parse(&bytes).with_context(|| format!("cannot use {}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Lock::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// The names of the packages that count.
fn names(args: &Args) -> Result<BTreeSet<String>> {
    if !args.packages.is_empty() {
        return Ok(args.packages.iter().cloned().collect());
    }
    let patterns = if args.patterns.is_empty() {
        vec!["//...".to_owned()]
    } else {
        args.patterns.clone()
    };
    let names = Engine::find(args.engine.as_deref())?.attribute(&patterns, "package_name")?;
    if names.is_empty() {
        return Err(anyhow!("no target of {} is a package", patterns.join(" "))).exit(Exit::NotFound);
    }
    Ok(names)
}
