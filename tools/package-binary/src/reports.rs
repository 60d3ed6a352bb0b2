//! The engine's report: of a build now, or of an earlier one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use cli::{Exit, WithExit};
use engine::{Built, Engine, Report, Settings};

use crate::targets::Target;

/// Where the report of the last build stays: below the project's `buck-out`, which both engines leave alone there.
///
/// # Errors
/// There is no project here.
pub fn default_place() -> Result<PathBuf> {
    let here = std::env::current_dir().context("cannot look at the current folder")?;
    let settings = Settings::find(&here).context("cannot read the project's .buckconfig")?;
    let project = settings
        .project
        .context("no project here: no folder from here upward has a .buckconfig")?;
    Ok(project.join("buck-out/package-binary/report.json"))
}

/// Builds, and keeps the report at `place`.
///
/// # Errors
/// The engine did not get as far as building.
pub fn build(engine: &Engine, labels: &[String], jobs: Option<u32>, place: &Path) -> Result<Vec<Built>> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    // What is there belongs to an earlier build, and would be taken for this one's.
    match fs::remove_file(place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", place.display()));
        }
        _ => {}
    }
    let options = jobs.map_or_else(Vec::new, |jobs| vec!["-j".into(), jobs.to_string().into()]);
    Ok(engine.build_with_report(labels, &options, place)?.built)
}

/// What an earlier build says of the targets.
///
/// # Errors
/// Exit code 3 for a report or a target that is not there.
pub fn earlier(targets: &[Target], place: &Path) -> Result<Vec<Built>> {
    let text = fs::read(place)
        .with_context(|| {
            format!(
                "no report of an earlier build at {}; build without --skip-build, or name the file that the engine wrote for \
                 --build-report",
                place.display()
            )
        })
        .exit(Exit::NotFound)?;
    let report = Report::parse(&text).with_context(|| format!("cannot use {}", place.display()))?;
    let mut built = Vec::new();
    for target in targets {
        let before = built.len();
        built.extend(report.built.iter().filter(|entry| entry.label == target.label).cloned());
        if built.len() == before {
            return Err(anyhow!(
                "the report {} says nothing of {}; build it without --skip-build",
                place.display(),
                target.label
            ))
            .exit(Exit::NotFound);
        }
    }
    Ok(built)
}
