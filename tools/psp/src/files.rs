//! Reading and writing small files, with the path in every error.

use std::path::Path;

use anyhow::Context;
use cli::{Exit, WithExit};
use pspf::OutputFile;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a text file.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    let read = std::fs::read_to_string(path);
    let missing = matches!(&read, Err(error) if error.kind() == std::io::ErrorKind::NotFound);
    let exit = if missing { Exit::NotFound } else { Exit::Failed };
    read.with_context(|| format!("cannot read {}", path.display()))
        .exit(exit)
}

/// Reads a JSON file; the error says where in the file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = read_text(path)?;
    serde_json::from_str(&text).with_context(|| format!("{} is not the expected JSON", path.display()))
}

/// Writes a JSON file: beside, then renamed.
pub fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(OutputFile::write(path, text.as_bytes(), 0o644)?)
}
