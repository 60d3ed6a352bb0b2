use std::collections::BTreeMap;

use digest::Sha256;
use serde::{Deserialize, Serialize};

use crate::manifest::PayloadPath;
use crate::metadata::{Metadata, RuntimeDep, TargetLabel};
use crate::names::{PackageName, ShortHash, Version, compare_versions};
use crate::recipe::UseValue;
use crate::sidecar::Sidecar;
use crate::sign::{SignatureLine, signature_texts};

/// What an index knows about one binary package (section 9.2). Fields stand in the order of the file; the first six are
/// all that older mirrors have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The package.
    pub name: PackageName,
    /// Its version, as written.
    pub version: Version,
    /// Short form of the config hash.
    pub config_hash: ShortHash,
    /// Short form of the content hash, under its old name.
    pub file_hash: ShortHash,
    /// Bare name of the tarball: opaque, whatever its form.
    pub filename: String,
    /// Size of the tarball in bytes.
    pub size: u64,
    /// Short form of the content hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<ShortHash>,
    /// Path below `binaries/`, where it is not `<letter>/<filename>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Digest of the tarball.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Digest of the recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_hash_full: Option<Sha256>,
    /// Digest of the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash_full: Option<Sha256>,
    /// What it runs on; absent where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<BTreeMap<String, String>>,
    /// The flags that it was built with.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub use_flags: Option<BTreeMap<String, UseValue>>,
    /// Exact builds that it needs at run time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_deps: Option<Vec<RuntimeDep>>,
    /// What it offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provides: Option<Vec<String>>,
    /// What it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<Vec<String>>,
    /// Sum of the file sizes in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_size: Option<u64>,
    /// Label of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetLabel>,
    /// Where it is not [`Record::SLOT`]: packages of one name with different slots are installed side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The index serial with which the record appeared.
    #[serde(default)]
    pub published: u64,
    /// Signatures of the package statement.
    #[serde(default, with = "signature_texts", skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<SignatureLine>,
}

/// Why a record is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A file name or path that leads elsewhere.
    #[error("index record of {package}: expected `{field}` to stay below the mirror, found `{}`", found.escape_debug())]
    Place {
        /// The package.
        package: PackageName,
        /// `filename` or `path`.
        field: &'static str,
        /// The value.
        found: String,
    },
    /// A short form that does not belong to the full one, or to its other name.
    #[error("index record of {package}: expected `{field}` to be the beginning of {full}, found `{short}`")]
    Prefix {
        /// The package.
        package: PackageName,
        /// `config_hash`, `file_hash` or `content_hash`.
        field: &'static str,
        /// The short form.
        short: ShortHash,
        /// The full form.
        full: Sha256,
    },
}

impl Record {
    /// The slot of whoever says nothing about it.
    pub const SLOT: &'static str = "0";

    /// The record of a verified package.
    pub fn new(metadata: &Metadata, sidecar: &Sidecar, size: u64, path: String, published: u64) -> Self {
        let metadata = metadata.clone();
        Self {
            name: metadata.name,
            version: metadata.version,
            config_hash: sidecar.config_hash.clone(),
            file_hash: metadata.content_hash.clone(),
            filename: sidecar.file.clone(),
            size,
            content_hash: Some(metadata.content_hash),
            path: Some(path),
            sha256: Some(sidecar.sha256),
            config_hash_full: metadata.config_hash_full,
            content_hash_full: metadata.content_hash_full,
            platform: Some(metadata.platform),
            use_flags: Some(metadata.use_flags),
            runtime_deps: Some(metadata.runtime_deps),
            provides: Some(metadata.provides),
            requires: Some(metadata.requires),
            installed_size: Some(metadata.installed_size),
            target: Some(metadata.target),
            slot: Some(metadata.slot).filter(|slot| slot != Self::SLOT),
            published,
            signatures: sidecar.signatures.clone(),
        }
    }

    /// What a sidecar says: nothing of the platform, the flags and the dependencies.
    pub fn of_sidecar(sidecar: &Sidecar, size: u64, path: String) -> Self {
        Self {
            name: sidecar.package.clone(),
            version: sidecar.version.clone(),
            config_hash: sidecar.config_hash.clone(),
            file_hash: sidecar.content_hash.clone(),
            filename: sidecar.file.clone(),
            size,
            content_hash: Some(sidecar.content_hash.clone()),
            path: Some(path),
            sha256: Some(sidecar.sha256),
            config_hash_full: sidecar.config_hash_full,
            content_hash_full: sidecar.content_hash_full,
            platform: None,
            use_flags: None,
            runtime_deps: None,
            provides: None,
            requires: None,
            installed_size: None,
            target: Some(sidecar.target.clone()),
            slot: None,
            published: 0,
            signatures: sidecar.signatures.clone(),
        }
    }

    /// Path of the tarball below `binaries/`.
    pub fn place(&self) -> String {
        match &self.path {
            Some(path) => path.clone(),
            None => format!("{}/{}", self.name.letter(), self.filename),
        }
    }

    /// The order of an index: name bytes, version order, full config hash.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let hash = |record: &Self| {
            record
                .config_hash_full
                .map_or_else(|| record.config_hash.to_string(), |full| full.hex())
        };
        self.name
            .cmp(&other.name)
            .then_with(|| compare_versions(self.version.as_str(), other.version.as_str()))
            // Two spellings of one version keep an order of their own.
            .then_with(|| self.version.cmp(&other.version))
            .then_with(|| hash(self).cmp(&hash(other)))
            .then_with(|| self.filename.cmp(&other.filename))
    }

    /// Checks what the types do not.
    pub(super) fn checked(self) -> Result<Self, RecordError> {
        let place = |field, found: &str| RecordError::Place {
            package: self.name.clone(),
            field,
            found: found.chars().take(300).collect(),
        };
        let is_safe = |path: &str| {
            PayloadPath::new(path.as_bytes()).is_ok() && !path.chars().any(|c| c.is_control() || c == '\\')
        };
        if !is_safe(&self.filename) || self.filename.contains('/') {
            return Err(place("filename", &self.filename));
        }
        if let Some(path) = &self.path
            && !is_safe(path)
        {
            return Err(place("path", path));
        }
        let pairs = [
            ("config_hash", Some(&self.config_hash), self.config_hash_full),
            ("file_hash", Some(&self.file_hash), self.content_hash_full),
            ("content_hash", self.content_hash.as_ref(), self.content_hash_full),
        ];
        for (field, short, full) in pairs {
            if let (Some(short), Some(full)) = (short, full)
                && !short.fits(&full)
            {
                return Err(RecordError::Prefix {
                    package: self.name.clone(),
                    field,
                    short: short.clone(),
                    full,
                });
            }
        }
        Ok(self)
    }
}
