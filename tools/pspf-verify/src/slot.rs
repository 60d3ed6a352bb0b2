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
    /// Length before compression as the builder stated it: of the file, or of the tar stream. Equal
    /// to `size` in packages of the Rust and Go builders, signed only in sealed packages; see
    /// [`Slot::unpacked_limit`].
    pub original_size: u64,
    /// What was done to pack it.
    pub chain: OperationChain,
    /// Permission bits as stored; use [`FileMode::effective`] for a file.
    pub mode: FileMode,
    /// Lifecycle byte of the descriptor.
    pub lifecycle: u8,
    /// Platform byte of the descriptor.
    pub platform: u8,
    pub(crate) checksum: u64,
    pub(crate) digest: SignedDigest,
    pub(crate) sealed: bool,
}

impl Slot {
    /// Most bytes that may come out of the decompressors, so that a small slot cannot fill a disk.
    ///
    /// A sealed package states the length, unless its slot was packed by somebody else: then, as in
    /// packages of others, both sizes are equal and the length is not known. In that case it is what
    /// one run of deflate can at most make of the stored bytes (1032 to 1), which stops compression
    /// within compression.
    pub fn unpacked_limit(&self) -> u64 {
        const DEFLATE_RATIO: u64 = 1032;
        const LEAST: u64 = 1 << 20;
        if self.chain == OperationChain::NONE {
            return self.size;
        }
        if self.sealed && self.original_size != self.size {
            return self.original_size;
        }
        self.size.saturating_mul(DEFLATE_RATIO).max(LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_slots_are_limited_by_what_they_state_and_others_by_deflate() {
        let mut slot = Slot {
            entry: SlotEntry::default(),
            offset: 0,
            size: 10_000,
            original_size: 1 << 40,
            chain: OperationChain::TAR_GZ,
            mode: FileMode::DEFAULT,
            lifecycle: 2,
            platform: 0,
            checksum: 0,
            digest: SignedDigest::Empty,
            sealed: true,
        };
        assert_eq!(slot.unpacked_limit(), 1 << 40);
        slot.sealed = false;
        assert_eq!(slot.unpacked_limit(), 10_320_000);
        (slot.sealed, slot.original_size) = (true, slot.size);
        assert_eq!(slot.unpacked_limit(), 10_320_000);
        slot.chain = OperationChain::NONE;
        assert_eq!(slot.unpacked_limit(), 10_000);
    }
}
