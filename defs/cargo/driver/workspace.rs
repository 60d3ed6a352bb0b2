//! The files of a Cargo workspace: what of them is refused, and what is added.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::files::{entries, write};

/// A git dependency has no checksum in the lock, so nothing would pin it.
pub fn refuse_git(lock: &str) -> Result<()> {
    let mut name = "";
    for line in lock.lines() {
        if let Some(value) = line.strip_prefix("name = ") {
            name = value.trim_matches('"');
        }
        if let Some(source) = line.strip_prefix("source = \"git+") {
            return Err(format!(
                "Cargo.lock: package `{name}` comes from git ({}), which the lock does not pin by checksum; take it from a registry, or make it a member of the workspace",
                source.trim_matches('"')
            ));
        }
    }
    Ok(())
}

/// Members whose sources are not inputs of this action still have to parse: cargo wants a target in every one.
pub fn add_stubs(dir: &Path) -> Result<()> {
    for entry in entries(dir)? {
        if entry.is_dir() {
            add_stubs(&entry)?;
        }
    }
    let Ok(manifest) = fs::read_to_string(dir.join("Cargo.toml")) else {
        return Ok(());
    };
    if !manifest.contains("[package]") {
        return Ok(());
    }
    let declared = manifest
        .lines()
        .filter_map(|l| l.trim().strip_prefix("path = \"")?.strip_suffix('"'))
        .filter(|p| p.ends_with(".rs"));
    let mut wanted: Vec<PathBuf> = declared.map(|p| dir.join(p)).collect();
    if !dir.join("src").exists() {
        wanted.push(dir.join("src/lib.rs"));
        if let Some(name) = manifest.lines().find_map(|l| l.strip_prefix("default-run = ")) {
            wanted.push(dir.join("src/bin").join(format!("{}.rs", name.trim_matches('"'))));
        }
    }
    for file in wanted.iter().filter(|file| !file.exists()) {
        write(file, b"fn main() {}\n")?;
    }
    Ok(())
}

/// The manifests of a workspace, the one at its top and those in its folders, by the names of their packages.
pub fn members(workspace: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let folders = std::iter::once(workspace.to_owned()).chain(entries(workspace)?);
    let manifests = folders.map(|folder| folder.join("Cargo.toml"));
    Ok(manifests
        .filter_map(|manifest| Some((package_name(&fs::read_to_string(&manifest).ok()?)?, manifest)))
        .collect())
}

fn package_name(manifest: &str) -> Option<String> {
    let mut own = manifest
        .lines()
        .skip_while(|line| *line != "[package]")
        .take_while(|line| !line.is_empty());
    let name = own.find_map(|line| line.strip_prefix("name = "))?;
    Some(name.trim_matches('"').to_owned())
}
