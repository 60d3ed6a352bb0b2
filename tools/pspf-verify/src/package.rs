use digest::Sha256;
use pspf_format::layout::DESCRIPTOR_LEN;
use pspf_format::{IndexBlock, Metadata, PublicKey, SlotDescriptor};

use crate::index::Places;
use crate::log::Log;
use crate::ranges::{self, Range};
use crate::read_at::read_exact;
use crate::{
    Finding, Identity, Level, Part, Payload, ReadAt, Refusal, Slot, Trailer, attestation, gaps, index, launcher,
    metadata, seal, signature, table,
};

/// A package of which everything but the payloads was checked.
pub struct Package<'a, R: ReadAt + ?Sized> {
    input: &'a R,
    trailer: Trailer,
    json: Vec<u8>,
    metadata: Metadata,
    slots: Vec<Slot>,
    attested: Option<(usize, Sha256)>,
    warnings: Vec<Finding>,
}

impl<'a, R: ReadAt + ?Sized> Package<'a, R> {
    /// Checks index, metadata, signature, seal, slot table, launcher and gaps; stops at the first
    /// refusal. Payloads are not read: use [`Package::payload`] or [`Package::verify_payloads`].
    pub fn open(input: &'a R, trailer: Trailer, level: Level) -> Result<Self, Refusal> {
        let mut log = Log::stopping(level);
        let mut package = Self::check(input, trailer, &mut log)?;
        package.warnings = log.warnings;
        Ok(package)
    }

    pub(crate) fn check(input: &'a R, trailer: Trailer, log: &mut Log) -> Result<Self, Refusal> {
        let places = index::check(&trailer, log)?;
        let json = metadata::read(input, trailer.index(), &places.metadata)?;
        signature::check(trailer.index(), &json, log)?;
        let metadata = metadata::parse(&json)?;
        attestation::check_policy(trailer.index(), &metadata, log)?;
        let bytes = read_table(input, trailer.index(), &metadata, &places.table)?;
        let descriptors = SlotDescriptor::table(&bytes).unwrap_or_default();
        let sealed = metadata.announces_seal();
        if sealed || launcher::signed_checksum(&metadata).is_some() {
            let digest = launcher::digest(input, &places.launcher)?;
            launcher::check(&metadata, &digest, log)?;
            if sealed {
                seal::check(&digest, &bytes, trailer.index(), log)?;
            }
        }
        let slots = table::check(&metadata, descriptors, log)?;
        check_places(input, places, &slots, trailer.file_length(), sealed, log)?;
        let attested = attestation::find(trailer.index(), &slots)?;
        Ok(Self {
            input,
            trailer,
            json,
            metadata,
            slots,
            attested,
            warnings: Vec::new(),
        })
    }

    /// The metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The metadata JSON, byte for byte as signed.
    pub fn metadata_json(&self) -> &[u8] {
        &self.json
    }

    /// The slots, in the order of the table.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The index block.
    pub fn index(&self) -> &IndexBlock {
        self.trailer.index()
    }

    /// What to record for warm starts, once every payload was checked as well.
    pub fn identity(&self) -> Identity {
        self.trailer.identity()
    }

    /// The key that signed the package. Below level standard the signature may not hold; then
    /// [`Package::warnings`] says so.
    pub fn key(&self) -> PublicKey {
        self.index().key()
    }

    /// True when the package is sealed.
    pub fn is_sealed(&self) -> bool {
        self.metadata.announces_seal()
    }

    /// What did not refuse at this level, but would at level strict, or is a weakness of the builder.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// Position of the slot that the attestation digest of the index block speaks of.
    pub fn attestation(&self) -> Option<usize> {
        self.attested.map(|(position, _)| position)
    }

    /// A reader over the stored bytes of slot `position`, `None` when there is no such slot.
    pub fn payload(&self, position: usize) -> Option<Payload<'_, R>> {
        let slot = self.slots.get(position)?;
        let attested = self
            .attested
            .filter(|(slot, _)| *slot == position)
            .map(|(_, digest)| digest);
        Some(Payload::new(self.input, slot, attested))
    }

    /// Reads every payload and compares it with its signed digest; stops at the first refusal.
    pub fn verify_payloads(&self) -> Result<(), Refusal> {
        (0..self.slots.len())
            .filter_map(|position| self.payload(position))
            .try_for_each(|payload| payload.finish().map(drop))
    }
}

/// Reads the table once its length is known to be that of the signed entries, so that a count from
/// the index block alone allocates nothing.
fn read_table(
    input: &(impl ReadAt + ?Sized),
    index: &IndexBlock,
    metadata: &Metadata,
    range: &Range,
) -> Result<Vec<u8>, Refusal> {
    let (signed, stored) = (metadata.slots.len(), index.slot_count.get());
    if signed as u64 != u64::from(stored) {
        let expected = format!("slot_count {signed}, as the metadata lists");
        return Err(Finding::integrity(Part::SlotTable, expected, stored.to_string()).into());
    }
    let mut bytes = vec![0; signed * DESCRIPTOR_LEN];
    read_exact(input, &mut bytes, range.start)?;
    Ok(bytes)
}

fn check_places(
    input: &(impl ReadAt + ?Sized),
    places: Places,
    slots: &[Slot],
    file_length: u64,
    sealed: bool,
    log: &mut Log,
) -> Result<(), Refusal> {
    let mut all = vec![places.launcher, places.metadata, places.table];
    for slot in slots {
        let part = Part::Payload(slot.entry.id.clone());
        all.push(Range::check(part, slot.offset, slot.size, file_length)?);
    }
    let sorted = ranges::sorted(&all);
    ranges::check_overlaps(&sorted, log)?;
    if sealed {
        gaps::check(input, &sorted, file_length)
    } else {
        Ok(())
    }
}
