//! What a mirror says it has: `index.json` (section 9.2), and the same in pieces, a root and its shards (section 9.3).

mod compressed;
mod expires;
mod record;
mod root;
mod search;
mod shard;

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::json;

pub use compressed::{UnpackError, pack, unpack};
pub use expires::{Expires, ExpiresError};
pub use record::{Record, RecordError};
pub use root::{Root, RootError};
pub use search::{Search, SearchEntry, SearchError};
pub use shard::{PackedShard, Shard, ShardError};

/// All packages of a mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Raised by every publication; 0 for an index of an older tool.
    pub serial: u64,
    /// When it stops to count; only a signed index has one.
    pub expires: Option<Expires>,
    packages: Vec<Record>,
}

/// Why a text is no index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// No JSON, or not of this shape.
    #[error("the index is not usable")]
    Json(#[from] serde_json::Error),
    /// Written by a newer version.
    #[error(
        "the index has schema {found}; reading it takes a newer tool, one that knows {found} (this one knows {})",
        Index::SCHEMA
    )]
    Schema {
        /// Its schema.
        found: u64,
    },
    /// Only a pointer to the root: the mirror has too many packages for one file.
    #[error(
        "the packages of this mirror are listed in {} and its shards, not in index.json",
        Root::PATH
    )]
    Elsewhere {
        /// Its serial.
        serial: u64,
    },
    /// A count that is not that of the records: the text was cut or patched.
    #[error("expected `total` to be the number of packages, {found}, found {total}")]
    Total {
        /// What the field says.
        total: u64,
        /// How many records there are.
        found: u64,
    },
    /// A record that cannot be used.
    #[error(transparent)]
    Record(#[from] RecordError),
}

#[derive(Deserialize)]
struct Text {
    #[serde(default = "schema")]
    schema: u64,
    #[serde(default)]
    serial: u64,
    expires: Option<Expires>,
    root: Option<String>,
    total: Option<u64>,
    #[serde(default)]
    packages: Vec<Record>,
}

fn schema() -> u64 {
    Index::SCHEMA
}

impl Index {
    /// The schema that this version reads and writes.
    pub const SCHEMA: u64 = 1;

    /// Reads an index, also one with only the keys of older tools; `by_name` repeats the records and is not read.
    ///
    /// # Errors
    /// No JSON, a newer schema, a pointer to the root, a wrong `total`, a record that contradicts itself or leads out of the mirror.
    pub fn parse(bytes: &[u8]) -> Result<Self, IndexError> {
        let text: Text = serde_json::from_slice(bytes)?;
        if text.schema == Root::SCHEMA && text.root.is_some() {
            return Err(IndexError::Elsewhere { serial: text.serial });
        }
        if text.schema != Self::SCHEMA {
            return Err(IndexError::Schema { found: text.schema });
        }
        let found = text.packages.len() as u64;
        if let Some(total) = text.total
            && total != found
        {
            return Err(IndexError::Total { total, found });
        }
        let mut index = Self {
            serial: text.serial,
            expires: text.expires,
            packages: Vec::new(),
        };
        for record in text.packages {
            index.packages.push(record.checked()?);
        }
        index.packages.sort_by(Record::order);
        Ok(index)
    }

    /// An index of these records.
    pub fn of(root: &Root, mut packages: Vec<Record>) -> Self {
        packages.sort_by(Record::order);
        Self {
            serial: root.serial,
            expires: root.expires.clone(),
            packages,
        }
    }

    /// What stands in the place of an index that would be too large for one file. It has the schema of the root, so that no older
    /// tool takes it for an index without packages.
    pub fn pointer(root: &Root) -> String {
        let mut text = format!("{{\n  \"schema\": {},\n  \"serial\": {},\n", Root::SCHEMA, root.serial);
        if let Some(expires) = &root.expires {
            let _ = writeln!(text, "  \"expires\": \"{expires}\",");
        }
        let _ = write!(text, "  \"root\": \"{}\"\n}}\n", Root::PATH);
        text
    }

    /// The records in order.
    pub fn packages(&self) -> &[Record] {
        &self.packages
    }

    /// Adds a record in its place; one of the same file name is replaced.
    ///
    /// # Errors
    /// A record that contradicts itself or leads out of the mirror.
    pub fn insert(&mut self, record: Record) -> Result<(), RecordError> {
        let record = record.checked()?;
        self.packages
            .retain(|other| (&other.name, &other.filename) != (&record.name, &record.filename));
        let place = self.packages.partition_point(|other| other.order(&record).is_lt());
        self.packages.insert(place, record);
        Ok(())
    }

    /// The bytes of the file: one record a line, so that differences stay readable.
    ///
    /// # Errors
    /// None in practice: every field has a JSON form.
    pub fn to_json(&self) -> Result<String, IndexError> {
        let mut text = format!("{{\n  \"schema\": {},\n  \"serial\": {},\n", Self::SCHEMA, self.serial);
        if let Some(expires) = &self.expires {
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "  \"expires\": \"{expires}\",");
        }
        let _ = write!(text, "  \"total\": {},\n  \"packages\": [", self.packages.len());
        for (number, record) in self.packages.iter().enumerate() {
            let _ = write!(text, "{}\n    {}", comma(number), serde_json::to_string(record)?);
        }
        text.push_str(if self.packages.is_empty() { "],\n" } else { "\n  ],\n" });
        text.push_str("  \"by_name\": {");
        for (number, group) in self.packages.chunk_by(|one, two| one.name == two.name).enumerate() {
            let Some(first) = group.first() else { continue };
            let _ = write!(text, "{}\n    \"{}\": [", comma(number), first.name);
            for (number, record) in group.iter().enumerate() {
                let short = json!({
                    "version": record.version,
                    "config_hash": record.config_hash,
                    "file_hash": record.file_hash,
                    "filename": record.filename,
                    "size": record.size,
                });
                let _ = write!(text, "{}\n      {short}", comma(number));
            }
            text.push_str("\n    ]");
        }
        text.push_str(if self.packages.is_empty() {
            "}\n}\n"
        } else {
            "\n  }\n}\n"
        });
        Ok(text)
    }
}

fn comma(number: usize) -> &'static str {
    if number == 0 { "" } else { "," }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
