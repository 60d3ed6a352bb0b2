//! `--name value` pairs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Result;

/// Flags by name; a name may repeat.
pub struct Flags(BTreeMap<String, Vec<String>>);

impl Flags {
    pub fn parse(words: &[&str]) -> Result<Flags> {
        let mut flags: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in words.chunks(2) {
            match pair {
                [name, value] if name.starts_with("--") => {
                    flags.entry(name[2..].to_owned()).or_default().push((*value).to_owned());
                }
                _ => return Err(format!("expected `--name value`, got {pair:?}")),
            }
        }
        Ok(Flags(flags))
    }

    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).last().map(String::as_str)
    }

    pub fn need(&self, name: &str) -> Result<&str> {
        self.get(name).ok_or_else(|| format!("--{name} is missing"))
    }

    pub fn path(&self, name: &str) -> Result<PathBuf> {
        absolute(name, self.need(name)?)
    }

    pub fn paths(&self, name: &str) -> Result<Vec<PathBuf>> {
        self.all(name).iter().map(|value| absolute(name, value)).collect()
    }

    pub fn optional_path(&self, name: &str) -> Result<Option<PathBuf>> {
        self.get(name).map(|_| self.path(name)).transpose()
    }
}

/// Cargo is started in `/`, so every path has to hold from there.
fn absolute(name: &str, value: &str) -> Result<PathBuf> {
    std::path::absolute(value).map_err(|e| format!("--{name} {value}: {e}"))
}
