//! The JSON manifest of FlavorPack's builders.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pspf::{CacheValidation, Editor, FileMode, OperationChain, RuntimeEnv, SetupCommand, Slot};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Keys that FlavorPack's manifests carry and no builder uses.
const IGNORED: [&str; 3] = ["launcher", "signature", "verification"];

/// The manifest of FlavorPack's builders.
#[derive(Deserialize)]
pub struct Manifest {
    package: ManifestPackage,
    #[serde(default)]
    execution: pspf_format::metadata::Execution,
    #[serde(default)]
    slots: Vec<ManifestSlot>,
    #[serde(default)]
    cache_validation: Option<CacheValidation>,
    #[serde(default)]
    runtime: Option<Runtime>,
    #[serde(default)]
    setup_commands: Vec<SetupCommand>,
    #[serde(default)]
    workenv: pspf_format::metadata::Workenv,
    #[serde(default)]
    policy: Option<pspf::PackagePolicy>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl Manifest {
    /// Keys at the top that no builder of FlavorPack knows either.
    pub fn unused_keys(&self) -> impl Iterator<Item = &String> {
        self.unknown.keys().filter(|key| !IGNORED.contains(&key.as_str()))
    }

    /// Begins the package. Slots are stored as they are; `base` stands for `{workenv}` in their sources.
    ///
    /// # Errors
    /// A slot that is out of place, or whose words are not known.
    pub fn editor(self, base: &Path) -> anyhow::Result<Editor> {
        let mut editor = Editor::new(self.package.name, self.package.version)
            .command(&self.execution.command)
            .lenient();
        if let Some(description) = self.package.description {
            editor = editor.description(description);
        }
        for (name, value) in self.execution.env {
            editor = editor.env(name, value);
        }
        for command in self.setup_commands {
            editor = editor.setup_command(command);
        }
        for directory in self.workenv.directories {
            editor = editor.workenv_directory(directory);
        }
        for (name, value) in self.workenv.env {
            editor = editor.workenv_env(name, value);
        }
        if let Some(runtime) = self.runtime {
            editor = editor.runtime_env(runtime.env);
        }
        if let Some(validation) = self.cache_validation {
            editor = editor.cache_validation(validation);
        }
        if let Some(policy) = self.policy {
            editor = editor.policy(policy);
        }
        for (position, slot) in self.slots.into_iter().enumerate() {
            editor = editor.slot(slot.slot(position, base)?);
        }
        Ok(editor)
    }
}

#[derive(Deserialize)]
struct Runtime {
    #[serde(default)]
    env: RuntimeEnv,
}

#[derive(Deserialize)]
struct ManifestPackage {
    name: String,
    version: String,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Deserialize)]
struct ManifestSlot {
    #[serde(default)]
    slot: Option<usize>,
    id: String,
    source: String,
    target: String,
    #[serde(default)]
    operations: String,
    #[serde(default = "data")]
    purpose: String,
    #[serde(default = "runtime")]
    lifecycle: String,
    #[serde(default = "private")]
    permissions: String,
}

impl ManifestSlot {
    fn slot(self, position: usize, base: &Path) -> anyhow::Result<Slot> {
        if self.slot.is_some_and(|number| number != position) {
            bail!(
                "slot `{}`: expected `slot` {position}, its position, found {}",
                self.id,
                self.slot.unwrap_or_default()
            );
        }
        if self.source == "$SELF" {
            bail!(
                "slot `{}`: `$SELF` is not supported, because no FlavorPack program opens a package with such a slot",
                self.id
            );
        }
        let context = || format!("slot `{}`", self.id);
        let chain = OperationChain::parse(&self.operations).with_context(context)?;
        let mode = FileMode::parse(&self.permissions).with_context(context)?;
        let source = match self.source.strip_prefix("{workenv}") {
            Some(rest) => base.join(rest.trim_start_matches('/')),
            None => PathBuf::from(&self.source),
        };
        Ok(Slot::packed(self.id, source)
            .source_name(self.source)
            .target(self.target)
            .operations(chain)
            .permissions(mode)
            .purpose(self.purpose)
            .lifecycle(self.lifecycle))
    }
}

fn data() -> String {
    "data".into()
}

fn runtime() -> String {
    "runtime".into()
}

fn private() -> String {
    "0600".into()
}
