use std::str::FromStr;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey;

use super::{KeyId, SignatureLine, Statement};

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

    #[test]
    fn the_key_of_the_vector() {
        let text = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n";
        assert_eq!(text.parse::<SecretKey>().unwrap().id().to_string(), "139e3940e64b5491");
    }

    #[test]
    fn other_texts() {
        let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAO2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=\n-----END PUBLIC KEY-----\n";
        for (text, error) in [
            (public, SecretKeyError::Public),
            ("", SecretKeyError::Other),
            ("MC4CAQAwBQYDK2VwBCIEIAAA", SecretKeyError::Other),
        ] {
            assert_eq!(text.parse::<SecretKey>().err(), Some(error));
        }
    }
}
