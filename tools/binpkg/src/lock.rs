//! `binaries.lock.json` (section 8.3): which published binaries a build may take, so that it never has to ask what exists.

use std::fmt::Write as _;

use digest::Sha256;
use serde::{Deserialize, Serialize};

use crate::manifest::PayloadPath;
use crate::names::{PackageName, Version, compare_versions};
use crate::sign::{SignatureLine, Statement, signature_texts};

/// The content of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// Addresses of mirrors, tried in order.
    pub mirrors: Vec<String>,
    /// Serial of the index that the records come from.
    pub serial: u64,
    packages: Vec<LockRecord>,
}

/// One published binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockRecord {
    /// The package.
    pub name: PackageName,
    /// Its version, as written.
    pub version: Version,
    /// Digest of the recipe: what a build looks for.
    pub config_hash_full: Sha256,
    /// Digest of the tarball.
    pub sha256: Sha256,
    /// Digest of the manifest.
    pub content_hash_full: Sha256,
    /// Size of the tarball in bytes.
    pub size: u64,
    /// Path below a mirror's address.
    pub path: String,
    /// Signatures of the package statement, for projects that name the keys they trust.
    #[serde(default, with = "signature_texts", skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<SignatureLine>,
}

/// Why a lock file is refused.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// No JSON, or not of this shape.
    #[error("the lock file is not usable")]
    Json(#[from] serde_json::Error),
    /// Of another schema.
    #[error("expected a lock file of schema {}, found schema {found}", Lock::SCHEMA)]
    Schema {
        /// Its schema.
        found: u64,
    },
    /// A path that leads elsewhere.
    #[error("lock record of {name} {version}: expected `path` to stay below the mirror, found `{}`", found.escape_debug())]
    Path {
        /// The package.
        name: PackageName,
        /// Its version.
        version: Version,
        /// The path.
        found: String,
    },
    /// One config hash for two binaries: which one would be a matter of luck.
    #[error("the lock file has the config hash {0} twice; keep one of the records")]
    Twice(Sha256),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    schema: u64,
    mirrors: Vec<String>,
    serial: u64,
    packages: Vec<LockRecord>,
}

impl Lock {
    /// The schema that this version reads and writes.
    pub const SCHEMA: u64 = 1;

    /// Brings records into order.
    ///
    /// # Errors
    /// A path that leads elsewhere, a config hash twice.
    pub fn new(mirrors: Vec<String>, serial: u64, mut packages: Vec<LockRecord>) -> Result<Self, LockError> {
        packages.sort_by(LockRecord::order);
        for record in &packages {
            if PayloadPath::new(record.path.as_bytes()).is_err() || record.path.chars().any(char::is_control) {
                let LockRecord {
                    name, version, path, ..
                } = record.clone();
                return Err(LockError::Path {
                    name,
                    version,
                    found: path,
                });
            }
        }
        let mut hashes: Vec<_> = packages.iter().map(|record| record.config_hash_full).collect();
        hashes.sort();
        if let Some([hash, _]) = hashes.array_windows().find(|[one, two]| one == two) {
            return Err(LockError::Twice(*hash));
        }
        Ok(Self {
            mirrors,
            serial,
            packages,
        })
    }

    /// Reads the file.
    ///
    /// # Errors
    /// No JSON, another schema, a record without a field or with one too many, and as [`Lock::new`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LockError> {
        let text: Text = serde_json::from_slice(bytes)?;
        if text.schema != Self::SCHEMA {
            return Err(LockError::Schema { found: text.schema });
        }
        Self::new(text.mirrors, text.serial, text.packages)
    }

    /// The records in order: name, version, config hash.
    pub fn packages(&self) -> &[LockRecord] {
        &self.packages
    }

    /// The bytes of the file: one record a line, because people read its differences.
    ///
    /// # Errors
    /// None in practice: every field has a JSON form.
    pub fn to_json(&self) -> Result<String, LockError> {
        let mirrors = serde_json::to_string(&self.mirrors)?;
        let mut text = format!("{{\n  \"schema\": {},\n  \"mirrors\": {mirrors},\n", Self::SCHEMA);
        // Writing to a string cannot fail.
        let _ = write!(text, "  \"serial\": {},\n  \"packages\": [", self.serial);
        for (number, record) in self.packages.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let _ = write!(text, "{comma}\n    {}", serde_json::to_string(record)?);
        }
        text.push_str(if self.packages.is_empty() {
            "]\n}\n"
        } else {
            "\n  ]\n}\n"
        });
        Ok(text)
    }
}

