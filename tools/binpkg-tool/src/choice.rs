//! `choice`: whether a published binary is taken, and how those that are not taken differ (section 7.6).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use binpkg::lock::LockRecord;
use binpkg::recipe::{Difference, Recipe, explain};
use clap::ValueEnum;
use digest::Sha256;

use crate::fetch::read_record;
use crate::{lineage, output};

/// Arguments of `choice`.
#[derive(clap::Args)]
pub struct Args {
    /// The recipe of the package
    #[arg(long)]
    wanted: PathBuf,
    /// Whether binaries are taken at all
    #[arg(long)]
    prefer_binaries: Preference,
    /// The package is built here because a list says so
    #[arg(long)]
    from_source: bool,
    /// The recipes of the package and of everything that it is built with
    #[arg(long)]
    lineage: PathBuf,
    /// A published binary of this name and version: its record in the lock file and its recipe (repeatable)
    #[arg(long = "candidate", num_args = 2, value_names = ["RECORD", "RECIPE"])]
    candidates: Vec<PathBuf>,
    /// The record of a published binary of this name and another version (repeatable)
    #[arg(long = "other")]
    others: Vec<PathBuf>,
    /// A recipe of a published dependency (repeatable)
    #[arg(long = "with")]
    with: Vec<PathBuf>,
    /// Where the text goes
    #[arg(long)]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Preference {
    Never,
    IfAvailable,
    Require,
}

struct Candidate {
    record: LockRecord,
    differences: Vec<Difference>,
}

/// Writes the explanation.
///
/// # Errors
/// A recipe or record that is not usable.
pub fn run(args: &Args) -> Result<()> {
    let wanted = read_recipe(&args.wanted)?;
    let mut known = lineage::recipes(&args.lineage)?;
    for file in &args.with {
        let recipe = read_recipe(file)?;
        known.insert(recipe.config_hash()?, recipe);
    }
    let mut candidates = Vec::new();
    for pair in args.candidates.chunks_exact(2) {
        candidates.push(Candidate {
            record: read_record(&pair[0])?,
            differences: explain(&read_recipe(&pair[1])?, &wanted, &known)?,
        });
    }
    // Nearest first; what is equally near stays in the order of the lock file.
    candidates.sort_by_key(|candidate| candidate.differences.len());
    let others = args
        .others
        .iter()
        .map(|file| read_record(file))
        .collect::<Result<Vec<_>>>()?;
    output::text(
        &args.out,
        &story(args, &wanted, wanted.config_hash()?, &candidates, &others),
    )
}

fn story(args: &Args, wanted: &Recipe, hash: Sha256, candidates: &[Candidate], others: &[LockRecord]) -> String {
    let mut text = format!("{} {} has the config hash {hash}\n", wanted.name, wanted.version);
    let hit = candidates
        .iter()
        .find(|candidate| candidate.record.config_hash_full == hash);
    let why = match (hit, args.prefer_binaries) {
        (Some(_), _) if args.from_source => {
            "a published binary has it; built from source, because `build_from_source` of the binary mirror names it or something that it is built with"
        }
        (Some(_), Preference::Never) => {
            "a published binary has it; built from source, because `prefer_binaries` is `never`"
        }
        (Some(_), _) => "taken from the mirror",
        (None, Preference::Require) => {
            "no published binary of the lock file has it, and `prefer_binaries` is `require`: refresh the lock file with `install-binary lock`, publish a binary of this configuration, or set `prefer_binaries` to `if-available`"
        }
        (None, _) => "no published binary of the lock file has it; built from source",
    };
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(text, "{why}");
    if let Some(hit) = hit {
        let _ = writeln!(text, "Binary available: {}", hit.record.file_name());
        return text;
    }
    for candidate in candidates {
        let Candidate { record, differences } = candidate;
        let count = match differences.len() {
            1 => "1 difference".to_owned(),
            count => format!("{count} differences"),
        };
        let _ = writeln!(text, "published: {}, {count}:", record.file_name());
        for difference in differences {
            let _ = writeln!(text, "  {difference}");
        }
    }
    for record in others {
        let _ = writeln!(text, "published: {}, of version {}", record.file_name(), record.version);
    }
    if candidates.is_empty() && others.is_empty() {
        let _ = writeln!(text, "published: nothing of this name");
    }
    text
}

fn read_recipe(file: &Path) -> Result<Recipe> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Recipe::parse(&text).with_context(|| format!("cannot use {}", file.display()))
}
