use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::layout::DESCRIPTOR_LEN;
use crate::{FileMode, OperationChain};

/// One entry of the slot table (section 1.3), 64 bytes, little-endian.
///
/// Descriptor `i` belongs to `slots[i]` of the metadata by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct SlotDescriptor {
    /// Position of the slot: 0, 1, 2 …
    pub id: U64,
    /// First eight bytes of the SHA-256 of the slot id (of its target in packages of the Go builder).
    pub name_hash: U64,
    /// Absolute offset of the stored bytes.
    pub offset: U64,
    /// Number of stored bytes.
    pub size: U64,
    /// Length before packing in ours and Python's packages, equal to `size` in the others.
    pub original_size: U64,
    /// Packed operation chain; see [`OperationChain`].
    pub operations: U64,
    /// First eight bytes of the SHA-256 of the stored bytes: finds corruption, proves nothing.
    pub checksum: U64,
    /// See [`purpose_code`](crate::purpose_code).
    pub purpose: u8,
    /// See [`Lifecycle`](crate::Lifecycle).
    pub lifecycle: u8,
    /// 1 (Go builder: 128). Nobody reads it.
    pub priority: u8,
    /// 0 any, 1 Linux, 2 macOS, 3 Windows. Nobody reads it.
    pub platform: u8,
    /// Zero.
    pub reserved: [u8; 2],
    /// File mode, low byte first; see [`SlotDescriptor::mode`].
    pub permissions: [u8; 2],
}

const _: () = assert!(size_of::<SlotDescriptor>() == DESCRIPTOR_LEN);

impl SlotDescriptor {
    /// Borrows the descriptors of a table; `None` when the length is no multiple of 64.
    pub fn table(bytes: &[u8]) -> Option<&[Self]> {
        <[Self]>::ref_from_bytes(bytes).ok()
    }

    /// The operation chain as stored.
    pub fn chain(&self) -> OperationChain {
        OperationChain::from_packed(self.operations.get())
    }

    /// All 16 mode bits as stored; zero means the default, 0600.
    pub fn mode(&self) -> FileMode {
        FileMode::from_bits(u16::from_le_bytes(self.permissions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_needs_whole_descriptors() {
        assert_eq!(SlotDescriptor::table(&[0; 128]).map(<[_]>::len), Some(2));
        assert!(SlotDescriptor::table(&[0; 100]).is_none());
        assert_eq!(SlotDescriptor::table(&[]).map(<[_]>::len), Some(0));
    }

    #[test]
    fn mode_is_low_byte_first() {
        let mut bytes = [0; 64];
        (bytes[62], bytes[63]) = (0xa4, 0x01);
        let descriptor = SlotDescriptor::read_from_bytes(&bytes).unwrap();
        assert_eq!(descriptor.mode().bits(), 0o644);
    }
}
