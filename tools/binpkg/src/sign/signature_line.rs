use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ed25519_dalek::Signature;

use super::{KeyId, TrustedKey};

/// A signature and whose it is: `<key id> <base64>`, in a sidecar, an index record or a `.sig` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// The key that is said to have made it.
    pub key_id: KeyId,
    /// The signature.
    pub signature: Signature,
}

impl SignatureLine {
    /// The trusted key that made it over these bytes; `None` when no trusted key did.
    pub fn signer<'a>(&self, signed: &[u8], trusted: &'a [TrustedKey]) -> Option<&'a TrustedKey> {
        let mut candidates = trusted.iter().filter(|trusted| KeyId::of(&trusted.key) == self.key_id);
        candidates.find(|trusted| trusted.key.verify_strict(signed, &self.signature).is_ok())
    }
}

/// A text that is no signature line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a signature as `<key id of 16 hex digits> <base64 of 64 bytes>`, found `{}`", found.escape_debug())]
pub struct SignatureLineError {
    found: String,
}

impl FromStr for SignatureLine {
    type Err = SignatureLineError;

    fn from_str(text: &str) -> Result<Self, SignatureLineError> {
        let parse = || {
            let (key_id, signature) = text.split_once(' ')?;
            let mut bytes = [0; 64];
            let length = Base64::decode(signature, &mut bytes).ok()?.len();
            (length == bytes.len()).then_some(())?;
            Some(Self {
                key_id: key_id.parse().ok()?,
                signature: Signature::from_bytes(&bytes),
            })
        };
        parse().ok_or_else(|| SignatureLineError {
            found: text.chars().take(120).collect(),
        })
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            self.key_id,
            Base64::encode_string(&self.signature.to_bytes())
        )
    }
}

/// Serde for a list of signature lines as texts.
pub mod signature_texts {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::SignatureLine;

    /// Writes each line as one text.
    pub fn serialize<S: Serializer>(lines: &[SignatureLine], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(lines.iter().map(ToString::to_string))
    }

    /// Reads what `serialize` wrote.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SignatureLine>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .iter()
            .map(|text| text.parse().map_err(serde::de::Error::custom))
            .collect()
    }
}
