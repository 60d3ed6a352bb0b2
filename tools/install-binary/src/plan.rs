//! What is going to happen, said before it does.

use anyhow::{Context, Result};
use binpkg::index::Record;
use binpkg::names::{PackageName, Version};
use cli::{Exit, WithExit};
use digest::Sha256;
use install::{Database, Installed};
use serde_json::{Value as Json, json};

use crate::exit::Coded;
use crate::out;
use crate::resolve::{Build, Kept, uncovered};

/// The packages of a transaction.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What is installed, what was asked for first.
    pub(crate) steps: Vec<Step>,
    /// What was asked for and is there already.
    pub(crate) present: Vec<Build>,
    /// What stands in for an exact build.
    pub(crate) kept: Vec<Kept>,
}

/// One package of a transaction.
#[derive(Debug)]
pub(crate) struct Step {
    /// The build.
    pub(crate) build: Build,
    /// What is there in its place.
    pub(crate) before: Option<Build>,
    /// Who needs it; `None` for what was asked for.
    pub(crate) by: Option<PackageName>,
    /// Bytes to fetch; `None` for a tarball of this machine.
    pub(crate) fetch: Option<u64>,
    /// Bytes of its files, if that is known.
    pub(crate) installed_size: Option<u64>,
    /// Why this build, in words; empty where there was no choice.
    pub(crate) because: String,
    /// All builds of its name that it was chosen among.
    pub(crate) candidates: Vec<Record>,
}

/// The builds that are installed.
pub(crate) fn installed_builds(database: &Database) -> Result<Vec<Build>> {
    let all = database.all().coded()?;
    Ok(all
        .iter()
        .map(|installed: &Installed| Build::of_metadata(&installed.metadata))
        .collect())
}

impl Step {
    /// What is done, in a word.
    pub(crate) fn action(&self) -> &'static str {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let Some(before) = &self.before else { return "install" };
        let order = |one: &Version, two: &Version| binpkg::names::compare_versions(one.as_str(), two.as_str());
        match order(&before.version, &self.build.version) {
            Less => "upgrade",
            Greater => "downgrade",
            Equal if before.config_hash == self.build.config_hash => "reinstall",
            Equal => "replace",
        }
    }

    fn line(&self) -> String {
        let mut text = format!("{:<9}  {}", self.action(), self.build);
        if let Some(before) = self
            .before
            .as_ref()
            .filter(|before| before.config_hash != self.build.config_hash)
        {
            text.push_str(&format!(" in the place of {before}"));
        }
        if let Some(by) = &self.by {
            text.push_str(&format!(" for {by}"));
        }
        if let Some(size) = self.fetch {
            text.push_str(&format!(", {} to fetch", out::bytes(size)));
        }
        if let Some(size) = self.installed_size {
            text.push_str(&format!(", {} installed", out::bytes(size)));
        }
        if !self.because.is_empty() {
            text.push_str(&format!("; {}", self.because));
        }
        text
    }

    fn as_json(&self) -> Json {
        json!({
            "action": self.action(),
            "name": self.build.name,
            "version": self.build.version,
            "slot": self.build.slot,
            "config_hash_full": self.build.config_hash,
            "before": self.before.as_ref().map(build_json),
            "by": self.by,
            "fetch": self.fetch,
            "installed_size": self.installed_size,
            "because": self.because,
            "candidates": self.candidates,
        })
    }
}

fn build_json(build: &Build) -> Json {
    json!({"name": build.name, "version": build.version, "slot": build.slot, "config_hash_full": build.config_hash})
}

impl Plan {
    /// Refuses to take away what packages that stay need.
    pub(crate) fn check_coverage(&self, installed: &[Build]) -> Result<()> {
        let new: Vec<_> = self.steps.iter().map(|step| step.build.clone()).collect();
        let missing = uncovered(installed, &new);
        if missing.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = missing
            .iter()
            .map(|missing| {
                format!(
                    "\n    {} needs {} of {}",
                    missing.package, missing.name, missing.offered_by
                )
            })
            .collect();
        Err(anyhow::anyhow!(
            "installed packages would miss what they need:{}\n  upgrade or remove them in the same command, or first",
            lines.concat()
        ))
        .exit(Exit::Conflict)
    }

    /// The lines for people.
    pub(crate) fn lines(&self) -> String {
        let mut text = String::new();
        for build in &self.present {
            text.push_str(&format!("present    {build}\n"));
        }
        for kept in &self.kept {
            let named = kept.named.config_hash_full.short();
            text.push_str(&format!(
                "keep       {} for {}, which names {} ({named})\n",
                kept.build, kept.by, kept.named.version
            ));
        }
        for step in &self.steps {
            text.push_str(&step.line());
            text.push('\n');
        }
        text
    }

    /// The event for programs.
    pub(crate) fn as_json(&self) -> Json {
        let kept = self
            .kept
            .iter()
            .map(|kept| json!({"build": build_json(&kept.build), "named": kept.named, "by": kept.by}));
        json!({
            "event": "plan",
            "steps": self.steps.iter().map(Step::as_json).collect::<Vec<_>>(),
            "present": self.present.iter().map(build_json).collect::<Vec<_>>(),
            "kept": kept.collect::<Vec<_>>(),
        })
    }
}

/// A full config hash, or nothing, for the lines of lists.
pub(crate) fn hash_text(hash: Option<&Sha256>) -> String {
    hash.map_or_else(|| "-".to_owned(), Sha256::short)
}

/// Asks, where somebody can answer.
///
/// # Errors
/// Exit code 2 where nobody can, 1 for a no.
pub(crate) fn confirm(yes: bool, why: &str, question: &str) -> Result<()> {
    use std::io::{BufRead as _, IsTerminal as _, Write as _};
    if yes {
        return Ok(());
    }
    let (input, mut output) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !output.is_terminal() {
        return Err(anyhow::anyhow!("{why}; nobody can be asked here: say --yes to go on")).exit(Exit::Usage);
    }
    write!(output, "{why}\n{question} [y/N] ").context("cannot ask")?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer).context("cannot read the answer")?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(anyhow::anyhow!("nothing was changed")),
    }
}
