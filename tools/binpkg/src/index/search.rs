use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::Record;
use super::compressed::{UnpackError, pack, unpack};
use crate::names::{PackageName, Version, compare_versions};

/// `index/search.json.gz` (section 9.1): what there is, for people who look around. Nothing is decided by it, so nobody signs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    entries: BTreeMap<PackageName, SearchEntry>,
}

/// One package of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchEntry {
    /// The package.
    pub name: PackageName,
    /// Its newest version.
    pub version: Version,
    /// What it says of itself; empty where nobody knows.
    #[serde(default)]
    pub description: String,
}

/// Why bytes are no such list.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// It cannot be unpacked.
    #[error("the list for searching is not usable: {0}")]
    Packed(UnpackError),
    /// No JSON, or not of this shape.
    #[error("the list for searching is not usable: {0}")]
    Json(serde_json::Error),
}

impl Search {
    /// Its path below `binaries/`.
    pub const PATH: &str = "index/search.json.gz";

    /// No such list unpacks to more bytes.
    pub const LARGEST: u64 = 256 << 20;

    /// Reads the list.
    ///
    /// # Errors
    /// See [`SearchError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SearchError> {
        let text = unpack(bytes, Self::LARGEST).map_err(SearchError::Packed)?;
        let entries: Vec<SearchEntry> = serde_json::from_slice(&text).map_err(SearchError::Json)?;
        let entries = entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        Ok(Self { entries })
    }

    /// The packages in order.
    pub fn entries(&self) -> impl Iterator<Item = &SearchEntry> {
        self.entries.values()
    }

    /// Adds a build: its version counts if it is the newest, its description with it.
    pub fn add(&mut self, record: &Record, description: &str) {
        let is_older = |entry: &SearchEntry| {
            compare_versions(record.version.as_str(), entry.version.as_str()).is_lt()
                || (entry.version == record.version && description.is_empty())
        };
        if !self.entries.get(&record.name).is_some_and(is_older) {
            let entry = SearchEntry {
                name: record.name.clone(),
                version: record.version.clone(),
                description: description.to_owned(),
            };
            self.entries.insert(record.name.clone(), entry);
        }
    }

    /// What the list says of this build; nothing if its version is not the newest.
    pub fn description(&self, record: &Record) -> &str {
        match self.entries.get(&record.name) {
            Some(entry) if entry.version == record.version => &entry.description,
            _ => "",
        }
    }

    /// The file: one package a line.
    ///
    /// # Errors
    /// None in practice: every field has a JSON form, and it is written to memory.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        let mut text = String::from("[");
        for (number, entry) in self.entries.values().enumerate() {
            text.push_str(if number == 0 { "\n" } else { ",\n" });
            text.push_str(&serde_json::to_string(entry)?);
        }
        text.push_str("\n]\n");
        pack(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;

    fn record(version: &str) -> Record {
        let index = Index::parse(include_bytes!("index.json")).unwrap();
        let mut record = index.packages()[0].clone();
        record.version = version.parse().unwrap();
        record
    }

    #[test]
    fn the_newest_version_counts() {
        let mut search = Search::default();
        for (version, description) in [("5.2", "old"), ("5.10", "new"), ("5.9", "middle"), ("5.10", "")] {
            search.add(&record(version), description);
        }
        let entry = search.entries().next().unwrap();
        assert_eq!((entry.version.as_str(), entry.description.as_str()), ("5.10", "new"));
        assert_eq!(search.entries().count(), 1);
        assert_eq!(
            (search.description(&record("5.10")), search.description(&record("5.9"))),
            ("new", "")
        );
        assert_eq!(Search::parse(&search.pack().unwrap()).unwrap(), search);
        assert!(Search::parse(b"no gzip").is_err() && Search::parse(&pack(b"{}").unwrap()).is_err());
    }
}
