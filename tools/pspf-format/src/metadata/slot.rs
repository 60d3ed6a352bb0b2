use digest::Sha256;
use serde::Serialize;
use serde_json::{Error, Value};

use crate::Lifecycle;
use crate::json::{Fields, FromJson, deserialize_from_json};

/// One entry of `slots` (section 2), as signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SlotEntry {
    /// Position.
    pub slot: u64,
    /// Unique name.
    pub id: String,
    /// Where the builder took it from.
    pub source: String,
    /// Path in the extracted tree; ignored for a tree slot.
    pub target: String,
    /// Stored length; in Python's packages the length of the source.
    pub size: u64,
    /// See [`SlotEntry::signed_digest`].
    pub checksum: String,
    /// Text form of the operation chain.
    pub operations: String,
    /// Free word.
    pub purpose: String,
    /// See [`Lifecycle`].
    pub lifecycle: String,
    /// Octal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<String>,
    /// A slot that stands for the package itself and stores nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_ref: Option<bool>,
}

/// What the signature says about a slot's stored bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedDigest {
    /// Their SHA-256.
    Full(Sha256),
    /// The first 16 hex digits of it: Python's attestation slot.
    Prefix(String),
    /// Nothing is stored.
    Empty,
}

impl FromJson for SlotEntry {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            slot: fields.optional("slot")?,
            id: fields.optional("id")?,
            source: fields.optional("source")?,
            target: fields.optional("target")?,
            size: fields.optional("size")?,
            checksum: fields.optional("checksum")?,
            operations: fields.optional("operations")?,
            purpose: fields.optional("purpose")?,
            lifecycle: fields.optional("lifecycle")?,
            permissions: fields.field("permissions")?,
            self_ref: fields.field("self_ref")?,
        })
    }
}

deserialize_from_json!(SlotEntry);

impl SlotEntry {
    /// Reads `checksum` with its exceptions (sections 1.6 and 9); `None` when it is in no known form
    /// and the stored bytes are therefore not signed.
    pub fn signed_digest(&self) -> Option<SignedDigest> {
        if self.self_ref == Some(true) {
            return Some(SignedDigest::Empty);
        }
        if let Some(hex) = self.checksum.strip_prefix("sha256:") {
            return hex.parse().ok().map(SignedDigest::Full);
        }
        let is_hex = self
            .checksum
            .bytes()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        (self.is_attestation() && self.checksum.len() == 16 && is_hex)
            .then(|| SignedDigest::Prefix(self.checksum.clone()))
    }

    /// True for a slot that holds SBOM and provenance.
    pub fn is_attestation(&self) -> bool {
        self.lifecycle == Lifecycle::Attestation.word()
    }
}

impl SignedDigest {
    /// True when `actual`, the digest of `size` stored bytes, is what was signed.
    pub fn matches(&self, actual: &Sha256, size: u64) -> bool {
        match self {
            Self::Full(expected) => expected == actual,
            Self::Prefix(expected) => actual.hex().starts_with(expected.as_str()),
            Self::Empty => size == 0,
        }
    }
}

impl std::fmt::Display for SignedDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Full(digest) => write!(f, "sha256 {digest}"),
            Self::Prefix(prefix) => write!(f, "sha256 {prefix}…"),
            Self::Empty => f.write_str("no bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(checksum: &str, lifecycle: &str) -> SlotEntry {
        SlotEntry {
            checksum: checksum.into(),
            lifecycle: lifecycle.into(),
            ..SlotEntry::default()
        }
    }

    #[test]
    fn short_checksums_are_for_attestations_only() {
        let digest = Sha256::of(b"x");
        let (full, short) = (format!("sha256:{digest}"), &digest.hex()[..16]);
        assert_eq!(
            entry(&full, "runtime").signed_digest(),
            Some(SignedDigest::Full(digest))
        );
        assert!(entry(short, "attestation").signed_digest().unwrap().matches(&digest, 1));
        assert!(
            !entry(short, "attestation")
                .signed_digest()
                .unwrap()
                .matches(&Sha256::of(b"y"), 1)
        );
        for (checksum, lifecycle) in [
            (short, "runtime"),
            ("", "runtime"),
            ("", "attestation"),
            ("sha256:00", "runtime"),
        ] {
            assert_eq!(entry(checksum, lifecycle).signed_digest(), None, "{checksum}");
        }
    }
}
