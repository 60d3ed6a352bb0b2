use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use digest::Sha256;
use ed25519_dalek::VerifyingKey;

/// Name of a key: the first 16 hex digits of SHA-256 of the raw public key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

/// A text that is no key id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a key id of 16 lower-case hex digits, found `{}`", found.escape_debug())]
pub struct KeyIdError {
    found: String,
}

impl KeyId {
    /// The id of a public key.
    pub fn of(key: &VerifyingKey) -> Self {
        Self(Sha256::of(key.as_bytes()).hex()[..16].to_owned())
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        if text.len() != 16 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            let found = text.chars().take(80).collect();
            return Err(KeyIdError { found });
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line `<name> <base64 of the 32 raw bytes>` of a trust list. It comes from local configuration, never from a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// What people call it.
    pub name: String,
    /// The public key; never one of small order, with which a signature would mean nothing.
    pub key: VerifyingKey,
}

/// A line that is no trusted key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustLineError {
    /// Not two words.
    #[error("expected `<name> <base64 of 32 bytes>`, found `{}`", found.escape_debug())]
    Form {
        /// The line.
        found: String,
    },
    /// Bytes that are no sound Ed25519 public key.
    #[error("expected an Ed25519 public key for `{name}`, found bytes that are none")]
    Key {
        /// Its name.
        name: String,
    },
}

impl FromStr for TrustedKey {
    type Err = TrustLineError;

    fn from_str(line: &str) -> Result<Self, TrustLineError> {
        let refuse = || TrustLineError::Form {
            found: line.chars().take(120).collect(),
        };
        let (name, text) = line.split_once(' ').ok_or_else(refuse)?;
        let mut bytes = [0; 32];
        let length = Base64::decode(text, &mut bytes).map_err(|_| refuse())?.len();
        if length != bytes.len() || name.is_empty() || name.chars().any(char::is_control) {
            return Err(refuse());
        }
        match VerifyingKey::from_bytes(&bytes) {
            Ok(key) if !key.is_weak() => Ok(Self { name: name.into(), key }),
            _ => Err(TrustLineError::Key { name: name.into() }),
        }
    }
}

impl fmt::Display for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, Base64::encode_string(self.key.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "release O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=";

    /// The key of section 10.2.
    #[test]
    fn vector() {
        let trusted: TrustedKey = LINE.parse().unwrap();
        assert_eq!(KeyId::of(&trusted.key).to_string(), "139e3940e64b5491");
        assert_eq!(trusted.to_string(), LINE);
    }

    #[test]
    fn refused_lines() {
        let zero = format!("x {}", Base64::encode_string(&[0; 32]));
        for line in [
            "",
            "release",
            &LINE[..40],
            &format!("{LINE} x"),
            &LINE.replace("release", ""),
            &zero,
        ] {
            assert!(line.parse::<TrustedKey>().is_err(), "{line}");
        }
    }
}
