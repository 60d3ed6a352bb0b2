use std::io::{self, Read};

use digest::{Hasher, Sha256};

use crate::{Finding, Part, ReadAt, Refusal, Slot, read_ahead};

/// Reads the stored bytes of one slot and hashes them on the way.
///
/// What was read may be used only after [`Payload::finish`] said that it is what was signed; a
/// launcher unpacks into a staging directory and publishes it afterwards.
pub struct Payload<'a, R: ReadAt + ?Sized> {
    input: &'a R,
    slot: &'a Slot,
    /// Digest that the index block states for the attestation slot.
    attested: Option<Sha256>,
    position: u64,
    hasher: Hasher,
}

impl<'a, R: ReadAt + ?Sized> Payload<'a, R> {
    pub(crate) fn new(input: &'a R, slot: &'a Slot, attested: Option<Sha256>) -> Self {
        Self {
            input,
            slot,
            attested,
            position: 0,
            hasher: Hasher::new(),
        }
    }

    /// Reads what is left and compares the digest with the signed one.
    pub fn finish(mut self) -> Result<Sha256, Refusal> {
        let mut buffer = vec![0; (self.slot.size - self.position).min(256 << 10) as usize];
        while self.position < self.slot.size {
            let offset = self.slot.offset + self.position;
            match self.read(&mut buffer) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Refusal::read(offset, error)),
            }
        }
        let actual = self.hasher.clone().finish();
        self.check(&actual)?;
        Ok(actual)
    }

    /// As [`Payload::finish`] for a payload of which nothing was read yet; reads on while it hashes.
    pub(crate) fn finish_ahead(self) -> Result<(), Refusal>
    where
        R: Sync,
    {
        if self.slot.size < read_ahead::WORTHWHILE {
            return self.finish().map(drop);
        }
        let actual = read_ahead::digest(self.input, self.slot.offset, self.slot.size)?;
        Ok(self.check(&actual)?)
    }

    fn check(&self, actual: &Sha256) -> Result<(), Finding> {
        let signed = &self.slot.digest;
        if !signed.matches(actual, self.slot.size) {
            let part = Part::Payload(self.slot.entry.id.clone());
            return Err(Finding::integrity(part, signed.to_string(), actual.hex()));
        }
        // Zero stands in the table for the slot that stores nothing.
        let is_self = self.slot.entry.self_ref == Some(true) && self.slot.checksum == 0;
        if self.slot.checksum != actual.prefix_u64() && !is_self {
            let expected = format!(
                "checksum {:016x} for slot {}",
                actual.prefix_u64(),
                self.slot.entry.id.escape_debug()
            );
            return Err(Finding::integrity(
                Part::SlotTable,
                expected,
                format!("{:016x}", self.slot.checksum),
            ));
        }
        match self.attested {
            Some(attested) if attested != *actual => Err(Finding::integrity(
                Part::Attestation,
                format!("sha256 {attested}"),
                actual.hex(),
            )),
            _ => Ok(()),
        }
    }
}

impl<R: ReadAt + ?Sized> Read for Payload<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.slot.size - self.position;
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let count = self
            .input
            .read_at(&mut buffer[..wanted], self.slot.offset + self.position)?;
        if count == 0 {
            // The range was within the file when it was opened: somebody cut the file since.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.hasher.update(&buffer[..count]);
        self.position += count as u64;
        Ok(count)
    }
}
