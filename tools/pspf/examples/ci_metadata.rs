//! A build in continuous integration: what the service says about the build goes into the package.

use std::error::Error;
use std::path::{Path, PathBuf};

use pspf::{Editor, Launcher, SigningKey, Target};
use serde_json::json;

/// Builds from what the variables say; `variable` is `std::env::var` or a stand-in.
pub fn build(variable: impl Fn(&str) -> Option<String>, folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let name = variable("CI_PROJECT_NAME").unwrap_or_else(|| "unknown".into());
    let version = variable("CI_COMMIT_TAG").unwrap_or_else(|| "dev".into());
    let build = json!({
        "ci": true,
        "pipeline_id": variable("CI_PIPELINE_ID"),
        "commit": variable("CI_COMMIT_SHA"),
    });
    let epoch = variable("SOURCE_DATE_EPOCH").map_or(Ok(0), |text| text.parse())?;
    let output = folder.join(format!("{name}-{version}.psp"));
    Editor::new(&name, &version)
        .metadata([("build".to_owned(), build)].into_iter().collect())
        .source_date_epoch(epoch)
        .command("/bin/true")
        .launcher(Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n"), Target::Any)
        .store()?
        .sign(&SigningKey::from_seed(
            &variable("CI_KEY_SEED").unwrap_or_else(|| "ci".into()),
        ))?
        .write(&output)?;
    Ok(output)
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", build(|name| std::env::var(name).ok(), Path::new("."))?.display());
    Ok(())
}
