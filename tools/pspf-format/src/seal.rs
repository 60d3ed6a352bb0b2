use digest::Sha256;

use crate::IndexBlock;

/// The value of the JSON key `seal` in a sealed package, and the first line of what is signed.
pub const SEAL_NAME: &str = "buckpack-seal/1";

/// The bytes that the seal signs (section 10).
///
/// FlavorPack's signature covers the metadata only. The seal covers launcher, slot table and index
/// block with the same key; payloads and metadata hang on digests inside those.
pub struct SealMessage([u8; Self::LEN]);

impl SealMessage {
    const LEN: usize = SEAL_NAME.len() + 1 + 3 * 32;

    /// Puts the message together. `index` may still hold any seal and checksum: both are zeroed.
    pub fn new(launcher: &Sha256, slot_table: &Sha256, index: &IndexBlock) -> Self {
        let mut message = [0; Self::LEN];
        let (name, digests) = message.split_at_mut(SEAL_NAME.len() + 1);
        name[..SEAL_NAME.len()].copy_from_slice(SEAL_NAME.as_bytes());
        name[SEAL_NAME.len()] = b'\n';
        for (place, digest) in digests
            .chunks_exact_mut(32)
            .zip([launcher, slot_table, &index.seal_digest()])
        {
            place.copy_from_slice(digest.as_bytes());
        }
        Self(message)
    }

    /// What is signed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_is_name_line_and_three_digests() {
        let (launcher, table) = (Sha256::of(b"launcher"), Sha256::of(b"table"));
        let index = IndexBlock::empty();
        let message = SealMessage::new(&launcher, &table, &index);
        let mut expected = b"buckpack-seal/1\n".to_vec();
        expected.extend(launcher.as_bytes());
        expected.extend(table.as_bytes());
        expected.extend(index.seal_digest().as_bytes());
        assert_eq!(message.as_bytes(), expected);
    }
}
