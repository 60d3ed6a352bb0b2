use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cli::{Exit, WithExit, Words};
use pspf::{Launcher, SigningKey, Target};

use crate::errors::Coded;
use crate::manifest::Manifest;
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
    pub fn run(self, words: Words) -> anyhow::Result<()> {
        let key = self.key()?;
        let manifest: Manifest = files::read_json(&self.manifest)?;
        for unknown in manifest.unused_keys() {
            eprintln!("psp: warning: {}: key `{unknown}` is not used", self.manifest.display());
        }
        let launcher = Launcher::from_file(&self.launcher()?).coded()?;
        let target = pspf::Platform::of_executable(launcher.bytes())
            .first()
            .map_or(Target::Any, |platform| Target::Platform(*platform));
        let base = self.workenv_base.as_deref().unwrap_or(Path::new("."));
        let progress = words.progress(format!("building {}", self.output.display()));
        let editor = manifest
            .editor(base)?
            .launcher(launcher, target)
            .source_date_epoch(build_time()?);
        let unsigned = editor.store().coded()?;
        for warning in unsigned.warnings() {
            eprintln!("psp: warning: {warning}");
        }
        unsigned.sign(&key).coded()?.write(&self.output).coded()?;
        drop(progress);
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
            anyhow::anyhow!(
                "helper binary not found: no launcher for this platform in {list}; build `//tools:helpers` and copy it to dist/bin, or give --launcher-bin"
            )
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
