use std::fmt;

use super::key::KeyIdError;
use super::{KeyId, SignatureLine, Statement, TrustLineError, TrustedKey};

/// The keys whose signatures count (section 10.1). It comes from local configuration, never from a mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustList {
    keys: Vec<TrustedKey>,
    revoked: Vec<KeyId>,
}

/// Why a trust list is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustListError {
    /// A line that is no key.
    #[error(transparent)]
    Key(#[from] TrustLineError),
    /// A line that revokes nothing.
    #[error("after `-`")]
    Revoked(#[from] KeyIdError),
}

/// Why no signature of a package counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a signature by a trusted key ({}), found {}; add the key `<name> <base64>` to the trusted ones if you trust it",
    words(trusted, "none is trusted"),
    words(found, "no signature")
)]
pub struct UntrustedError {
    /// Ids of the keys that are said to have signed.
    pub found: Vec<KeyId>,
    /// Ids that would count.
    pub trusted: Vec<KeyId>,
}

fn words(ids: &[KeyId], none: &str) -> String {
    match ids {
        [] => none.to_owned(),
        ids => ids.iter().map(KeyId::to_string).collect::<Vec<_>>().join(", "),
    }
}

impl TrustList {
    /// Reads lines `<name> <base64>` and `-<key id>`, the latter for revoked keys; a revoked key never counts, wherever its
    /// line stands.
    ///
    /// # Errors
    /// A line of another form.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, TrustListError> {
        let mut list = Self::default();
        for line in lines {
            match line.strip_prefix('-') {
                Some(id) => list.revoked.push(id.parse()?),
                None => list.keys.push(line.parse()?),
            }
        }
        let revoked = &list.revoked;
        list.keys.retain(|trusted| !revoked.contains(&KeyId::of(&trusted.key)));
        Ok(list)
    }

    /// Whether nothing is said about trust. A list that only revokes is not empty: nobody is trusted then.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.revoked.is_empty()
    }

    /// Ids of the keys that count.
    pub fn ids(&self) -> Vec<KeyId> {
        self.keys.iter().map(|trusted| KeyId::of(&trusted.key)).collect()
    }

    /// Ids of the keys that count no longer.
    pub fn revoked(&self) -> &[KeyId] {
        &self.revoked
    }

    /// The trusted key that signed the statement.
    ///
    /// # Errors
    /// None did.
    pub fn check(&self, statement: &Statement, lines: &[SignatureLine]) -> Result<&TrustedKey, UntrustedError> {
        self.check_bytes(statement.to_string().as_bytes(), lines)
    }

    /// The trusted key that signed these bytes.
    ///
    /// # Errors
    /// None did.
    pub fn check_bytes(&self, signed: &[u8], lines: &[SignatureLine]) -> Result<&TrustedKey, UntrustedError> {
        lines
            .iter()
            .find_map(|line| line.signer(signed, &self.keys))
            .ok_or_else(|| UntrustedError {
                found: lines.iter().map(|line| line.key_id.clone()).collect(),
                trusted: self.keys.iter().map(|trusted| KeyId::of(&trusted.key)).collect(),
            })
    }
}

impl fmt::Display for TrustList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keys.iter().try_for_each(|key| writeln!(f, "{key}"))?;
        self.revoked.iter().try_for_each(|id| writeln!(f, "-{id}"))
    }
}

#[cfg(test)]
mod tests {
    use digest::Sha256;
    use ed25519_dalek::SigningKey;

    use super::*;

    fn statement(size: u64) -> Statement {
        Statement {
            name: "bash".parse().unwrap(),
            version: "5.3".parse().unwrap(),
            config_hash: Sha256::of(b"recipe"),
            content_hash: Sha256::of(b"manifest"),
            sha256: Sha256::of(b"tarball"),
            size,
        }
    }

    fn line(key: &SigningKey) -> String {
        let name = "test".into();
        let key = key.verifying_key();
        TrustedKey { name, key }.to_string()
    }

    #[test]
    fn one_trusted_signature_is_enough_and_a_revoked_one_none() {
        let (one, two) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let signatures = [statement(7).sign(&one), statement(7).sign(&two)];
        let trusts = |lines: &[&str]| TrustList::parse(lines.iter().copied()).unwrap();
        let list = trusts(&[&line(&two)]);
        assert!(list.check(&statement(7), &signatures).is_ok());
        assert!(list.check(&statement(8), &signatures).is_err());
        let error = list.check(&statement(7), &signatures[..1]).unwrap_err().to_string();
        let ids = [&one, &two].map(|key| KeyId::of(&key.verifying_key()).to_string());
        assert!(
            error.contains(&format!("trusted key ({}), found {}", ids[1], ids[0])),
            "{error}"
        );
        let list = trusts(&[&format!("-{}", ids[1]), &line(&two)]);
        let error = list.check(&statement(7), &signatures).unwrap_err().to_string();
        assert!(error.contains("(none is trusted), found "), "{error}");
        assert!(!list.is_empty() && trusts(&[]).is_empty());
        let error = list.check(&statement(7), &[]).unwrap_err().to_string();
        assert!(error.contains("found no signature"), "{error}");
    }

    #[test]
    fn refused_lines() {
        for line in ["", "-", "-139e", "release x", "#"] {
            assert!(TrustList::parse([line]).is_err(), "{line}");
        }
    }
}
