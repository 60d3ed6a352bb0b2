use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cli::{Exit, WithExit};
use pspf::{OutputFile, PublicKey};
use pspf_policy::{Places, TrustStore, TrustedKey};
use serde_json::json;

use crate::errors::Coded;
use crate::files;
use crate::plain::plain;

/// Keep the keys that packages may be signed with.
///
/// The store is the one of FlavorPack: *.pub files in /etc/flavor/trusted-keys, which the
/// administrator keeps, and in FLAVOR_TRUSTED_KEYS_DIR or the user's configuration directory.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Trust a public key.
    Add {
        /// The key in PEM form.
        key: PathBuf,
        /// Whose key it is.
        #[arg(long)]
        name: Option<String>,
    },
    /// List the trusted keys.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Trust a key no longer.
    Remove {
        /// The key's id, as `list` shows it.
        id: String,
    },
}

impl Args {
    /// Does it.
    pub fn run(self) -> anyhow::Result<()> {
        let places = Places::of_process();
        match self.command {
            Command::Add { key, name } => add(&places, &key, name.as_deref()),
            Command::List { json } => list(&places, json),
            Command::Remove { id } => remove(&places, &id),
        }
    }
}

fn user_directory(places: &Places) -> anyhow::Result<&Path> {
    let directory = places.user_keys.as_deref();
    directory.context("no place for trusted keys: set HOME or FLAVOR_TRUSTED_KEYS_DIR")
}

fn add(places: &Places, key: &Path, name: Option<&str>) -> anyhow::Result<()> {
    let public =
        PublicKey::from_pem(&files::read_text(key)?).with_context(|| format!("cannot use {}", key.display()))?;
    if !public.is_sound() {
        bail!(
            "{} holds a key of small order, which verifies any message: refused",
            key.display()
        );
    }
    if let Some(known) = TrustStore::read(places)?.find(&public) {
        eprintln!("already trusted: {}", known.path.display());
        return Ok(());
    }
    let directory = user_directory(places)?;
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make the directory {}", directory.display()))?;
    let path = directory.join(format!("{}.pub", public.key_id()));
    let mut text = name
        .map(|name| format!("# Name: {}\n", plain(name)))
        .unwrap_or_default();
    text.push_str(&public.to_pem().unwrap_or_default());
    OutputFile::write(&path, text.as_bytes(), 0o644).coded()?;
    eprintln!("trusted: {}", path.display());
    Ok(())
}

fn list(places: &Places, as_json: bool) -> anyhow::Result<()> {
    let store = TrustStore::read(places)?;
    if as_json {
        let row = |key: &TrustedKey| {
            json!({
                "key_id": key.key.key_id(), "fingerprint": key.key.fingerprint(), "name": key.name, "path": key.path,
            })
        };
        println!(
            "{:#}",
            json!({ "keys": store.keys.iter().map(row).collect::<Vec<_>>() })
        );
        return Ok(());
    }
    for key in &store.keys {
        let name = key.name.as_deref().map(plain).unwrap_or_default();
        println!("{}  {}  {name}", key.key.key_id(), key.path.display());
    }
    Ok(())
}

fn remove(places: &Places, id: &str) -> anyhow::Result<()> {
    let store = TrustStore::read(places)?;
    let found: Vec<&TrustedKey> = store.keys.iter().filter(|key| key.key.key_id() == id).collect();
    if found.is_empty() {
        let missing = anyhow::anyhow!("no trusted key {id}; `psp trust list` shows those there are");
        return Err(missing).exit(Exit::NotFound);
    }
    for key in found {
        if key.path.starts_with(&places.system) {
            bail!(
                "{} belongs to the administrator: remove it as root, by hand",
                key.path.display()
            );
        }
        std::fs::remove_file(&key.path).with_context(|| format!("cannot remove {}", key.path.display()))?;
        eprintln!("removed {}", key.path.display());
    }
    Ok(())
}
