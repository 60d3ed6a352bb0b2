//! Where things lie in a package, and how large they may be (section 1).

/// First half of the frame around the index block: the package emoji U+1F4E6.
pub const START_MAGIC: [u8; 4] = [0xf0, 0x9f, 0x93, 0xa6];
/// Last four bytes of every package: the magic wand emoji U+1FA84.
pub const END_MAGIC: [u8; 4] = [0xf0, 0x9f, 0xaa, 0x84];
/// Length of the index block in bytes.
pub const INDEX_LEN: usize = 8192;
/// Length of the trailer (start magic, index block, end magic) in bytes.
pub const TRAILER_LEN: usize = INDEX_LEN + 8;
/// Length of one slot descriptor in bytes.
pub const DESCRIPTOR_LEN: usize = 64;
/// The one format version there is.
pub const FORMAT_VERSION: u32 = 0x2025_0001;
/// Alignment of the slot table and of payloads that our builder writes.
pub const ALIGNMENT: u64 = 8;
/// Largest metadata JSON in bytes. FlavorPack's Rust launcher stops reading here.
pub const MAX_METADATA_JSON: usize = 1 << 20;
/// Largest compressed metadata in bytes. Deflate never doubles its input, so more is no metadata.
pub const MAX_METADATA_GZIP: u64 = 2 << 20;
/// Most slots of a package that FlavorPack's Rust launcher can open: the id of the next would
/// begin with `{`, which it takes for a table in JSON.
pub const MAX_SLOTS_FLAVORPACK: usize = 123;
/// Most slots of a package in profile `buckpack`.
pub const MAX_SLOTS_BUCKPACK: usize = 2000;

/// The next multiple of [`ALIGNMENT`] at or after `offset`; `None` past the end of 64 bits.
pub fn align(offset: u64) -> Option<u64> {
    offset.checked_next_multiple_of(ALIGNMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magics_are_the_emoji() {
        assert_eq!(START_MAGIC, "\u{1F4E6}".as_bytes());
        assert_eq!(END_MAGIC, "\u{1FA84}".as_bytes());
    }

    #[test]
    fn alignment() {
        assert_eq!(align(0), Some(0));
        assert_eq!(align(446), Some(448));
        assert_eq!(align(448), Some(448));
        assert_eq!(align(u64::MAX), None);
    }
}
