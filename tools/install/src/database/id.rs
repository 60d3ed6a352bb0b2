use std::fmt;
use std::str::FromStr;

use binpkg::metadata::Metadata;
use binpkg::names::PackageName;
use serde::{Deserialize, Serialize};

use crate::error::InstallError;

/// What an installed package is known by: its name and its slot. Of each there is one version at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageId {
    name: PackageName,
    slot: String,
}

/// Longest slot in bytes.
const MAX_SLOT: usize = 64;

impl PackageId {
    /// The identity that metadata give.
    ///
    /// # Errors
    /// A slot that cannot be a part of a file name.
    pub fn of(metadata: &Metadata) -> Result<Self, InstallError> {
        Self::new(metadata.name.clone(), &metadata.slot)
    }

    fn new(name: PackageName, slot: &str) -> Result<Self, InstallError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+~-".contains(&byte);
        if slot.is_empty() || slot.len() > MAX_SLOT || !slot.bytes().all(plain) {
            return Err(InstallError::Id {
                found: format!("{name}@{slot}"),
            });
        }
        Ok(Self {
            name,
            slot: slot.into(),
        })
    }

    /// The name.
    pub fn name(&self) -> &PackageName {
        &self.name
    }

    /// The slot, `0` for most packages.
    pub fn slot(&self) -> &str {
        &self.slot
    }
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name.as_str(), self.slot)
    }
}

impl FromStr for PackageId {
    type Err = InstallError;

    fn from_str(text: &str) -> Result<Self, InstallError> {
        let parsed = text
            .split_once('@')
            .and_then(|(name, slot)| Some((name.parse().ok()?, slot)));
        let (name, slot) = parsed.ok_or_else(|| InstallError::Id { found: text.into() })?;
        Self::new(name, slot)
    }
}

impl TryFrom<String> for PackageId {
    type Error = InstallError;

    fn try_from(text: String) -> Result<Self, InstallError> {
        text.parse()
    }
}

impl From<PackageId> for String {
    fn from(id: PackageId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_slots() {
        let id: PackageId = "gtk+@3".parse().unwrap();
        assert_eq!((id.name().as_str(), id.slot()), ("gtk+", "3"));
        assert_eq!(id.to_string(), "gtk+@3");
        for text in ["gtk", "gtk@", "@0", "gtk@../x", "gtk@a b", "a/b@0", "gtk@0@1"] {
            assert!(text.parse::<PackageId>().is_err(), "{text}");
        }
    }
}
