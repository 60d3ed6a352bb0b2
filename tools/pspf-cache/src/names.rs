//! Names of entries and of the files beside them.

use std::fmt;

use digest::Sha256;

/// What identifies an unpacked package: the digest of its metadata and that of its index block.
///
/// The metadata alone would not do. It names the digest of every payload, but in a package without a seal the
/// slot table (chains and modes) is not signed, and a re-signed package has another key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryName(String);

/// Hex digits of the index digest in a name; the record holds all 64 and they are compared in full.
const INDEX_DIGITS: usize = 16;

impl EntryName {
    /// The name for a package with this metadata digest and this digest of the index block.
    pub fn new(metadata: &Sha256, index: &Sha256) -> Self {
        EntryName(format!("{metadata}-{}", &index.hex()[..INDEX_DIGITS]))
    }

    /// Reads a directory name of the cache; `None` for any other name.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let (metadata, index) = text.split_once('-')?;
        let good =
            metadata.len() == 64 && index.len() == INDEX_DIGITS && text.bytes().filter(|&b| b != b'-').all(digit);
        good.then(|| EntryName(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back() {
        let name = EntryName::new(&Sha256::from_bytes([0xab; 32]), &Sha256::from_bytes([0x01; 32]));
        assert_eq!(name.as_str(), format!("{}-{}", "ab".repeat(32), "01".repeat(8)));
        assert_eq!(EntryName::parse(name.as_str()), Some(name));
    }

    #[test]
    fn other_names_are_no_entries() {
        for text in [
            "",
            "-",
            ".swept",
            "../x",
            &"a".repeat(81),
            &format!("{}-{}", "AB".repeat(32), "01".repeat(8)),
        ] {
            assert_eq!(EntryName::parse(text), None, "{text}");
        }
    }
}
