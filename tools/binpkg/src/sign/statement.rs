use std::fmt;

use digest::Sha256;
use ed25519_dalek::{Signer, SigningKey};

use super::{KeyId, SignatureLine, TrustedKey};
use crate::escape::escape;
use crate::names::{PackageName, Version};

/// What a signature of a package says (section 10.2): these bytes are this package, in this configuration.
///
/// Because name and config hash are in it, a mirror cannot serve a valid package under another name or configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The package.
    pub name: PackageName,
    /// Its version, as written.
    pub version: Version,
    /// Digest of the recipe.
    pub config_hash: Sha256,
    /// Digest of the manifest.
    pub content_hash: Sha256,
    /// Digest of the tarball.
    pub sha256: Sha256,
    /// Size of the tarball in bytes.
    pub size: u64,
}

impl Statement {
    /// Signs it.
    pub fn sign(&self, key: &SigningKey) -> SignatureLine {
        SignatureLine {
            key_id: KeyId::of(&key.verifying_key()),
            signature: key.sign(self.to_string().as_bytes()),
        }
    }

    /// The trusted key that made the signature; `None` when no trusted key did.
    pub fn signer<'a>(&self, line: &SignatureLine, trusted: &'a [TrustedKey]) -> Option<&'a TrustedKey> {
        line.signer(self.to_string().as_bytes(), trusted)
    }
}

impl fmt::Display for Statement {
    /// The signed bytes: seven lines, each with its line end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "binpkg-package/1")?;
        writeln!(f, "name {}", escape(self.name.as_str().as_bytes()))?;
        writeln!(f, "version {}", escape(self.version.as_str().as_bytes()))?;
        writeln!(f, "config-hash {}", self.config_hash)?;
        writeln!(f, "content-hash {}", self.content_hash)?;
        writeln!(f, "sha256 {}", self.sha256)?;
        writeln!(f, "size {}", self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        Statement {
            name: "bash".parse().unwrap(),
            version: "5.3".parse().unwrap(),
            config_hash: "868845397d188ff1b608a67161a0f48c33fc44e696bf4828059d4b789dc0da61"
                .parse()
                .unwrap(),
            content_hash: "f44b10b1b114dccc83c518c961de2a709ba1e79b7f6d1056b6040baef94428d9"
                .parse()
                .unwrap(),
            sha256: "db4b4d0d1cb480bf9aeea253771c00febe627f236765fa37d6a5614f079a3aa0"
                .parse()
                .unwrap(),
            size: 7,
        }
    }

    fn trusted(key: &SigningKey) -> TrustedKey {
        TrustedKey {
            name: "test".into(),
            key: key.verifying_key(),
        }
    }

    const LINE: &str = "139e3940e64b5491 \
        hha3diSBROPqopcaeedRSTWVlTVJNTRoTeatiXV1OvtXr7BNnANuf7H9tN5HjApOx2C3JzmLdvpip9utnyINBQ==";

    /// The vector of section 10.2.
    #[test]
    fn vector() {
        let (statement, key) = (statement(), SigningKey::from_bytes(&[0; 32]));
        let digest = Sha256::of(statement.to_string().as_bytes());
        assert_eq!(
            digest.hex(),
            "66c7e74b95992c4b5ca148077fc0f1fb566c59aae89e809972b6a3a2b6d5ab56"
        );
        assert_eq!(statement.sign(&key).to_string(), LINE);
        let line = LINE.parse().unwrap();
        assert_eq!(statement.signer(&line, &[trusted(&key)]), Some(&trusted(&key)));
    }

    #[test]
    fn every_field_is_signed() {
        let key = SigningKey::from_bytes(&[0; 32]);
        let line = LINE.parse().unwrap();
        let changes: [fn(&mut Statement); 6] = [
            |s| s.name = "zsh".parse().unwrap(),
            |s| s.version = "5.4".parse().unwrap(),
            |s| s.config_hash = Sha256::of(b""),
            |s| s.content_hash = Sha256::of(b""),
            |s| s.sha256 = Sha256::of(b""),
            |s| s.size = 8,
        ];
        for change in changes {
            let mut other = statement();
            change(&mut other);
            assert_eq!(other.signer(&line, &[trusted(&key)]), None, "{other}");
        }
    }

    #[test]
    fn other_keys_do_not_count() {
        let stranger = SigningKey::from_bytes(&[1; 32]);
        let ours = SigningKey::from_bytes(&[0; 32]);
        let mut line = statement().sign(&stranger);
        assert_eq!(statement().signer(&line, &[trusted(&ours)]), None);
        // Nor does a signature that pretends to be ours.
        line.key_id = KeyId::of(&ours.verifying_key());
        assert_eq!(statement().signer(&line, &[trusted(&ours)]), None);
    }

    #[test]
    fn refused_lines() {
        for text in [
            "",
            "139e3940e64b5491",
            &LINE[..60],
            &LINE.replace("139e", "139E"),
            &LINE.replace('=', ""),
        ] {
            let error = text.parse::<SignatureLine>().unwrap_err().to_string();
            assert!(error.starts_with("expected a signature as"), "{error}");
        }
    }

    /// A version with a blank stays one field.
    #[test]
    fn fields_are_escaped() {
        let mut statement = statement();
        statement.version = "1 size".parse().unwrap();
        assert!(statement.to_string().contains("\nversion 1%20size\n"));
    }
}
