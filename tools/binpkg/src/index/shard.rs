use std::io;

use digest::Sha256;

use super::compressed::{UnpackError, pack, unpack};
use super::{Record, RecordError};
use crate::names::PackageName;

/// All records of one package (section 9.3), as the root of an index points to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    records: Vec<Record>,
}

/// A shard as it lies on a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedShard {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its digest, which is its name.
    pub sha256: Sha256,
}

/// Why bytes are not the shard that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// Other bytes than the root names.
    #[error("the shard of {package} does not belong to the root (expected {expected}, found {found})")]
    Digest {
        /// The package.
        package: PackageName,
        /// What the root says.
        expected: Sha256,
        /// What there is.
        found: Sha256,
    },
    /// It cannot be unpacked.
    #[error("the shard of {package} is not usable: {source}")]
    Packed {
        /// The package.
        package: PackageName,
        /// Why not.
        source: UnpackError,
    },
    /// No JSON, or not of this shape.
    #[error("the shard of {package} is not usable: {source}")]
    Json {
        /// The package.
        package: PackageName,
        /// Why not.
        source: serde_json::Error,
    },
    /// A record of another package.
    #[error("expected the shard of {package} to hold records of {package}, found one of {found}")]
    Name {
        /// The package.
        package: PackageName,
        /// The other one.
        found: PackageName,
    },
    /// A record that cannot be used.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl Shard {
    /// No shard unpacks to more bytes; this one would have some fifty thousand builds of one package.
    pub const LARGEST: u64 = 64 << 20;

    /// Reads the shard of `package` that the root names by `sha256`.
    ///
    /// # Errors
    /// Other bytes, a bomb, no JSON, records of another package or that lead out of the mirror.
    pub fn parse(bytes: &[u8], package: &PackageName, sha256: &Sha256) -> Result<Self, ShardError> {
        let (package, found) = (package.clone(), Sha256::of(bytes));
        if found != *sha256 {
            let expected = *sha256;
            return Err(ShardError::Digest {
                package,
                expected,
                found,
            });
        }
        let text = match unpack(bytes, Self::LARGEST) {
            Ok(text) => text,
            Err(source) => return Err(ShardError::Packed { package, source }),
        };
        let read: Vec<Record> = match serde_json::from_slice(&text) {
            Ok(read) => read,
            Err(source) => return Err(ShardError::Json { package, source }),
        };
        let mut records = Vec::new();
        for record in read {
            if record.name != package {
                let found = record.name;
                return Err(ShardError::Name { package, found });
            }
            records.push(record.checked()?);
        }
        records.sort_by(Record::order);
        Ok(Self { records })
    }

    /// The records in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The records in order.
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }

    /// The file with these records, which are in order and all of one package.
    ///
    /// # Errors
    /// None in practice: every field has a JSON form, and it is written to memory.
    pub fn pack(records: &[Record]) -> io::Result<PackedShard> {
        let mut text = String::from("[");
        for (number, record) in records.iter().enumerate() {
            text.push_str(if number == 0 { "\n" } else { ",\n" });
            text.push_str(&serde_json::to_string(record)?);
        }
        text.push_str("\n]\n");
        let bytes = pack(text.as_bytes())?;
        let sha256 = Sha256::of(&bytes);
        Ok(PackedShard { bytes, sha256 })
    }

    /// Path of a shard below `binaries/`.
    pub fn path(sha256: &Sha256) -> String {
        let hex = sha256.hex();
        format!("index/shards/{}/{hex}.json.gz", &hex[..2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;

    fn records() -> Vec<Record> {
        let index = Index::parse(include_bytes!("index.json")).unwrap();
        let first = index.packages()[0].clone();
        let mut second = first.clone();
        second.version = "5.2".parse().unwrap();
        second.filename = "bash-5.2-86884539-bin.tar.gz".to_owned();
        vec![second, first]
    }

    fn reads(text: &str) -> Result<Shard, String> {
        let bytes = pack(text.as_bytes()).unwrap();
        Shard::parse(&bytes, &"bash".parse().unwrap(), &Sha256::of(&bytes)).map_err(|error| error.to_string())
    }

    fn text(records: &[Record]) -> String {
        String::from_utf8(unpack(&Shard::pack(records).unwrap().bytes, 1 << 20).unwrap()).unwrap()
    }

    #[test]
    fn there_and_back() {
        let packed = Shard::pack(&records()).unwrap();
        let shard = Shard::parse(&packed.bytes, &"bash".parse().unwrap(), &packed.sha256).unwrap();
        assert_eq!(shard.records(), records());
        assert_eq!(Shard::pack(shard.records()).unwrap(), packed);
        assert_eq!(text(&records()).lines().count(), 4, "one record a line");
        assert!(reads("[]").unwrap().records().is_empty());
        let hex = packed.sha256.hex();
        assert_eq!(
            Shard::path(&packed.sha256),
            format!("index/shards/{}/{hex}.json.gz", &hex[..2])
        );
    }

    #[test]
    fn refused() {
        let packed = Shard::pack(&records()).unwrap();
        let bash = "bash".parse().unwrap();
        let error = Shard::parse(&packed.bytes, &bash, &Sha256::of(b"")).unwrap_err();
        assert!(error.to_string().contains("does not belong to the root (expected e3b0"));
        let bomb = pack(&vec![b' '; Shard::LARGEST as usize + 1]).unwrap();
        let error = Shard::parse(&bomb, &bash, &Sha256::of(&bomb)).unwrap_err();
        assert!(error.to_string().contains("expected at most 67108864 bytes"), "{error}");
        let text = text(&records());
        for (text, words) in [
            (
                text.replace("\"bash\"", "\"zsh\""),
                "to hold records of bash, found one of zsh",
            ),
            (text.replace("\"b/bash", "\"../bash"), "to stay below the mirror"),
            (text.replace("size", "weight"), "missing field `size`"),
            ("{}".to_owned(), "invalid type"),
        ] {
            let error = reads(&text).unwrap_err();
            assert!(error.contains(words), "{words}: {error}");
        }
        let bytes = text.as_bytes();
        let error = Shard::parse(bytes, &bash, &Sha256::of(bytes)).unwrap_err();
        assert!(error.to_string().contains("expected one gzip stream"), "{error}");
    }
}
