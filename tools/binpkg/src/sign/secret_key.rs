use std::str::FromStr;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{self, DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey};

use super::index_signatures::signed_index;
use super::{KeyId, SignatureLine, Statement, TrustedKey};

/// A secret key (section 10.1). It is wiped from memory when dropped and never printed.
pub struct SecretKey(SigningKey);

/// Why a text is no secret key. The text is never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// The other half of a key pair.
    #[error("expected a secret key, found a public one; sign with the file that `psp keygen` calls flavor-private.key")]
    Public,
    /// Something else.
    #[error("expected an Ed25519 secret key in PKCS#8 PEM (`-----BEGIN PRIVATE KEY-----`), as `psp keygen` writes it")]
    Other,
}

impl SecretKey {
    /// The key of 32 bytes that nobody can guess.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The key file, PKCS#8 PEM.
    ///
    /// # Errors
    /// None in practice: an Ed25519 key has such a form.
    pub fn to_pem(&self) -> Result<String, pkcs8::Error> {
        // Without the public half: the form that OpenSSL and FlavorPack read.
        let form = pkcs8::KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        form.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.as_str().to_owned())
    }

    /// The file of its public half, SPKI PEM.
    ///
    /// # Errors
    /// None in practice: an Ed25519 key has such a form.
    pub fn public_pem(&self) -> Result<String, pkcs8::spki::Error> {
        self.0.verifying_key().to_public_key_pem(LineEnding::LF)
    }

    /// Its public half, under its id as name.
    pub fn public(&self) -> TrustedKey {
        TrustedKey {
            name: self.id().to_string(),
            key: self.0.verifying_key(),
        }
    }

    /// Signs `index.json` or `index/root.json`.
    pub fn sign_index(&self, file: &[u8]) -> SignatureLine {
        SignatureLine {
            key_id: self.id(),
            signature: self.0.sign(&signed_index(file)),
        }
    }

    /// The name of its public half.
    pub fn id(&self) -> KeyId {
        KeyId::of(&self.0.verifying_key())
    }

    /// Signs the statement of a package.
    pub fn sign(&self, statement: &Statement) -> SignatureLine {
        statement.sign(&self.0)
    }
}

impl FromStr for SecretKey {
    type Err = SecretKeyError;

    /// Reads the text of a key file, PKCS#8 PEM.
    fn from_str(text: &str) -> Result<Self, SecretKeyError> {
        match SigningKey::from_pkcs8_pem(text.trim()) {
            Ok(key) => Ok(Self(key)),
            Err(_) if text.contains("PUBLIC KEY") => Err(SecretKeyError::Public),
            Err(_) => Err(SecretKeyError::Other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAO2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn the_key_of_the_vector() {
        let text = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n";
        let key: SecretKey = text.parse().unwrap();
        assert_eq!(key.id().to_string(), "139e3940e64b5491");
        assert_eq!(key.to_pem().unwrap(), text);
        let key = SecretKey::from_seed(&[0; 32]);
        assert_eq!(key.to_pem().unwrap(), text);
        assert_eq!(key.public_pem().unwrap(), PUBLIC);
    }

    #[test]
    fn other_texts() {
        for (text, error) in [
            (PUBLIC, SecretKeyError::Public),
            ("", SecretKeyError::Other),
            ("MC4CAQAwBQYDK2VwBCIEIAAA", SecretKeyError::Other),
        ] {
            assert_eq!(text.parse::<SecretKey>().err(), Some(error));
        }
    }
}