impl LockRecord {
    /// What a signature of this binary says.
    pub fn statement(&self) -> Statement {
        Statement {
            name: self.name.clone(),
            version: self.version.clone(),
            config_hash: self.config_hash_full,
            content_hash: self.content_hash_full,
            sha256: self.sha256,
            size: self.size,
        }
    }

    /// Name of the tarball.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.name
            .cmp(&other.name)
            .then_with(|| compare_versions(self.version.as_str(), other.version.as_str()))
            .then_with(|| self.version.cmp(&other.version))
            .then_with(|| self.config_hash_full.cmp(&other.config_hash_full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, version: &str, hash: &[u8]) -> LockRecord {
        LockRecord {
            name: name.parse().unwrap(),
            version: version.parse().unwrap(),
            config_hash_full: Sha256::of(hash),
            sha256: Sha256::of(b"tarball"),
            content_hash_full: Sha256::of(b"manifest"),
            size: 7,
            path: "b/x.tar.gz".into(),
            signatures: Vec::new(),
        }
    }

    fn refused(text: &str) -> String {
        let error = Lock::parse(text.as_bytes()).unwrap_err();
        match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        }
    }

    #[test]
    fn sorted_and_one_record_a_line() {
        let records = vec![
            record("b", "1.10", b"1"),
            record("b", "1.9", b"2"),
            record("a", "2", b"3"),
        ];
        let lock = Lock::new(vec!["file:///m".into()], 4, records).unwrap();
        let order: Vec<_> = lock
            .packages()
            .iter()
            .map(|record| format!("{} {}", record.name, record.version))
            .collect();
        assert_eq!(order, ["a 2", "b 1.9", "b 1.10"]);
        let text = lock.to_json().unwrap();
        assert_eq!(text.lines().count(), 5 + 3 + 2);
        assert_eq!(Lock::parse(text.as_bytes()).unwrap(), lock);
    }

    #[test]
    fn a_lock_without_records() {
        let text = Lock::default().to_json().unwrap();
        assert_eq!(
            text,
            "{\n  \"schema\": 1,\n  \"mirrors\": [],\n  \"serial\": 0,\n  \"packages\": []\n}\n"
        );
        assert_eq!(Lock::parse(text.as_bytes()).unwrap(), Lock::default());
    }

    #[test]
    fn refused_locks() {
        let text = Lock::new(vec![], 0, vec![record("a", "1", b"1")])
            .unwrap()
            .to_json()
            .unwrap();
        for (text, words) in [
            (
                text.replace("\"schema\": 1", "\"schema\": 2"),
                "expected a lock file of schema 1, found schema 2",
            ),
            (
                text.replace("b/x", "../x"),
                "lock record of a 1: expected `path` to stay below the mirror, found `../x.tar.gz`",
            ),
            (text.replace("\"size\":7,", ""), "missing field `size`"),
            (
                text.replace("\"size\":7", "\"size\":7,\"url\":\"x\""),
                "unknown field `url`",
            ),
            (text.replace("\"size\":7", "\"size\":-7"), "invalid value"),
        ] {
            let error = refused(&text);
            assert!(error.contains(words), "{words}: {error}");
        }
        let twice = Lock::new(vec![], 0, vec![record("a", "1", b"1"), record("b", "1", b"1")]);
        assert!(
            twice
                .unwrap_err()
                .to_string()
                .contains("twice; keep one of the records")
        );
    }
}
