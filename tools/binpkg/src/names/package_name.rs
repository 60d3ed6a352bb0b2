use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Name of a package (section 2.1): `[A-Za-z0-9][A-Za-z0-9+._-]*`, at most 128 bytes, and not the name of an entry that
/// stands beside the payload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageName(String);

/// Why a text is no package name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A byte that names do not have, or none at all.
    #[error(
        "expected a package name of letters, digits and `+._-` that starts with a letter or digit, found `{}`",
        found.escape_debug()
    )]
    Grammar {
        /// The text, cut after 140 characters.
        found: String,
    },
    /// Longer than the limit.
    #[error(
        "expected a package name of at most {} bytes, found {length} bytes",
        PackageName::MAX
    )]
    Long {
        /// Its length in bytes.
        length: usize,
    },
    /// The name of an entry that stands beside the payload.
    #[error("the package name `{found}` is reserved for what stands beside the payload; choose another")]
    Reserved {
        /// The name.
        found: String,
    },
}

/// Names that would collide with what stands beside the payload, in an archive or on a mirror.
const RESERVED: [&str; 5] = ["METADATA.json", "MANIFEST", "RECIPE.json", ".", ".."];

impl PackageName {
    /// Longest name in bytes.
    pub const MAX: usize = 128;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mirror directory of the package (section 2.2): the first character in lower case; digits stay.
    pub fn letter(&self) -> char {
        match self.0.chars().next() {
            Some(first) if first.is_ascii_alphanumeric() => first.to_ascii_lowercase(),
            _ => '_',
        }
    }
}

impl FromStr for PackageName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if RESERVED.contains(&text) {
            return Err(NameError::Reserved { found: text.into() });
        }
        if text.len() > Self::MAX {
            return Err(NameError::Long { length: text.len() });
        }
        let starts_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        if !starts_well || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+._-".contains(&b)) {
            let found = text.chars().take(140).collect();
            return Err(NameError::Grammar { found });
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for PackageName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<PackageName> for String {
    fn from(name: PackageName) -> Self {
        name.0
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn grammar() {
        for name in ["bash", "gtk+", "7zip", "x", "lib-x.y_z", "METADATA.jsonx"] {
            assert_eq!(name.parse::<PackageName>().unwrap().as_str(), name);
        }
        for (name, words) in [
            ("", "letters, digits"),
            ("+x", "starts with a letter or digit, found `+x`"),
            (".x", "found `.x`"),
            ("a/b", "found `a/b`"),
            ("a\nb", "found `a\\nb`"),
            ("ä", "found `ä`"),
            (&"a".repeat(129), "at most 128 bytes, found 129 bytes"),
        ] {
            let error = name.parse::<PackageName>().unwrap_err().to_string();
            assert!(error.contains(words), "{name}: {error}");
        }
        assert!("a".repeat(128).parse::<PackageName>().is_ok());
    }

    #[test]
    fn reserved_names() {
        for name in ["METADATA.json", "MANIFEST", "RECIPE.json", ".", ".."] {
            let expected = NameError::Reserved { found: name.into() };
            assert_eq!(name.parse::<PackageName>(), Err(expected));
        }
    }

    #[test]
    fn letters() {
        for (name, letter) in [("Bash", 'b'), ("7zip", '7'), ("zlib", 'z')] {
            assert_eq!(name.parse::<PackageName>().unwrap().letter(), letter);
        }
        // No name of ours; the rule of section 2.2 has a place for those of others, too.
        assert_eq!(PackageName("+x".into()).letter(), '_');
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_kept(text in ".{0,140}") {
            if let Ok(name) = text.parse::<PackageName>() {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }
}
