use std::fmt;

use binpkg::index::Record;
use binpkg::sign::{KeyId, SignatureLine, Statement, TrustList};

/// Why no signature counts. Each text says who signed, who is trusted, and how trust is added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// There is no signature at all.
    #[error(
        "{what} is not signed: expected a signature by a trusted key ({trusted}), found none; its owner signs it with `upload-binaries sign`"
    )]
    Unsigned {
        /// What should be signed.
        what: String,
        /// Who is trusted.
        trusted: Keys,
    },
    /// Signed by keys that nobody here trusts.
    #[error(
        "{what} is signed by a key that is not trusted: expected a signature by {trusted}, found {found}; if you trust that key, add it \
         with --key '<name> <base64>'"
    )]
    WrongKey {
        /// What is signed.
        what: String,
        /// Who signed.
        found: Keys,
        /// Who is trusted.
        trusted: Keys,
    },
    /// Signed by a key that was trusted once.
    #[error(
        "{what} is signed by a key that was revoked: expected a signature by {trusted}, found {found}; ask its owner for the key that \
         took its place, and add that with --key '<name> <base64>'"
    )]
    Revoked {
        /// What is signed.
        what: String,
        /// Who signed.
        found: Keys,
        /// Who is trusted.
        trusted: Keys,
    },
    /// A trusted key signed something else.
    #[error(
        "{what} is not what was signed: expected a signature of these bytes by {trusted}, found one of other bytes by {found}"
    )]
    OtherBytes {
        /// What is signed.
        what: String,
        /// Who signed.
        found: Keys,
        /// Who is trusted.
        trusted: Keys,
    },
    /// A signature file of something else.
    #[error("the signatures of {what} are not usable: {why}")]
    Form {
        /// What is signed.
        what: String,
        /// Why not.
        why: String,
    },
    /// A record that lacks what a signature is of.
    #[error(
        "{what} has no full hashes, so no signature can be checked; its owner publishes it again with `upload-binaries`"
    )]
    NoHashes {
        /// The package.
        what: String,
    },
}

/// Ids of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(pub Vec<KeyId>);

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nobody");
        }
        let texts: Vec<_> = self.0.iter().map(KeyId::to_string).collect();
        f.write_str(&texts.join(", "))
    }
}

/// The trusted keys that signed some bytes.
pub(super) fn signers(
    what: &str,
    signed: &[u8],
    lines: &[SignatureLine],
    trusted: &TrustList,
) -> Result<Vec<KeyId>, TrustError> {
    let counts = |line: &&SignatureLine| trusted.check_bytes(signed, std::slice::from_ref(line)).is_ok();
    let signers: Vec<_> = lines.iter().filter(counts).map(|line| line.key_id.clone()).collect();
    if !signers.is_empty() {
        return Ok(signers);
    }
    Err(refusal(what, lines, trusted))
}

fn refusal(what: &str, lines: &[SignatureLine], trusted: &TrustList) -> TrustError {
    let what = what.to_owned();
    let keys = Keys(trusted.ids());
    let is_in = |ids: &[KeyId]| {
        let found: Vec<_> = lines
            .iter()
            .map(|line| line.key_id.clone())
            .filter(|id| ids.contains(id))
            .collect();
        Some(Keys(found)).filter(|found| !found.0.is_empty())
    };
    if lines.is_empty() {
        return TrustError::Unsigned { what, trusted: keys };
    }
    if let Some(found) = is_in(&keys.0) {
        return TrustError::OtherBytes {
            what,
            found,
            trusted: keys,
        };
    }
    if let Some(found) = is_in(trusted.revoked()) {
        return TrustError::Revoked {
            what,
            found,
            trusted: keys,
        };
    }
    let found = Keys(lines.iter().map(|line| line.key_id.clone()).collect());
    TrustError::WrongKey {
        what,
        found,
        trusted: keys,
    }
}

/// Checks the signatures of what a record says of a package, if signatures count.
pub(super) fn check_record(record: &Record, trusted: &TrustList) -> Result<(), TrustError> {
    if trusted.is_empty() {
        return Ok(());
    }
    let what = record.filename.clone();
    let (Some(config_hash), Some(content_hash), Some(sha256)) =
        (record.config_hash_full, record.content_hash_full, record.sha256)
    else {
        return Err(TrustError::NoHashes { what });
    };
    let statement = Statement {
        name: record.name.clone(),
        version: record.version.clone(),
        config_hash,
        content_hash,
        sha256,
        size: record.size,
    };
    signers(&what, statement.to_string().as_bytes(), &record.signatures, trusted).map(drop)
}
