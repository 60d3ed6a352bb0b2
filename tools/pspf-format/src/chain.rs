use std::fmt;

/// One step of packing (section 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are those of the formats")]
pub enum Operation {
    Tar = 0x01,
    Gzip = 0x10,
    Bzip2 = 0x13,
    Xz = 0x16,
    Zstd = 0x1b,
}

impl Operation {
    const ALL: [Self; 5] = [Self::Tar, Self::Gzip, Self::Bzip2, Self::Xz, Self::Zstd];

    /// The operation of a code; `None` when the code is not one of ours.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| *operation as u8 == code)
    }

    /// The byte in a packed chain.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// True when FlavorPack's own launchers can undo it.
    pub fn is_portable(self) -> bool {
        matches!(self, Self::Tar | Self::Gzip)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tar => "tar",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        })
    }
}

/// Up to eight operation codes, first operation of packing in the lowest byte; zero ends the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperationChain(u64);

/// A chain that cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The text form names no known chain.
    #[error(
        "unknown operations `{found}` (expected one of none, gzip, tar, tgz, tar.gz, bzip2, xz, zstd, tar.bz2, tar.xz, tar.zst)"
    )]
    UnknownWord {
        /// The text.
        found: String,
    },
    /// A byte of the packed form is no known operation.
    #[error("unknown operation code 0x{code:02x} in chain 0x{packed:x}")]
    UnknownCode {
        /// The first unknown byte.
        code: u8,
        /// The whole packed chain.
        packed: u64,
    },
    /// More than eight operations.
    #[error("an operation chain holds at most 8 operations, found {found}")]
    TooLong {
        /// How many there were.
        found: usize,
    },
}

impl OperationChain {
    /// The empty chain: bytes are stored as they are.
    pub const NONE: Self = Self(0);
    /// tar, then gzip.
    pub const TAR_GZ: Self = Self(0x1001);

    /// Takes a packed chain as stored; every value is possible on disk.
    pub const fn from_packed(packed: u64) -> Self {
        Self(packed)
    }

    /// The packed form.
    pub const fn packed(self) -> u64 {
        self.0
    }

    /// Packs a list of operations, in the order of packing.
    pub fn new(operations: &[Operation]) -> Result<Self, ChainError> {
        if operations.len() > 8 {
            return Err(ChainError::TooLong {
                found: operations.len(),
            });
        }
        let packed = operations
            .iter()
            .rev()
            .fold(0, |chain, operation| chain << 8 | u64::from(operation.code()));
        Ok(Self(packed))
    }

    /// Reads the text form: a builder's word, or operations joined by `|` or `,` in packing order.
    pub fn parse(text: &str) -> Result<Self, ChainError> {
        let unknown = || ChainError::UnknownWord {
            found: text.chars().take(60).collect(),
        };
        let operations: Vec<Operation> = match text {
            "" | "none" | "raw" => vec![],
            "tgz" | "tar.gz" => vec![Operation::Tar, Operation::Gzip],
            "tar.bz2" => vec![Operation::Tar, Operation::Bzip2],
            "tar.xz" => vec![Operation::Tar, Operation::Xz],
            "tar.zst" => vec![Operation::Tar, Operation::Zstd],
            list => list
                .split(['|', ','])
                .map(|word| {
                    Operation::ALL
                        .into_iter()
                        .find(|operation| operation.to_string() == word)
                })
                .collect::<Option<_>>()
                .ok_or_else(unknown)?,
        };
        Self::new(&operations)
    }

    /// The operations in the order of packing; extraction undoes them from the last to the first.
    ///
    /// A byte after the first zero is no chain either, since nothing would ever undo it.
    pub fn operations(self) -> Result<Vec<Operation>, ChainError> {
        let bytes = self.0.to_le_bytes();
        let length = 8 - self.0.leading_zeros() as usize / 8;
        bytes[..length]
            .iter()
            .map(|&code| Operation::from_code(code).ok_or(ChainError::UnknownCode { code, packed: self.0 }))
            .collect()
    }

    /// True when tar is the first operation: the slot holds a tree, not one file.
    pub fn is_tar(self) -> bool {
        self.0 & 0xff == u64::from(Operation::Tar.code())
    }

    /// True when every FlavorPack 0.5.4 program can unpack it: none, gzip, tar and tar.gz.
    pub fn is_portable(self) -> bool {
        matches!(self.0, 0 | 0x01 | 0x10 | 0x1001)
    }
}

/// The word a builder writes into the JSON, such that FlavorPack's builders read it back alike.
impl fmt::Display for OperationChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("none"),
            0x1001 => f.write_str("tgz"),
            0x1301 => f.write_str("tar.bz2"),
            0x1601 => f.write_str("tar.xz"),
            0x1b01 => f.write_str("tar.zst"),
            packed => match self.operations() {
                Ok(list) => f.write_str(&list.iter().map(Operation::to_string).collect::<Vec<_>>().join("|")),
                Err(_) => write!(f, "0x{packed:x}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_and_codes() {
        for (word, packed) in [
            ("", 0),
            ("none", 0),
            ("raw", 0),
            ("gzip", 0x10),
            ("tar", 0x01),
            ("tgz", 0x1001),
            ("tar.gz", 0x1001),
            ("tar|gzip", 0x1001),
            ("tar.zst", 0x1b01),
            ("gzip|gzip", 0x1010),
            ("bzip2", 0x13),
            ("xz", 0x16),
        ] {
            assert_eq!(
                OperationChain::parse(word),
                Ok(OperationChain::from_packed(packed)),
                "{word}"
            );
        }
        assert_eq!(OperationChain::parse("tar.gz").unwrap().to_string(), "tgz");
        assert_eq!(
            OperationChain::parse("brotli").unwrap_err().to_string(),
            "unknown operations `brotli` (expected one of none, gzip, tar, tgz, tar.gz, bzip2, xz, zstd, tar.bz2, tar.xz, tar.zst)"
        );
        assert_eq!(
            OperationChain::new(&[Operation::Gzip; 9]),
            Err(ChainError::TooLong { found: 9 })
        );
    }

    #[test]
    fn codes_after_a_gap_are_refused() {
        let chain = OperationChain::from_packed(0x10_0001);
        assert_eq!(
            chain.operations(),
            Err(ChainError::UnknownCode {
                code: 0,
                packed: 0x10_0001
            })
        );
    }

    proptest! {
        #[test]
        fn every_packed_value_reads_back_or_is_refused(packed: u64) {
            let chain = OperationChain::from_packed(packed);
            if let Ok(operations) = chain.operations() {
                prop_assert_eq!(OperationChain::new(&operations), Ok(chain));
                prop_assert_eq!(OperationChain::parse(&chain.to_string()), Ok(chain));
            }
        }

        #[test]
        fn any_text_parses_or_refuses(text in ".{0,40}") {
            let _ = OperationChain::parse(&text);
        }
    }
}
