use digest::Sha256;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::layout::{FORMAT_VERSION, INDEX_LEN};
use crate::{PublicKey, Signature, adler32};

/// The index block (section 1.1), 8192 bytes, little-endian, borrowed from the trailer.
#[derive(Clone, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct IndexBlock {
    /// 0x20250001.
    pub format_version: U32,
    /// Adler-32 of the block with this field zero.
    pub index_checksum: U32,
    /// Length of the whole file.
    pub package_size: U64,
    /// Length of the launcher, which begins the file.
    pub launcher_size: U64,
    /// Offset of the gzip stream with the metadata JSON.
    pub metadata_offset: U64,
    /// Length of that gzip stream.
    pub metadata_size: U64,
    /// Offset of the slot table.
    pub slot_table_offset: U64,
    /// Length of the slot table: 64 times `slot_count`.
    pub slot_table_size: U64,
    /// Number of descriptors.
    pub slot_count: U32,
    /// Zero.
    pub flags: U32,
    /// Raw Ed25519 public key.
    pub public_key: [u8; 32],
    /// SHA-256 of the compressed metadata.
    pub metadata_checksum: [u8; 32],
    /// Ed25519 signature over the uncompressed metadata JSON.
    pub integrity_signature: [u8; 64],
    /// Rest of the 512 byte signature field; zero.
    pub signature_padding: [u8; 448],
    /// A hint nobody reads.
    pub access_mode: u8,
    /// A hint nobody reads.
    pub cache_strategy: u8,
    /// Zero.
    pub reserved_hints: [u8; 2],
    /// A hint nobody reads; builders write 4096.
    pub page_size: U32,
    /// A hint nobody reads, in bytes.
    pub max_memory: U64,
    /// A hint nobody reads, in bytes.
    pub min_memory: U64,
    /// Zero.
    pub cpu_features: U64,
    /// Zero.
    pub gpu_requirements: U64,
    /// Zero.
    pub numa_hints: U64,
    /// A hint nobody reads, in bytes.
    pub stream_chunk_size: U32,
    /// Zero.
    pub hint_padding: [u8; 12],
    /// Unix seconds; zero means that no time was recorded.
    pub build_timestamp: U64,
    /// Zero.
    pub build_machine: [u8; 32],
    /// Zero.
    pub source_hash: [u8; 32],
    /// Zero.
    pub dependency_hash: [u8; 32],
    /// Zero.
    pub license_id: [u8; 16],
    /// Zero.
    pub provenance_uri: [u8; 8],
    /// See [`Capabilities`].
    pub capabilities: U64,
    /// Zero.
    pub requirements: U64,
    /// Zero.
    pub extensions: U64,
    /// Oldest format version that can read the package: 0x20250001.
    pub compatibility: U32,
    /// 1.
    pub protocol_version: U32,
    /// The seal (section 10); the first 64 bytes of the field `future_crypto`.
    pub seal: [u8; 64],
    /// Rest of `future_crypto`; zero.
    pub future_crypto: [u8; 448],
    /// Hex SHA-256 of the public key, or zero.
    pub attestation_key_fp: [u8; 64],
    /// Hex SHA-256 of the stored attestation slot, or zero.
    pub attestation_sbom_digest: [u8; 64],
    /// Hex SHA-256 of the policy in canonical JSON, or zero.
    pub attestation_policy_hash: [u8; 64],
    /// Zero.
    pub reserved: [u8; 6624],
}

const _: () = assert!(size_of::<IndexBlock>() == INDEX_LEN);

/// Bits of [`IndexBlock::capabilities`].
pub struct Capabilities;

impl Capabilities {
    /// The file may be mapped into memory.
    pub const MMAP: u64 = 1;
    /// Payloads begin at page boundaries.
    pub const PAGE_ALIGNED: u64 = 1 << 1;
    /// The metadata carries a signature.
    pub const SIGNED: u64 = 1 << 7;
}

/// What one of the three 64 byte hex fields holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexField {
    /// All bytes zero: nothing was recorded.
    Absent,
    /// A digest.
    Digest(Sha256),
    /// Neither zero nor 64 lower-case hex digits.
    Malformed,
}

