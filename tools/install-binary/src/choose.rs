//! From what was asked for to builds of mirrors.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use binpkg::index::Record;
use binpkg::lock::Lock;
use cli::{Exit, WithExit};
use engine::Settings;
use mirror::catalog::Found;

use crate::host::Host;
use crate::opened::check_file_hash;
use crate::request::Request;
use crate::resolve::Build;
use crate::select::{Because, Preferred, SelectError, Selector, Wanted, nearest};
use crate::shelf;
use crate::supply::Supply;
use crate::wishes::Wishes;

/// What decides between several builds of a package.
#[derive(clap::Args)]
pub(crate) struct ChoiceArgs {
    /// Choose among builds: only one with these flags, `+flag`, `-flag` or `flag=word`, separated by commas (repeatable)
    #[arg(long = "use", value_name = "FLAGS", allow_hyphen_values = true)]
    wishes: Vec<Wishes>,
    /// A lock file whose builds and versions come first [default: binaries.lock.json in the project's folder]
    #[arg(long, value_name = "FILE")]
    lock_file: Option<PathBuf>,
}

/// A build that was asked for.
pub(crate) struct Root {
    /// The build.
    pub(crate) build: Build,
    /// Why it, in words; empty where there was no choice.
    pub(crate) because: String,
    /// All builds of its name, if it comes from a mirror.
    pub(crate) candidates: Vec<Record>,
}

impl ChoiceArgs {
    /// The choice for the system below `root`.
    pub(crate) fn selector(&self, settings: &Settings, root: &Path) -> Result<Selector> {
        let mut wishes = Wishes::default();
        for wish in &self.wishes {
            wishes.extend(wish.clone());
        }
        Ok(Selector {
            host: Host::of(root),
            wishes,
            preferred: self.preferred(settings)?,
        })
    }

    fn preferred(&self, settings: &Settings) -> Result<Preferred> {
        let usual = || {
            settings
                .project
                .as_ref()
                .map(|project| project.join("binaries.lock.json"))
        };
        let Some(path) = self.lock_file.clone().or_else(usual) else {
            return Ok(Preferred::default());
        };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && self.lock_file.is_none() => {
                return Ok(Preferred::default());
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let lock = Lock::parse(&bytes).with_context(|| format!("cannot use {}", path.display()))?;
        Ok(Preferred::of(&lock))
    }
}

/// Chooses the build of a mirror that a request is for.
pub(crate) fn choose(
    request: &Request,
    name: &binpkg::names::PackageName,
    selector: &Selector,
    supply: &mut Supply<'_>,
) -> Result<Root> {
    let wanted = Wanted {
        name,
        version: request.version.as_ref(),
        config_hash: request.config_hash.as_ref(),
    };
    let mut found = supply.records(name)?;
    // It may have been published since the mirrors were asked.
    if selector.select(wanted, &records_of(&found)).is_err() && supply.renew()? {
        found = supply.records(name)?;
    }
    let records = records_of(&found);
    let choice = match selector.select(wanted, &records) {
        Ok(choice) => choice,
        Err(SelectError::Package { name, .. }) => {
            let names: BTreeSet<_> = supply.names()?;
            let near = nearest(name.as_str(), names.iter().map(|name| name.as_str()));
            return Err(SelectError::Package { name, near }).exit(Exit::NotFound);
        }
        // Several is not none, but what was asked for is not found either way.
        Err(error) => return Err(error).exit(Exit::NotFound),
    };
    let record = choice.record;
    if let Some(hash) = &request.file_hash {
        let checked = check_file_hash(hash, &record.filename, &record.file_hash, record.content_hash_full);
        shelf::with_code(checked)?;
    }
    let because = words(choice.because, choice.others);
    let chosen = records
        .iter()
        .position(|other| std::ptr::eq(other, record))
        .context("the choice is none of those")?;
    let build = supply.choose(&found[chosen])?;
    Ok(Root {
        build,
        because,
        candidates: records,
    })
}

/// Why a build was taken, and how many others there were.
fn words(because: Because, others: usize) -> String {
    match others {
        0 => because.words().to_owned(),
        1 => format!("{}; 1 other build runs here", because.words()),
        others => format!("{}; {others} other builds run here", because.words()),
    }
}

/// The records of a mirror's answer.
pub(crate) fn records_of(found: &[Found]) -> Vec<Record> {
    found.iter().map(|found| found.record.clone()).collect()
}
