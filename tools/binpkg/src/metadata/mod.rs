//! `METADATA.json` (section 5): what a package is, without a time, host, user or absolute path.

mod label;
mod layout;

use std::collections::BTreeMap;

use digest::Sha256;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::names::{PackageName, ShortHash, Version};
use crate::recipe::{RecipeKind, UseValue};

pub use label::{LabelError, TargetLabel};
pub use layout::{Layout, LayoutKind};

/// The content of `METADATA.json`. Fields stand in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// [`Metadata::SCHEMA`]; older packages have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Label of the target.
    pub target: TargetLabel,
    /// The package.
    pub name: PackageName,
    /// Its version, as written.
    pub version: Version,
    /// Short form of the config hash.
    pub config_hash: ShortHash,
    /// Short form of the content hash.
    pub content_hash: ShortHash,
    /// Digest of the recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_hash_full: Option<Sha256>,
    /// Digest of the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash_full: Option<Sha256>,
    /// `pack` for what another rule made; absent for a build from source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe_kind: Option<RecipeKind>,
    /// What it runs on.
    #[serde(default)]
    pub platform: BTreeMap<String, String>,
    /// Where its files go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// The flags that it was built with.
    #[serde(default, rename = "use")]
    pub use_flags: BTreeMap<String, UseValue>,
    /// Exact builds that it needs at run time.
    #[serde(default)]
    pub runtime_deps: Vec<RuntimeDep>,
    /// What it offers: `bin:`, `so:` and `pc:` names.
    #[serde(default)]
    pub provides: Vec<String>,
    /// What it needs: `so:` names.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Several versions may be installed in different slots.
    #[serde(default = "default_slot")]
    pub slot: String,
    /// Sum of the file sizes in bytes.
    #[serde(default)]
    pub installed_size: u64,
    /// Number of entries of the manifest.
    #[serde(default)]
    pub file_count: u64,
    /// SPDX expression.
    #[serde(default)]
    pub license: String,
    /// Address of the program's authors.
    #[serde(default)]
    pub homepage: String,
    /// One line for people.
    #[serde(default)]
    pub description: String,
    /// Keys that this version does not know: kept, and otherwise ignored.
    #[serde(flatten)]
    pub unknown: Map<String, Json>,
}

/// An exact build that a package needs at run time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeDep {
    /// The package.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// Its full config hash.
    pub config_hash_full: Sha256,
}

/// Why a text is no metadata.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// No JSON, or not of this shape.
    #[error("METADATA.json is not usable")]
    Json(#[from] serde_json::Error),
    /// Written by a newer version.
    #[error(
        "METADATA.json has the schema `{found}`; reading it takes a newer tool, one that knows {found} (this one knows {})",
        Metadata::SCHEMA
    )]
    Schema {
        /// Its schema.
        found: String,
    },
    /// A short form that does not belong to the full one.
    #[error("METADATA.json: expected `{field}` to be the beginning of `{field}_full` ({full}), found `{short}`")]
    Prefix {
        /// `config_hash` or `content_hash`.
        field: &'static str,
        /// The short form.
        short: ShortHash,
        /// The full form.
        full: Sha256,
    },
}

fn default_slot() -> String {
    "0".into()
}

impl Metadata {
    /// The schema that this version writes.
    pub const SCHEMA: &'static str = "binpkg-metadata/1";

    /// Reads metadata, also of older tools.
    ///
    /// # Errors
    /// No JSON, a missing field, a wrong type, a newer schema, hashes that contradict each other.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        #[derive(Deserialize)]
        struct Schema {
            schema: Option<String>,
        }
        // First of all: a newer schema may have another shape.
        if let Some(found) = serde_json::from_slice::<Schema>(bytes)?.schema
            && found != Self::SCHEMA
        {
            return Err(MetadataError::Schema { found });
        }
        let metadata: Self = serde_json::from_slice(bytes)?;
        for (field, short, full) in [
            ("config_hash", &metadata.config_hash, metadata.config_hash_full),
            ("content_hash", &metadata.content_hash, metadata.content_hash_full),
        ] {
            if let Some(full) = full
                && !short.fits(&full)
            {
                return Err(MetadataError::Prefix {
                    field,
                    short: short.clone(),
                    full,
                });
            }
        }
        Ok(metadata)
    }

    /// The bytes of the file: two-space indent, keys in order, a line end.
    ///
    /// # Errors
    /// None in practice: every field has a JSON form.
    pub fn to_json(&self) -> Result<String, MetadataError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
