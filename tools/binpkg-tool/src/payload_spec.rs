//! What rules say about a payload.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use binpkg::manifest::PayloadPath;
use binpkg::metadata::LayoutKind;
use binpkg::names::PackageName;
use binpkg::payload::{Payload, Placement};
use binpkg::recipe::Permission;
use serde::Deserialize;

/// The file after `--payload`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadSpec {
    /// The directory or file.
    source: PathBuf,
    /// The package.
    name: PackageName,
    /// `root`, `prefix`, or empty to look at the tree.
    kind: Kind,
    /// Where the source goes; empty for the usual place.
    place: String,
    /// What entries get beyond the executable bit.
    pub permissions: Vec<Permission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Root,
    Prefix,
    #[serde(rename = "")]
    Guess,
}

impl PayloadSpec {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read or has another shape.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("cannot use {}", file.display()))
    }

    /// Looks at the source.
    ///
    /// # Errors
    /// It cannot be packed.
    pub fn scan(&self) -> Result<Payload> {
        let place = match self.place.as_str() {
            "" => None,
            place => Some(PayloadPath::new(place).context("`place` cannot be one")?),
        };
        let placement = Placement {
            name: &self.name,
            kind: match self.kind {
                Kind::Root => Some(LayoutKind::Root),
                Kind::Prefix => Some(LayoutKind::Prefix),
                Kind::Guess => None,
            },
            place: place.as_ref(),
            permissions: &self.permissions,
        };
        Payload::scan(&self.source, &placement).with_context(|| format!("cannot pack {}", self.source.display()))
    }
}
