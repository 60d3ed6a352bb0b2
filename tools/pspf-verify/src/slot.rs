use pspf_format::metadata::{SignedDigest, SlotEntry};
use pspf_format::{FileMode, OperationChain};

/// One slot: its signed entry and what its descriptor says, compared with each other.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The entry of the metadata.
    pub entry: SlotEntry,
    /// Offset of the stored bytes.
    pub offset: u64,
    /// Number of stored bytes.
    pub size: u64,
    /// Length before packing as the builder stated it; equal to `size` in packages of the Rust and
    /// Go builders. A hint for progress and free space, signed only in sealed packages.
    pub original_size: u64,
    /// What was done to pack it.
    pub chain: OperationChain,
    /// Permission bits as stored; use [`FileMode::effective`] for a file.
    pub mode: FileMode,
    /// Lifecycle byte of the descriptor.
    pub lifecycle: u8,
    pub(crate) checksum: u64,
    pub(crate) digest: SignedDigest,
}
