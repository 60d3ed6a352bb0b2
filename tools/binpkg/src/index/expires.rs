use std::fmt;

use serde::{Deserialize, Serialize};

/// When a signed index stops to count: `2026-09-01T00:00:00Z`, always UTC and in seconds, so that texts compare as times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expires(String);

/// A text that is no such time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as `2026-09-01T00:00:00Z`, found `{}`", found.escape_debug())]
pub struct ExpiresError {
    found: String,
}

impl TryFrom<String> for Expires {
    type Error = ExpiresError;

    fn try_from(text: String) -> Result<Self, ExpiresError> {
        const FORM: &[u8] = b"0000-00-00T00:00:00Z";
        let fits = |(byte, form): (u8, &u8)| {
            if *form == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == *form
            }
        };
        if text.len() != FORM.len() || !text.bytes().zip(FORM).all(fits) {
            return Err(ExpiresError {
                found: text.chars().take(60).collect(),
            });
        }
        Ok(Self(text))
    }
}

impl From<Expires> for String {
    fn from(expires: Expires) -> Self {
        expires.0
    }
}

impl fmt::Display for Expires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
