use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cli::{Exit, WithExit};
use pspf::{
    CacheValidation, Editor, FileMode, Launcher, OperationChain, RuntimeEnv, SetupCommand, SigningKey, Slot, Target,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::errors::Coded;
use crate::{files, launchers};

/// Build a package from a manifest, with the flags and the manifest of FlavorPack's builders.
///
/// Slots are stored as they are: `operations` says what was done to a source before. Source paths
/// are relative to the current directory. Without a key a random one is made for this build.
#[derive(clap::Args)]
pub struct Args {
    /// Manifest in JSON.
    #[arg(short, long, value_name = "FILE")]
    manifest: PathBuf,
    /// Where to write the package.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The launcher to embed; without it the one that `psp helpers list` calls chosen.
    #[arg(long, value_name = "FILE", env = "FLAVOR_LAUNCHER_BIN")]
    launcher_bin: Option<PathBuf>,
    /// Seed of a development key; `env` reads FLAVOR_KEY_SEED.
    #[arg(long, value_name = "SEED", conflicts_with_all = ["private_key", "public_key"])]
    key_seed: Option<String>,
    /// Private key in PKCS#8 PEM form.
    #[arg(long, value_name = "KEY.pem")]
    private_key: Option<PathBuf>,
    /// Public key in PEM form; it must belong to the private key.
    #[arg(long, value_name = "PUB.pem", requires = "private_key")]
    public_key: Option<PathBuf>,
    /// Directory that `{workenv}` stands for in source paths.
    #[arg(long, value_name = "DIR", env = "FLAVOR_WORKENV_BASE")]
    workenv_base: Option<PathBuf>,
    /// Accepted for FlavorPack's sake: errors and warnings are all there is to say.
    #[arg(long, value_name = "LEVEL", env = "FLAVOR_LOG_LEVEL")]
    log_level: Option<String>,
}

impl Args {
    /// Builds the package.
    pub fn run(self) -> anyhow::Result<()> {
        let key = self.key()?;
        let manifest: Manifest = files::read_json(&self.manifest)?;
        for unknown in manifest.unknown.keys().filter(|key| !IGNORED.contains(&key.as_str())) {
            eprintln!("psp: warning: {}: key `{unknown}` is not used", self.manifest.display());
        }
        let launcher = Launcher::from_file(&self.launcher()?).coded()?;
        let target = pspf::Platform::of_executable(launcher.bytes())
            .first()
            .map_or(Target::Any, |platform| Target::Platform(*platform));
        let editor = self
            .editor(manifest)?
            .launcher(launcher, target)
            .source_date_epoch(build_time()?);
        let unsigned = editor.store().coded()?;
        for warning in unsigned.warnings() {
            eprintln!("psp: warning: {warning}");
        }
        unsigned.sign(&key).coded()?.write(&self.output).coded()?;
        Ok(())
    }

    fn launcher(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.launcher_bin {
            return Ok(path.clone());
        }
        let folders = launchers::folders(&[]);
        let here = pspf::Platform::current();
        let found = launchers::find(&folders)
            .into_iter()
            .find(|found| found.platforms.iter().any(|platform| Some(*platform) == here));
        let missing = || {
            let list = folders
                .iter()
                .map(|folder| folder.display().to_string())
                .collect::<Vec<_>>()
                .join(", ");
            anyhow::anyhow!("helper binary not found: no launcher for this platform in {list}; give --launcher-bin")
        };
        found.map(|found| found.path).ok_or_else(missing).exit(Exit::NotFound)
    }

    fn key(&self) -> anyhow::Result<SigningKey> {
        match (&self.key_seed, &self.private_key) {
            (Some(seed), _) => Ok(SigningKey::from_seed(&seed_text(seed)?)),
            (None, Some(private)) => {
                let private = files::read_text(private)?;
                match &self.public_key {
                    Some(public) => SigningKey::from_pem_pair(&private, &files::read_text(public)?).coded(),
                    None => SigningKey::from_pem(&private).coded(),
                }
            }
            (None, None) => crate::entropy::signing_key(),
        }
    }

    fn editor(&self, manifest: Manifest) -> anyhow::Result<Editor> {
        let mut editor = Editor::new(manifest.package.name, manifest.package.version)
            .command(&manifest.execution.command)
            .lenient();
        if let Some(description) = manifest.package.description {
            editor = editor.description(description);
        }
        for (name, value) in manifest.execution.env {
            editor = editor.env(name, value);
        }
        for command in manifest.setup_commands {
            editor = editor.setup_command(command);
        }
        for directory in manifest.workenv.directories {
            editor = editor.workenv_directory(directory);
        }
        for (name, value) in manifest.workenv.env {
            editor = editor.workenv_env(name, value);
        }
        if let Some(runtime) = manifest.runtime {
            editor = editor.runtime_env(runtime.env);
        }
        if let Some(validation) = manifest.cache_validation {
            editor = editor.cache_validation(validation);
        }
        if let Some(policy) = manifest.policy {
            editor = editor.policy(policy);
        }
        for (position, slot) in manifest.slots.into_iter().enumerate() {
            editor = editor.slot(self.slot(position, slot)?);
        }
        Ok(editor)
    }

    fn slot(&self, position: usize, slot: ManifestSlot) -> anyhow::Result<Slot> {
        if slot.slot.is_some_and(|number| number != position) {
            bail!(
                "slot `{}`: expected `slot` {position}, its position, found {}",
                slot.id,
                slot.slot.unwrap_or_default()
            );
        }
        if slot.source == "$SELF" {
            bail!(
                "slot `{}`: `$SELF` is not supported, because no FlavorPack program opens a package with such a slot",
                slot.id
            );
        }
        let context = || format!("slot `{}`", slot.id);
        let chain = OperationChain::parse(&slot.operations).with_context(context)?;
        let mode = FileMode::parse(&slot.permissions).with_context(context)?;
        let base = self.workenv_base.as_deref().unwrap_or(Path::new("."));
        let source = match slot.source.strip_prefix("{workenv}") {
            Some(rest) => base.join(rest.trim_start_matches('/')),
            None => PathBuf::from(&slot.source),
        };
        Ok(Slot::packed(slot.id, source)
            .source_name(slot.source)
            .target(slot.target)
            .operations(chain)
            .permissions(mode)
            .purpose(slot.purpose)
            .lifecycle(slot.lifecycle))
    }
}

fn seed_text(seed: &str) -> anyhow::Result<String> {
    let text = match seed {
        "env" => std::env::var("FLAVOR_KEY_SEED").context("--key-seed env: FLAVOR_KEY_SEED is not set")?,
        text => text.to_owned(),
    };
    if text.is_empty() {
        bail!("--key-seed: expected a seed, found nothing");
    }
    Ok(text)
}

/// SOURCE_DATE_EPOCH, or now: a package without a time can never be too old.
fn build_time() -> anyhow::Result<u64> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text
            .parse()
            .with_context(|| format!("SOURCE_DATE_EPOCH: expected Unix seconds, found `{text}`")),
        Err(_) => Ok(std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)?
            .as_secs()),
    }
}

/// Keys that FlavorPack's manifests carry and no builder uses.
const IGNORED: [&str; 3] = ["launcher", "signature", "verification"];

/// The manifest of FlavorPack's builders.
#[derive(Deserialize)]
struct Manifest {
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

fn data() -> String {
    "data".into()
}

fn runtime() -> String {
    "runtime".into()
}

fn private() -> String {
    "0600".into()
}
