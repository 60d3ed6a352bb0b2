use std::path::{Path, PathBuf};

use anyhow::bail;
use pspf::{Editor, Launcher, RuntimeEnv, SigningKey, Slot, SlotRecord};
use serde_json::{Map, Value};

use crate::errors::Coded;
use crate::files;
use crate::spec::PackageSpec;

/// Assemble a package from packed slots: for build rules.
#[derive(clap::Args)]
pub struct Args {
    /// JSON file that describes the package.
    #[arg(long, value_name = "FILE")]
    spec: PathBuf,
    /// Where to write the package.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Args {
    /// Assembles the package.
    pub fn run(self) -> anyhow::Result<()> {
        let spec: PackageSpec = files::read_json(&self.spec)?;
        let key = SigningKey::from_seed(&spec.key_seed);
        let editor = editor(spec, &self.spec)?;
        editor.store().coded()?.sign(&key).coded()?.write(&self.out).coded()?;
        Ok(())
    }
}

fn editor(spec: PackageSpec, path: &Path) -> anyhow::Result<Editor> {
    let launcher = Launcher::from_file(&spec.launcher).coded()?;
    let mut editor = Editor::new(spec.package.name, spec.package.version)
        .launcher(launcher, spec.platform.parse().coded()?)
        .command(&spec.command)
        .source_date_epoch(spec.source_date_epoch);
    if let Some(profile) = &spec.profile {
        editor = editor.profile(profile.parse().coded()?);
    }
    if let Some(description) = spec.description {
        editor = editor.description(description);
    }
    for (name, value) in variables(path, "env", spec.env)? {
        editor = editor.env(name, value);
    }
    for (name, value) in variables(path, "workenv_env", spec.workenv_env)? {
        editor = editor.workenv_env(name, value);
    }
    if let Some(metadata) = &spec.metadata {
        editor = editor.metadata(files::read_json::<Map<String, Value>>(metadata)?);
    }
    for command in spec.setup_commands {
        editor = editor.setup_command(command);
    }
    for directory in spec.workenv_directories {
        editor = editor.workenv_directory(directory);
    }
    if spec.runtime_env != RuntimeEnv::default() {
        editor = editor.runtime_env(spec.runtime_env);
    }
    if let Some(validation) = spec.cache_validation {
        editor = editor.cache_validation(validation);
    }
    if let Some(policy) = spec.policy {
        editor = editor.policy(policy);
    }
    for slot in spec.slots {
        let record: SlotRecord = files::read_json(&slot.record)?;
        editor = editor.slot(Slot::stored(slot.payload, record));
    }
    Ok(editor)
}

/// Names and values in the order of the file.
fn variables(path: &Path, key: &str, map: Map<String, Value>) -> anyhow::Result<Vec<(String, String)>> {
    let pair = |(name, value): (String, Value)| match value {
        Value::String(value) => Ok((name, value)),
        found => bail!(
            "{}: `{key}`: expected a string for `{name}`, found {found}",
            path.display()
        ),
    };
    map.into_iter().map(pair).collect()
}
