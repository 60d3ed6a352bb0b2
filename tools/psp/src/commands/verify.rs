use std::path::PathBuf;

use cli::{Exit, WithExit, Words};
use pspf::{PackageFile, PublicKey};
use pspf_policy::{Places, TrustStore};
use pspf_verify::{Finding, Report};
use serde_json::{Value, json};

use crate::errors::Coded;
use crate::files;

/// Verify a package: metadata, signature, seal, every payload, launcher and gaps.
///
/// Exit code 0 for a good package, 4 for one that is refused, 1 when it cannot be read. A valid
/// signature by an unknown key says only that the package is unchanged since somebody signed it:
/// name the keys you trust with --key, or keep them with `psp trust`.
#[derive(clap::Args)]
pub struct Args {
    /// The package.
    file: PathBuf,
    /// Public key in PEM form that the package must be signed with; may be given several times.
    #[arg(long, value_name = "PUB.pem")]
    key: Vec<PathBuf>,
    /// Print findings as JSON.
    #[arg(long)]
    json: bool,
    /// Write the outcome in the form of Buck2's validations to FILE, and succeed whatever it is.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    report: Option<PathBuf>,
}

/// What is known of the key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// It is one of those given with --key.
    Named,
    /// It is none of those given with --key.
    NotNamed,
    /// No key was given, and this one is in the trust store.
    Kept,
    /// No key was given, and this one is not in the trust store, or the store was not asked.
    Unknown,
}

/// The outcome, with the question of trust answered.
struct Outcome {
    report: Report,
    trust: Trust,
}

impl Args {
    /// Verifies.
    pub fn run(self, words: Words) -> anyhow::Result<()> {
        let outcome = self.outcome(words);
        if let Some(path) = &self.report {
            return files::write_json(path, &validation(&outcome));
        }
        let outcome = outcome?;
        if self.json {
            println!("{:#}", outcome.json());
        } else {
            outcome.print();
        }
        if outcome.is_ok() {
            return Ok(());
        }
        let count = outcome.findings().len();
        let problems = if count == 1 {
            "1 finding".into()
        } else {
            format!("{count} findings")
        };
        Err(anyhow::anyhow!("{} is refused ({problems})", self.file.display())).exit(Exit::Unverified)
    }

    fn outcome(&self, words: Words) -> anyhow::Result<Outcome> {
        let read = |path: &PathBuf| PublicKey::from_pem(&files::read_text(path)?).map_err(anyhow::Error::new);
        let keys = self.key.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        let report = {
            let _progress = words.progress(format!("verifying {}", self.file.display()));
            PackageFile::open(&self.file).and_then(|file| file.verify()).coded()?
        };
        let trust = match report.key {
            Some(key) if keys.contains(&key) => Trust::Named,
            _ if !keys.is_empty() => Trust::NotNamed,
            // What goes into a build must not depend on what this machine trusts.
            Some(key) if self.report.is_none() && TrustStore::read(&Places::of_process())?.find(&key).is_some() => {
                Trust::Kept
            }
            _ => Trust::Unknown,
        };
        Ok(Outcome { report, trust })
    }
}

impl Outcome {
    fn is_ok(&self) -> bool {
        self.findings().is_empty()
    }

    /// All refusals, as part, expected, found.
    fn findings(&self) -> Vec<(String, String, String)> {
        let row = |finding: &Finding| {
            (
                finding.part.to_string(),
                finding.expected.clone(),
                finding.found.clone(),
            )
        };
        let mut rows: Vec<_> = self.report.refusals.iter().map(row).collect();
        if let (Trust::NotNamed, Some(key)) = (self.trust, self.report.key) {
            rows.push(("key".into(), "one of the keys given with --key".into(), key.key_id()));
        }
        rows
    }

    fn json(&self) -> Value {
        let object = |(part, expected, found)| json!({ "part": part, "expected": expected, "found": found });
        let warning = |finding: &Finding| {
            object((
                finding.part.to_string(),
                finding.expected.clone(),
                finding.found.clone(),
            ))
        };
        json!({
            "ok": self.is_ok(),
            "key_id": self.report.key.map(|key| key.key_id()),
            "trusted": matches!(self.trust, Trust::Named | Trust::Kept),
            "development_key": self.report.development_key,
            "sealed": self.report.sealed,
            "findings": self.findings().into_iter().map(object).collect::<Vec<_>>(),
            "warnings": self.report.warnings.iter().map(warning).collect::<Vec<_>>(),
        })
    }

    fn print(&self) {
        for (part, expected, found) in self.findings() {
            println!("refused  {part}: expected {expected}, found {found}");
        }
        for warning in &self.report.warnings {
            println!("warning  {warning}");
        }
        if self.is_ok() {
            println!("ok       {}", self.verdict());
        }
    }

    fn verdict(&self) -> String {
        let key = self.report.key.map(|key| key.key_id()).unwrap_or_default();
        let sealed = if self.report.sealed {
            "signed and sealed"
        } else {
            "signed, not sealed,"
        };
        let trust = match (self.trust, self.report.development_key) {
            (Trust::Named, _) => "a key you named",
            (Trust::Kept, _) => "a key you trust",
            (_, true) => "a development key (seed)",
            (_, false) => "an unknown key",
        };
        format!("{sealed} by {key}, {trust}")
    }
}

/// The form of Buck2's `ValidationInfo`.
fn validation(outcome: &anyhow::Result<Outcome>) -> Value {
    let (status, message) = match outcome {
        Ok(outcome) if outcome.is_ok() => ("success", outcome.verdict()),
        Ok(outcome) => {
            let lines = outcome
                .findings()
                .into_iter()
                .map(|(part, expected, found)| format!("{part}: expected {expected}, found {found}"));
            ("failure", lines.collect::<Vec<_>>().join("\n"))
        }
        Err(error) => ("failure", format!("{error:#}")),
    };
    json!({ "version": 1, "data": { "status": status, "message": message } })
}
