use std::fmt;
use std::io;

/// The part of a package that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The last 8200 bytes: length and magics.
    Trailer,
    /// The index block.
    Index,
    /// The compressed metadata and its JSON.
    Metadata,
    /// The public key and its fingerprint.
    Key,
    /// The signature over the metadata.
    Signature,
    /// The seal over launcher, slot table and index.
    Seal,
    /// The slot table.
    SlotTable,
    /// The stored bytes of one slot, by id.
    Payload(String),
    /// The launcher that begins the file.
    Launcher,
    /// Bytes that belong to nothing.
    Gap,
    /// The attestation slot and its digest.
    Attestation,
    /// The package's policy and its hash.
    Policy,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trailer => "trailer",
            Self::Index => "index",
            Self::Metadata => "metadata",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Seal => "seal",
            Self::SlotTable => "slot table",
            // Ids come from the file: no control characters on a terminal.
            Self::Payload(id) => return write!(f, "slot payload {}", id.escape_debug()),
            Self::Launcher => "launcher",
            Self::Gap => "gap",
            Self::Attestation => "attestation",
            Self::Policy => "policy",
        })
    }
}

/// What kind of fault a finding is; programs choose exit codes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not a package, or one that cannot be read as the format says.
    Format,
    /// A readable package whose digests, signature or seal do not hold.
    Integrity,
}

/// One fault: which part, what it should be, what it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: expected {expected}, found {found}")]
pub struct Finding {
    /// Where.
    pub part: Part,
    /// Format or integrity.
    pub kind: Kind,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl Finding {
    /// A fault in the form of the package.
    pub(crate) fn format(part: Part, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            part,
            kind: Kind::Format,
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// A digest, signature or seal that does not hold.
    pub(crate) fn integrity(part: Part, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            part,
            kind: Kind::Integrity,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

/// Why a package was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The package is at fault.
    #[error(transparent)]
    Finding(#[from] Finding),
    /// Reading failed; says nothing about the package.
    #[error("cannot read the package at offset {offset}: {source}")]
    Read {
        /// Where reading failed.
        offset: u64,
        /// Why.
        source: io::Error,
    },
}

impl Refusal {
    pub(crate) fn read(offset: u64, source: io::Error) -> Self {
        Self::Read { offset, source }
    }

    /// The finding, when the package is at fault.
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Finding(finding) => Some(finding),
            Self::Read { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_with_part_expected_and_found() {
        let finding = Finding::format(Part::Payload("a\u{1b}[2J".into()), "4 bytes", "5 bytes");
        assert_eq!(
            finding.to_string(),
            "slot payload a\\u{1b}[2J: expected 4 bytes, found 5 bytes"
        );
    }
}
