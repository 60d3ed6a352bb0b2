use pspf_format::metadata::{SignedDigest, SlotEntry};
use pspf_format::{FileMode, Lifecycle, Metadata, OperationChain, SlotDescriptor};

use digest::Sha256;

use crate::log::Log;
use crate::{Finding, Part, Refusal, Slot};

/// Compares the slot table with the signed entries, descriptor by descriptor (sections 9 and 10).
pub fn check(metadata: &Metadata, table: &[SlotDescriptor], log: &mut Log) -> Result<Vec<Slot>, Refusal> {
    let sealed = metadata.announces_seal();
    let tool = metadata
        .build
        .as_ref()
        .and_then(|build| build.tool.as_deref())
        .unwrap_or_default();
    let mut slots = Vec::with_capacity(table.len());
    for (position, (entry, descriptor)) in metadata.slots.iter().zip(table).enumerate() {
        let mut check = Check {
            entry,
            descriptor,
            position,
            tool,
            log,
        };
        check.position()?;
        let digest = check.digest()?;
        check.chain(sealed)?;
        check.mode(sealed)?;
        check.lifecycle(sealed)?;
        if sealed {
            check.sealed_values(slots.last())?;
            check.unique_id(&slots)?;
        }
        slots.push(slot(entry, descriptor, digest, sealed));
    }
    Ok(slots)
}

fn slot(entry: &SlotEntry, descriptor: &SlotDescriptor, digest: SignedDigest, sealed: bool) -> Slot {
    Slot {
        entry: entry.clone(),
        offset: descriptor.offset.get(),
        size: descriptor.size.get(),
        original_size: descriptor.original_size.get(),
        chain: descriptor.chain(),
        mode: descriptor.mode(),
        lifecycle: descriptor.lifecycle,
        platform: descriptor.platform,
        checksum: descriptor.checksum.get(),
        digest,
        sealed,
    }
}

/// The checks of one descriptor.
struct Check<'a> {
    entry: &'a SlotEntry,
    descriptor: &'a SlotDescriptor,
    position: usize,
    /// The builder, as it signed its name.
    tool: &'a str,
    log: &'a mut Log,
}

