use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::{self, Write as _};

use digest::Sha256;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Expires;
use crate::names::PackageName;

/// `index/root.json` (section 9.3): which shard holds the records of which package. It is all that a client has to ask for again; the
/// shards are named by their digests and never change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Root {
    /// Raised by every publication.
    pub serial: u64,
    /// When it stops to count; only a signed root has one.
    pub expires: Option<Expires>,
    /// How many records the shards hold.
    pub total: u64,
    /// Digest of the compressed shard of each package.
    pub shards: BTreeMap<PackageName, Sha256>,
}

/// Why a text is no root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// No JSON, or not of this shape.
    #[error("the root of the index is not usable")]
    Json(#[from] serde_json::Error),
    /// Written by another version.
    #[error(
        "the root of the index has schema {found}; reading it takes another tool, one that knows {found} (this one knows {})",
        Root::SCHEMA
    )]
    Schema {
        /// Its schema.
        found: u64,
    },
}

#[derive(Deserialize)]
struct Text {
    serial: u64,
    expires: Option<Expires>,
    #[serde(default)]
    total: u64,
    #[serde(deserialize_with = "each_once")]
    shards: BTreeMap<PackageName, Sha256>,
}

/// The schema alone, so that a newer root is called newer and not unusable.
#[derive(Deserialize)]
struct Schema {
    schema: u64,
}

impl Root {
    /// The schema that this version reads and writes.
    pub const SCHEMA: u64 = 2;

    /// Its path below `binaries/`.
    pub const PATH: &str = "index/root.json";

    /// Path of the compressed root.
    pub const PACKED_PATH: &str = "index/root.json.gz";

    /// No root unpacks to more bytes; this one would have a million packages.
    pub const LARGEST: u64 = 256 << 20;

    /// Reads a root.
    ///
    /// # Errors
    /// No JSON, another schema, a name that is none or is there twice, a digest that is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, RootError> {
        let Schema { schema: found } = serde_json::from_slice(bytes)?;
        if found != Self::SCHEMA {
            return Err(RootError::Schema { found });
        }
        let text: Text = serde_json::from_slice(bytes)?;
        Ok(Self {
            serial: text.serial,
            expires: text.expires,
            total: text.total,
            shards: text.shards,
        })
    }

    /// The bytes of the file: one package a line, in order.
    pub fn to_json(&self) -> String {
        let mut text = format!("{{\n  \"schema\": {},\n  \"serial\": {},\n", Self::SCHEMA, self.serial);
        if let Some(expires) = &self.expires {
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "  \"expires\": \"{expires}\",");
        }
        let _ = write!(text, "  \"total\": {},\n  \"shards\": {{", self.total);
        for (number, (name, digest)) in self.shards.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let _ = write!(text, "{comma}\n    \"{}\": \"{digest}\"", name.as_str());
        }
        text.push_str(if self.shards.is_empty() { "}\n}\n" } else { "\n  }\n}\n" });
        text
    }
}

/// A map without a second value for a key: which one would count is a matter of the reader.
fn each_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<PackageName, Sha256>, D::Error> {
    struct Each;
    impl<'de> Visitor<'de> for Each {
        type Value = BTreeMap<PackageName, Sha256>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a digest for each package")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((name, digest)) = access.next_entry::<PackageName, Sha256>()? {
                match map.entry(name) {
                    Entry::Vacant(place) => drop(place.insert(digest)),
                    Entry::Occupied(place) => {
                        return Err(A::Error::custom(format!("`{}` is there twice", place.key().as_str())));
                    }
                }
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(Each)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
  "schema": 2,
  "serial": 7,
  "expires": "2026-09-01T00:00:00Z",
  "total": 3,
  "shards": {
    "Bash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "bash": "db4b4d0d1cb480bf9aeea253771c00febe627f236765fa37d6a5614f079a3aa0"
  }
}
"#;

    #[test]
    fn form_of_the_file() {
        let root = Root::parse(TEXT.as_bytes()).unwrap();
        assert_eq!((root.serial, root.total, root.shards.len()), (7, 3, 2));
        assert_eq!(root.to_json(), TEXT);
        let empty = Root::default().to_json();
        assert_eq!(Root::parse(empty.as_bytes()).unwrap(), Root::default());
    }

    #[test]
    fn refused() {
        let newer = TEXT
            .replace("\"schema\": 2", "\"schema\": 3")
            .replace("shards", "places");
        let twice = TEXT.replace("Bash", "bash");
        for (text, words) in [
            (newer.as_str(), "has schema 3; reading it takes another tool"),
            (&twice, "`bash` is there twice"),
            (&TEXT.replace("Bash", "../bash"), "expected a package name"),
            (&TEXT.replace("e3b0", "E3B0"), "line 7"),
            (&TEXT.replace("e3b0", ""), "line 7"),
            (&TEXT[..TEXT.len() - 3], "EOF"),
            ("[]", "invalid"),
            ("{\"schema\": 2, \"serial\": 1}", "missing field `shards`"),
        ] {
            let error = Root::parse(text.as_bytes()).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let error = format!("{error}: {}", source.unwrap_or_default());
            assert!(error.contains(words), "{words}: {error}");
        }
    }
}
