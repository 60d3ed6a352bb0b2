use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A version as its author wrote it: any text without control characters, at most 64 bytes, at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(String);

/// A version as a file name holds it (section 2.1): `[A-Za-z0-9][A-Za-z0-9+._~]*`, at most 64 bytes, no `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionToken(String);

/// Why a text is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a version of 1 to {} bytes that starts with a letter or digit and has no control character, found `{}`",
    Version::MAX,
    found.escape_debug()
)]
pub struct VersionError {
    found: String,
}

impl Version {
    /// Longest version in bytes.
    pub const MAX: usize = 64;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for file names: every byte outside `[A-Za-z0-9+._~]` becomes `_`.
    ///
    /// Two versions may have one token; a packager refuses the second of them ([`Version::clashes_with`]).
    pub fn token(&self) -> VersionToken {
        let byte = |byte: u8| if is_token_byte(byte) { char::from(byte) } else { '_' };
        VersionToken(self.0.bytes().map(byte).collect())
    }

    /// True for another version that would have the same file name.
    pub fn clashes_with(&self, other: &Self) -> bool {
        self != other && self.token() == other.token()
    }
}

impl VersionToken {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+._~".contains(&byte)
}

fn refuse(text: &str) -> VersionError {
    VersionError {
        found: text.chars().take(80).collect(),
    }
}

fn has_length_and_start(text: &str) -> bool {
    text.len() <= Version::MAX && text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if !has_length_and_start(text) || text.chars().any(char::is_control) {
            return Err(refuse(text));
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for VersionToken {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if !has_length_and_start(text) || !text.bytes().all(is_token_byte) {
            return Err(refuse(text));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for VersionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn tokens() {
        for (text, token) in [
            ("5.3", "5.3"),
            ("2.0-rc1", "2.0_rc1"),
            ("1:2.3", "1_2.3"),
            ("1.0~git+a", "1.0~git+a"),
            ("1 ü", "1___"),
        ] {
            assert_eq!(version(text).token().as_str(), token);
        }
        assert!(version("2.0-rc1").clashes_with(&version("2.0_rc1")));
        assert!(!version("2.0").clashes_with(&version("2.0")));
    }

    #[test]
    fn refused_texts() {
        for text in ["", "-1", ".1", "~1", "1\n", "1\0", &"1".repeat(65)] {
            let error = text.parse::<Version>().unwrap_err().to_string();
            assert!(error.starts_with("expected a version of 1 to 64 bytes"), "{error}");
        }
        assert!("1-2".parse::<VersionToken>().is_err());
    }

    proptest! {
        #[test]
        fn every_version_has_a_token(text in ".{0,70}") {
            if let Ok(version) = text.parse::<Version>() {
                let token = version.token();
                prop_assert_eq!(token.as_str().parse::<VersionToken>(), Ok(token));
            }
        }
    }
}