impl Check<'_> {
    fn refuse(&mut self, expected: String, found: String) -> Result<(), Refusal> {
        let id = self.entry.id.escape_debug();
        let expected = format!("{expected} for slot {id}");
        self.log.refuse(Finding::integrity(Part::SlotTable, expected, found))
    }

    fn position(&mut self) -> Result<(), Refusal> {
        let (position, stored) = (self.position as u64, self.descriptor.id.get());
        if stored != position {
            self.refuse(format!("id {position}"), stored.to_string())?;
        }
        if self.entry.slot != position {
            let expected = format!("`slot` {position} in entry {position} of `slots`");
            self.log
                .refuse(Finding::format(Part::Metadata, expected, self.entry.slot.to_string()))?;
        }
        // The Go builder hashes the target; `$SELF` slots of the Rust builder have zero.
        let hashes = [&self.entry.id, &self.entry.target].map(|text| Sha256::of(text.as_bytes()).prefix_u64());
        let stored = self.descriptor.name_hash.get();
        let is_self = self.entry.self_ref == Some(true) && stored == 0;
        if !hashes.contains(&stored) && !is_self {
            self.refuse(format!("name_hash {:016x}", hashes[0]), format!("{stored:016x}"))?;
        }
        Ok(())
    }

    /// Payloads hang on this digest alone, so a form that is not understood ends the reading.
    fn digest(&mut self) -> Result<SignedDigest, Refusal> {
        let Some(digest) = self.entry.signed_digest() else {
            let expected = format!(
                "`checksum` of slot {} as sha256: and 64 hex digits",
                self.entry.id.escape_debug()
            );
            let found = format!("`{}`", self.entry.checksum.escape_debug());
            return Err(Finding::format(Part::Metadata, expected, found).into());
        };
        let stored = self.descriptor.checksum.get();
        let signed = match &digest {
            SignedDigest::Full(digest) => Some(digest.prefix_u64()),
            SignedDigest::Prefix(hex) => u64::from_str_radix(hex, 16).ok().map(u64::swap_bytes),
            SignedDigest::Empty => None,
        };
        if let Some(signed) = signed.filter(|signed| *signed != stored) {
            self.refuse(format!("checksum {signed:016x}, as signed,"), format!("{stored:016x}"))?;
        }
        if digest == SignedDigest::Empty && self.descriptor.size.get() != 0 {
            self.refuse("no stored bytes".into(), self.descriptor.size.to_string())?;
        }
        Ok(digest)
    }

    fn chain(&mut self, sealed: bool) -> Result<(), Refusal> {
        let stored = self.descriptor.chain();
        let word = &self.entry.operations;
        match OperationChain::parse(word) {
            Ok(signed) if signed == stored => return Ok(()),
            _ if !sealed && stored == OperationChain::NONE && is_misread(self.tool, word) => {}
            _ => return self.refuse(format!("operations `{}`", word.escape_debug()), format!("`{stored}`")),
        }
        let expected = format!(
            "operations `{}` for slot {}",
            word.escape_debug(),
            self.entry.id.escape_debug()
        );
        let found = "none: the builder did not know the word, so the slot is stored bytes";
        self.log.warn(Finding::format(Part::SlotTable, expected, found));
        Ok(())
    }

    fn mode(&mut self, sealed: bool) -> Result<(), Refusal> {
        let stored = self.descriptor.mode();
        let signed = self.entry.permissions.as_deref().map(FileMode::parse);
        let fits = match &signed {
            Some(Ok(mode)) if sealed || mode.bits() != 0 => *mode == stored,
            // "0000" is 0600 for one builder and 0 for the other, which means 0600 as well.
            Some(Ok(_)) => stored.effective() == 0o600,
            // Set-id bits and bad text: what the launcher does with the stored mode is safe.
            Some(Err(_)) => !sealed,
            None => [0, 0o600, 0o644].contains(&stored.bits()),
        };
        if fits {
            return Ok(());
        }
        let expected = self.entry.permissions.as_deref().unwrap_or("none given");
        self.refuse(format!("permissions {}", expected.escape_debug()), stored.to_string())
    }

    fn lifecycle(&mut self, sealed: bool) -> Result<(), Refusal> {
        let stored = self.descriptor.lifecycle;
        let default = Lifecycle::Runtime.code();
        let signed = Lifecycle::from_word(&self.entry.lifecycle).map_or(default, Lifecycle::code);
        // The Rust and Go builders do not know "attestation" and store 2 for it.
        let is_default = !sealed && self.entry.is_attestation() && stored == default;
        if stored == signed || is_default {
            return Ok(());
        }
        self.refuse(format!("lifecycle {signed}"), stored.to_string())
    }

    /// Ids name slots for people and files; FlavorPack's builders do not look, ours does.
    fn unique_id(&mut self, before: &[Slot]) -> Result<(), Refusal> {
        let Some(first) = before.iter().position(|slot| slot.entry.id == self.entry.id) else {
            return Ok(());
        };
        let expected = format!("an id of its own for slot {}", self.position);
        let found = format!("`{}`, as slot {first}", self.entry.id.escape_debug());
        self.log.refuse(Finding::format(Part::Metadata, expected, found))
    }

    /// What only our builder promises: signed stored sizes, and payloads in the order of the table.
    fn sealed_values(&mut self, before: Option<&Slot>) -> Result<(), Refusal> {
        let (signed, stored) = (self.entry.size, self.descriptor.size.get());
        if signed != stored {
            self.refuse(format!("size {signed}"), stored.to_string())?;
        }
        let offset = self.descriptor.offset.get();
        if let Some(before) = before.filter(|before| before.offset > offset) {
            self.refuse(format!("an offset from {} on", before.offset), offset.to_string())?;
        }
        Ok(())
    }
}

/// True for a word that this builder of FlavorPack signs and stores as no chain (section 3.1).
fn is_misread(tool: &str, word: &str) -> bool {
    let is_foreign = !OperationChain::parse(word).is_ok_and(OperationChain::is_portable);
    match tool {
        "flavor-rs" => is_foreign || matches!(word, "tar.gz" | "tar|gzip"),
        "flavor-go" => is_foreign || matches!(word, "tar,gzip" | "tar|gzip"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_builders_drop() {
        assert!(is_misread("flavor-rs", "tar.gz") && !is_misread("flavor-rs", "tar,gzip"));
        assert!(is_misread("flavor-go", "tar,gzip") && !is_misread("flavor-go", "tar.gz"));
        for tool in ["flavor-rs", "flavor-go"] {
            assert!(is_misread(tool, "xz") && is_misread(tool, "brotli") && !is_misread(tool, "tgz"));
        }
        assert!(!is_misread("flavor-python", "tar.gz") && !is_misread("", "xz"));
    }
}