impl HexField {
    /// Interprets the raw field.
    pub fn parse(raw: &[u8; 64]) -> Self {
        if raw.iter().all(|byte| *byte == 0) {
            return Self::Absent;
        }
        match std::str::from_utf8(raw).ok().and_then(|text| text.parse().ok()) {
            Some(digest) => Self::Digest(digest),
            None => Self::Malformed,
        }
    }

    /// The raw form of a digest.
    pub fn encode(digest: &Sha256) -> [u8; 64] {
        let mut raw = [0; 64];
        raw.copy_from_slice(digest.hex().as_bytes());
        raw
    }
}

impl IndexBlock {
    /// A block with everything zero but the format version.
    pub fn empty() -> Self {
        Self {
            format_version: U32::new(FORMAT_VERSION),
            ..Self::new_zeroed()
        }
    }

    /// Borrows the block from its 8192 bytes.
    pub fn from_bytes(bytes: &[u8; INDEX_LEN]) -> &Self {
        zerocopy::transmute_ref!(bytes)
    }

    /// The block as bytes.
    pub fn to_bytes(&self) -> &[u8; INDEX_LEN] {
        zerocopy::transmute_ref!(self)
    }

    /// The Adler-32 that belongs into [`IndexBlock::index_checksum`].
    pub fn computed_checksum(&self) -> u32 {
        let mut copy = *self.to_bytes();
        copy[4..8].fill(0);
        adler32(&copy)
    }

    /// The package's public key.
    pub fn key(&self) -> PublicKey {
        PublicKey::from_bytes(self.public_key)
    }

    /// The signature over the metadata JSON.
    pub fn signature(&self) -> Signature {
        Signature::from_bytes(self.integrity_signature)
    }

    /// SHA-256 of the block as the seal signs it: checksum and `future_crypto` zeroed (section 10).
    pub fn seal_digest(&self) -> Sha256 {
        let mut copy = self.clone();
        copy.index_checksum = U32::ZERO;
        copy.seal = [0; 64];
        copy.future_crypto = [0; 448];
        Sha256::of(copy.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    #[test]
    fn fields_lie_where_the_table_says() {
        assert_eq!(offset_of!(IndexBlock, slot_count), 56);
        assert_eq!(offset_of!(IndexBlock, public_key), 64);
        assert_eq!(offset_of!(IndexBlock, metadata_checksum), 96);
        assert_eq!(offset_of!(IndexBlock, integrity_signature), 128);
        assert_eq!(offset_of!(IndexBlock, access_mode), 640);
        assert_eq!(offset_of!(IndexBlock, page_size), 644);
        assert_eq!(offset_of!(IndexBlock, stream_chunk_size), 688);
        assert_eq!(offset_of!(IndexBlock, build_timestamp), 704);
        assert_eq!(offset_of!(IndexBlock, license_id), 808);
        assert_eq!(offset_of!(IndexBlock, capabilities), 832);
        assert_eq!(offset_of!(IndexBlock, compatibility), 856);
        assert_eq!(offset_of!(IndexBlock, seal), 864);
        assert_eq!(offset_of!(IndexBlock, attestation_key_fp), 1376);
        assert_eq!(offset_of!(IndexBlock, attestation_policy_hash), 1504);
        assert_eq!(offset_of!(IndexBlock, reserved), 1568);
    }

    #[test]
    fn hex_field_forms() {
        let digest = Sha256::of(b"x");
        assert_eq!(HexField::parse(&HexField::encode(&digest)), HexField::Digest(digest));
        assert_eq!(HexField::parse(&[0; 64]), HexField::Absent);
        assert_eq!(HexField::parse(&[b'A'; 64]), HexField::Malformed);
    }

    #[test]
    fn checksum_and_seal_ignore_their_own_fields() {
        let mut block = IndexBlock::empty();
        let (adler, seal) = (block.computed_checksum(), block.seal_digest());
        block.index_checksum = U32::new(7);
        assert_eq!(block.computed_checksum(), adler);
        block.seal = [9; 64];
        assert_eq!(block.seal_digest(), seal);
        assert_ne!(block.computed_checksum(), adler);
        block.flags = U32::new(1);
        assert_ne!(block.seal_digest(), seal);
    }
}
