//! What `build`, `run` and `test` have in common: analyse, build, validate.

use super::options::{Building, Configuration};
use super::progress::Progress;
use crate::action::Artifact;
use crate::exec::cache::Bytes;
use crate::exec::{Built, Engine, OUT, Reporter};
use crate::session::{Analysis, Project, Validation};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The bound of the cache where none is configured.
const DEFAULT_BOUND: Bytes = Bytes(20 << 30);

/// What a command asked for, analysed.
pub struct Asked {
    /// The project.
    pub project: Project,
    /// Its targets.
    pub analysis: Analysis,
}

/// Loads and analyses what `patterns` name.
///
/// # Errors
/// As [`Project::resolve_patterns`] and [`Project::analyze`].
pub fn analyze(configuration: &Configuration, patterns: &[String], progress: &Progress) -> Result<Asked> {
    progress.phase("loading");
    let (project, cwd) = configuration.open()?;
    let requests = project.resolve_patterns(&cwd, patterns)?;
    progress.phase("analysing");
    let platform = configuration.target_platforms.as_deref();
    let analysis = project.analyze(&requests, &configuration.modifiers, platform)?;
    let asked = Asked { project, analysis };
    asked.skipped().for_each(|words| progress.say(&words));
    Ok(asked)
}

impl Asked {
    /// What is said of the targets that were left out.
    pub fn skipped(&self) -> impl Iterator<Item = String> {
        let skipped = self.analysis.skipped.iter();
        skipped.map(|skipped| format!("skipped {}: {}", skipped.configured, skipped.reason))
    }
}

/// What came of building.
pub struct Outcome {
    /// The outputs.
    pub built: Built,
    /// Validations that did not succeed.
    pub invalid: Vec<(Validation, anyhow::Error)>,
    /// Whether everything was built and every validation succeeded; the words were said already.
    pub ok: bool,
}

/// Builds `wanted` and the validations of all targets; makes `shown` stand in the project; says what failed.
///
/// # Errors
/// Of the engine itself.
pub fn build(
    asked: &Asked,
    engine: &Engine<'_>,
    building: &Building,
    wanted: &[Artifact],
    shown: &[Artifact],
    progress: &Progress,
) -> Result<Outcome> {
    let analysis = &asked.analysis;
    let mut seen = BTreeSet::new();
    let validations: Vec<&Validation> = analysis
        .targets
        .iter()
        .flat_map(|target| &target.validations)
        .filter(|check| {
            !check.optional
                || building
                    .enable_optional_validations
                    .iter()
                    .any(|name| **name == *check.name)
        })
        .filter(|check| seen.insert((&check.owner, &check.name, &check.report)))
        .collect();
    let mut all = wanted.to_vec();
    all.extend(validations.iter().map(|check| check.report.clone()));
    progress.phase("building");
    let built = engine.build(&analysis.graph, &*analysis.expander, &all, shown)?;
    let mut ok = built.failures.is_empty();
    let mut invalid = Vec::new();
    for check in validations {
        if !built.has(&check.report) {
            continue;
        }
        if let Err(error) = validate(asked, engine, &built, check) {
            progress.print(&super::exit::story(&error));
            invalid.push((check.clone(), error));
            ok = false;
        }
    }
    engine.save()?;
    engine.bound(cache_bound(&asked.project)?)?;
    Ok(Outcome { built, invalid, ok })
}

/// How large the cache may get: `[fawn] cache_size`, such as `20 GB`.
fn cache_bound(project: &Project) -> Result<Bytes> {
    let Some(value) = project.config().value("fawn", "cache_size") else {
        return Ok(DEFAULT_BOUND);
    };
    value
        .as_str()
        .parse()
        .map_err(|error| anyhow::anyhow!("{}: `[fawn] cache_size`: {error}", value.origin()))
}

#[derive(Deserialize)]
struct Report {
    version: u64,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    status: Status,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Status {
    Success,
    Failure,
}

fn validate(asked: &Asked, engine: &Engine<'_>, built: &Built, check: &Validation) -> Result<()> {
    let path = check.report.path();
    let bytes = engine.read(&asked.analysis.graph, built, &check.report)?;
    let expected = || {
        format!(
            "the validation `{}` of {} wrote no report into {path}: expected {{\"version\": 1, \"data\": {{\"status\": \
             \"success\" or \"failure\", \"message\": …}}}}",
            check.name, check.owner
        )
    };
    let report: Report = serde_json::from_slice(&bytes).with_context(expected)?;
    if report.version != 1 {
        bail!("{}, found version {}", expected(), report.version);
    }
    if report.data.status == Status::Success {
        return Ok(());
    }
    engine.show_one(&asked.analysis.graph, built, &check.report)?;
    bail!(
        "the validation `{}` of {} failed: {}\n  its report: {path}",
        check.name,
        check.owner,
        report
            .data
            .message
            .as_deref()
            .unwrap_or("it gave no message")
            .trim_end()
    );
}

/// `12 actions ran, 3 found in the cache` for the last line.
pub fn summary(built: &Built) -> String {
    let (ran, cached) = built.counts();
    let plural = if ran == 1 { "" } else { "s" };
    format!("{ran} action{plural} ran, {cached} found in {OUT}/cache")
}
