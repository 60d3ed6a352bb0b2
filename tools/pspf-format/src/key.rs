use std::fmt;

use digest::Sha256;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

/// A key text that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not the PEM form that the key kind has.
    #[error("expected an Ed25519 {expected} in PEM form ({tag}), found {found}")]
    Pem {
        /// `public key` or `private key`.
        expected: &'static str,
        /// The PEM tag it must have.
        tag: &'static str,
        /// What was there instead.
        found: String,
    },
    /// The public key does not belong to the private key.
    #[error("the public key does not belong to the private key (expected fingerprint {expected}, found {found})")]
    Mismatch {
        /// Fingerprint of the private key's own public key.
        expected: Sha256,
        /// Fingerprint of the public key that was given.
        found: Sha256,
    },
}

/// A raw Ed25519 public key. Any 32 bytes can stand in a file, so construction checks nothing;
/// [`PublicKey::verify`] refuses keys that are no curve point or of small order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

/// A raw Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes the 64 bytes as stored.
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The 64 bytes.
    pub const fn to_bytes(self) -> [u8; 64] {
        self.0
    }

    /// True for the all-zero field of a package nobody signed.
    pub fn is_absent(&self) -> bool {
        self.0 == [0; 64]
    }
}

impl PublicKey {
    /// Takes the 32 bytes as stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 of the raw key: how a key is named everywhere.
    pub fn fingerprint(&self) -> Sha256 {
        Sha256::of(&self.0)
    }

    /// First 16 hex digits of the fingerprint: the file name in a trust store.
    pub fn key_id(&self) -> String {
        self.fingerprint().hex()[..16].to_owned()
    }

    /// True when the bytes are a curve point of large order, so that a signature can mean anything.
    pub fn is_sound(&self) -> bool {
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| !key.is_weak())
    }

    /// Strict Ed25519 verification: small-order keys and signature points never verify.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| {
            key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0))
                .is_ok()
        })
    }

    /// Reads an SPKI PEM text (`PUBLIC KEY`).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        match VerifyingKey::from_public_key_pem(text.trim()) {
            Ok(key) => Ok(Self(key.to_bytes())),
            Err(_) => Err(pem_error("public key", "PUBLIC KEY", text)),
        }
    }

    /// Writes an SPKI PEM text; `None` when the bytes are no curve point.
    pub fn to_pem(&self) -> Option<String> {
        VerifyingKey::from_bytes(&self.0)
            .ok()?
            .to_public_key_pem(LineEnding::LF)
            .ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.key_id())
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.0[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        write!(f, "Signature({start}…)")
    }
}

/// An Ed25519 private key. It is wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// The development key of a seed: SHA-256 of its UTF-8 bytes (section 1.7).
    ///
    /// A seed is public by nature; whoever reads the build file can sign with it.
    pub fn from_seed(seed: &str) -> Self {
        Self(SigningKey::from_bytes(Sha256::of(seed.as_bytes()).as_bytes()))
    }

    /// A key from 32 bytes of entropy that the caller drew.
    pub fn from_entropy(entropy: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&entropy))
    }

    /// Reads a PKCS#8 PEM text (`PRIVATE KEY`).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        match SigningKey::from_pkcs8_pem(text.trim()) {
            Ok(key) => Ok(Self(key)),
            Err(_) => Err(pem_error("private key", "PRIVATE KEY", text)),
        }
    }

    /// Writes the 48 byte PKCS#8 form that `flavor keygen` writes, in PEM.
    pub fn to_pem(&self) -> String {
        // Without the public key, as FlavorPack's readers know the form.
        let form = ed25519_dalek::pkcs8::KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        form.to_pkcs8_pem(LineEnding::LF)
            .map(|pem| pem.to_string())
            .unwrap_or_default()
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message`; the same key and message always give the same signature.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }

    /// Checks that `public` is the other half of this key.
    pub fn check_pair(&self, public: &PublicKey) -> Result<(), KeyError> {
        if self.public() == *public {
            return Ok(());
        }
        Err(KeyError::Mismatch {
            expected: self.public().fingerprint(),
            found: public.fingerprint(),
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {})", self.public().key_id())
    }
}

/// Says what was found without repeating it: the text may be a secret.
fn pem_error(expected: &'static str, tag: &'static str, text: &str) -> KeyError {
    let found = match text.trim().lines().find(|line| line.starts_with("-----BEGIN ")) {
        Some(line) => format!("`{}`", line.chars().take(60).collect::<String>()),
        None => format!("{} bytes without a PEM header", text.len()),
    };
    KeyError::Pem { expected, tag, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_s1_gives_the_known_key() {
        let key = PrivateKey::from_seed("s1").public();
        let hex: String = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "edcf7af5bd19035711c8a4d4dde178e89a1746ba9d123eb1bac27744a9de8743");
        assert_eq!(
            key.fingerprint().hex(),
            "123b3456462c7d4e96ec06d57d3f65ecb9a7afa27c188bc50b776827aa3e3619"
        );
        assert_eq!(key.key_id(), "123b3456462c7d4e");
    }

    #[test]
    fn pem_forms_round_trip() {
        let key = PrivateKey::from_seed("x");
        assert_eq!(PrivateKey::from_pem(&key.to_pem()).unwrap().public(), key.public());
        assert_eq!(PublicKey::from_pem(&key.public().to_pem().unwrap()), Ok(key.public()));
        // 48 and 44 bytes of DER, one line each.
        assert_eq!(key.to_pem().lines().nth(1).map(str::len), Some(64));
        assert_eq!(key.public().to_pem().unwrap().lines().nth(1).map(str::len), Some(60));
    }

    #[test]
    fn errors_name_what_was_found_and_no_secret() {
        let private = PrivateKey::from_seed("x").to_pem();
        assert_eq!(
            PublicKey::from_pem(&private).unwrap_err().to_string(),
            "expected an Ed25519 public key in PEM form (PUBLIC KEY), found `-----BEGIN PRIVATE KEY-----`"
        );
        assert_eq!(
            PrivateKey::from_pem("junk").unwrap_err().to_string(),
            "expected an Ed25519 private key in PEM form (PRIVATE KEY), found 4 bytes without a PEM header"
        );
    }

    #[test]
    fn small_order_keys_never_verify() {
        let mut key = [0; 32];
        key[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        let key = PublicKey::from_bytes(key);
        assert!(!key.is_sound());
        assert!(!key.verify(b"anything", &Signature::from_bytes(signature)));
    }

    #[test]
    fn mismatched_pairs_are_refused() {
        let (one, two) = (PrivateKey::from_seed("1"), PrivateKey::from_seed("2"));
        assert_eq!(one.check_pair(&one.public()), Ok(()));
        assert!(matches!(one.check_pair(&two.public()), Err(KeyError::Mismatch { .. })));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(
            format!("{:?}", PrivateKey::from_seed("s1")),
            "PrivateKey(of 123b3456462c7d4e)"
        );
    }
}
