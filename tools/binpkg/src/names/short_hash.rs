use std::fmt;
use std::str::FromStr;

use digest::Sha256;
use serde::{Deserialize, Serialize};

/// The first 8 to 64 hex digits of a digest: for names and people. It never identifies anything by itself (D3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ShortHash(String);

/// A text that is no short form of a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 8 to 64 lower-case hex digits, found `{}`", found.escape_debug())]
pub struct ShortHashError {
    found: String,
}

impl ShortHash {
    /// The usual short form: 8 digits.
    pub fn of(digest: &Sha256) -> Self {
        Self(digest.short())
    }

    /// The shortest of 8, 12, 16, … digits that no other digest of `taken` begins with (section 2.3).
    ///
    /// `taken` are the full hashes that a mirror holds for the same name and version; `digest` itself may be among them.
    pub fn unique<'a>(digest: &Sha256, taken: impl IntoIterator<Item = &'a Sha256>) -> Self {
        let hex = digest.hex();
        let shared = |other: &Sha256| hex.bytes().zip(other.hex().bytes()).take_while(|(a, b)| a == b).count();
        let longest = taken.into_iter().filter(|other| *other != digest).map(shared).max();
        // One digit more than is shared with anybody, in steps of four.
        let needed = longest.map_or(8, |shared| (shared + 1).next_multiple_of(4).max(8));
        Self(hex[..needed.min(64)].to_owned())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when `digest` begins with these digits.
    pub fn fits(&self, digest: &Sha256) -> bool {
        digest.hex().starts_with(&self.0)
    }
}

impl FromStr for ShortHash {
    type Err = ShortHashError;

    fn from_str(text: &str) -> Result<Self, ShortHashError> {
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hex || !(8..=64).contains(&text.len()) {
            return Err(ShortHashError {
                found: text.chars().take(80).collect(),
            });
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for ShortHash {
    type Error = ShortHashError;

    fn try_from(text: String) -> Result<Self, ShortHashError> {
        text.parse()
    }
}

impl From<ShortHash> for String {
    fn from(hash: ShortHash) -> Self {
        hash.0
    }
}

impl fmt::Display for ShortHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(start: &str) -> Sha256 {
        format!("{start:0<64}").parse().unwrap()
    }

    #[test]
    fn lengthening_on_collision() {
        let ours = digest("a1b2c3d4e5f6");
        for (other, length) in [
            ("a1b2c3d5", 8),
            ("a1b2c3d4", 12),
            ("a1b2c3d4e5f6000000001", 24),
            ("a1b2c3d4e5f6", 8),
        ] {
            let short = ShortHash::unique(&ours, [&digest(other)]);
            assert_eq!(short.as_str(), &ours.hex()[..length], "{other}");
        }
        assert_eq!(ShortHash::unique(&ours, []), ShortHash::of(&ours));
        let last = format!("{:0<63}1", "a1b2c3d4e5f6").parse().unwrap();
        assert_eq!(ShortHash::unique(&ours, [&last]).as_str().len(), 64);
    }

    #[test]
    fn only_hex_of_8_to_64() {
        for text in ["", "a1b2c3d", "a1b2c3dg", "A1B2C3D4", &"0".repeat(65)] {
            assert!(text.parse::<ShortHash>().is_err(), "{text}");
        }
        let short: ShortHash = "a1b2c3d4".parse().unwrap();
        assert!(short.fits(&digest("a1b2c3d4")) && !short.fits(&digest("a1b2c3d5")));
    }
}
