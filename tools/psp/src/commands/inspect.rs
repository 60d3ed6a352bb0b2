use std::fs::File;
use std::path::PathBuf;

use pspf::PackageFile;
use pspf_verify::{Package, Slot};
use serde_json::{Value, json};

use crate::errors::Coded;
use crate::plain::plain;

/// Show what a package holds. Everything but the payloads is verified first; see `psp verify`.
#[derive(clap::Args)]
pub struct Args {
    /// The package.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Shows it.
    pub fn run(self) -> anyhow::Result<()> {
        let file = PackageFile::open(&self.file).coded()?;
        let package = file.package().coded()?;
        let (key, signed) = package_key(&package);
        if self.json {
            println!("{:#}", document(&package, &key)?);
        } else {
            print(&package, &format!("{key} ({signed})"));
        }
        Ok(())
    }
}

fn package_key(package: &Package<'_, File>) -> (String, &'static str) {
    let kind = match package.metadata().has_development_key() {
        true => "development key (seed)",
        false => "who owns it is not said; see psp verify --key",
    };
    (package.key().key_id(), kind)
}

fn print(package: &Package<'_, File>, key: &str) {
    let (metadata, index) = (package.metadata(), package.index());
    let line = |name: &str, value: String| println!("{name:<10}{value}");
    line(
        "package",
        format!("{} {}", plain(&metadata.package.name), plain(&metadata.package.version)),
    );
    line("size", format!("{} bytes", package.identity().file_length));
    line("launcher", format!("{} bytes", index.launcher_size));
    line("key", key.to_owned());
    line("sealed", if package.is_sealed() { "yes" } else { "no" }.into());
    if let Some(profile) = &metadata.profile {
        line("profile", plain(profile));
    }
    if let Some(execution) = &metadata.execution {
        line("command", plain(&execution.command));
    }
    for (position, slot) in package.slots().iter().enumerate() {
        line(&format!("slot {position}"), describe(slot));
    }
    package
        .warnings()
        .iter()
        .for_each(|warning| line("warning", warning.to_string()));
}

fn describe(slot: &Slot) -> String {
    let entry = &slot.entry;
    format!(
        "{} -> {}, {} bytes, {}, {}, {}, {}",
        plain(&entry.id),
        plain(&entry.target),
        slot.size,
        slot.chain,
        plain(&entry.purpose),
        plain(&entry.lifecycle),
        slot.mode
    )
}

fn document(package: &Package<'_, File>, key: &str) -> anyhow::Result<Value> {
    let index = package.index();
    let slot = |slot: &Slot| {
        json!({
            "id": slot.entry.id,
            "target": slot.entry.target,
            "operations": slot.chain.to_string(),
            "purpose": slot.entry.purpose,
            "lifecycle": slot.entry.lifecycle,
            "permissions": slot.mode.to_string(),
            "offset": slot.offset,
            "size": slot.size,
            "original_size": slot.original_size,
            "checksum": slot.entry.checksum,
        })
    };
    Ok(json!({
        "format": "PSPF/2025",
        "size": package.identity().file_length,
        "launcher_size": index.launcher_size.get(),
        "build_timestamp": index.build_timestamp.get(),
        "key_id": key,
        "key_fingerprint": package.key().fingerprint(),
        "development_key": package.metadata().has_development_key(),
        "sealed": package.is_sealed(),
        "slots": package.slots().iter().map(slot).collect::<Vec<_>>(),
        "metadata": serde_json::from_slice::<Value>(package.metadata_json())?,
    }))
}
