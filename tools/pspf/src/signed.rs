use std::path::Path;

use digest::Sha256;

use crate::content::Content;
use crate::document::Document;
use crate::frame::PayloadFacts;
use crate::write::{Parts, Written};
use crate::{Error, Launcher, SigningKey, SlotRecord, Target};

/// A package that is complete but for its file, and committed to a key: the third state.
pub struct Signed {
    document: Document,
    launcher: Launcher,
    slots: Vec<(SlotRecord, Content)>,
    key: SigningKey,
    jobs: usize,
}

impl Signed {
    pub(crate) fn new(
        document: Document,
        launcher: Launcher,
        slots: Vec<(SlotRecord, Content)>,
        key: SigningKey,
        jobs: usize,
    ) -> Result<Self, Error> {
        let signed = Self {
            document,
            launcher,
            slots,
            key,
            jobs,
        };
        // What is wrong with the document is said now, and not when half of the file is written.
        signed.records_json(&signed.slots.iter().map(|(record, _)| record.sha256).collect::<Vec<_>>())?;
        Ok(signed)
    }

    /// Writes the package: beside, renamed, mode 0755.
    ///
    /// Source files are read once: hashed, signed and sealed while they are copied. A source that
    /// changes meanwhile, or a stored payload that is not what its record says, is an error and leaves
    /// no file.
    pub fn write(self, path: &Path) -> Result<Written, Error> {
        let payloads = self
            .slots
            .iter()
            .map(|(record, _)| self.facts(record))
            .collect::<Result<Vec<_>, _>>()?;
        let Self {
            document,
            launcher,
            slots,
            key,
            jobs,
        } = self;
        let (records, contents): (Vec<SlotRecord>, Vec<Content>) = slots.into_iter().unzip();
        let origin = key.origin();
        let parts = Parts {
            launcher,
            payloads: payloads.into_iter().zip(contents).collect(),
            build_time: document.build_time,
            json: |digests: &[Sha256]| document.json(&with_digests(&records, digests), origin),
            key,
            jobs,
        };
        parts.write(path)
    }

    fn records_json(&self, digests: &[Sha256]) -> Result<Vec<u8>, Error> {
        let records: Vec<SlotRecord> = self.slots.iter().map(|(record, _)| record.clone()).collect();
        self.document.json(&with_digests(&records, digests), self.key.origin())
    }

    fn facts(&self, record: &SlotRecord) -> Result<PayloadFacts, Error> {
        Ok(PayloadFacts {
            size: record.size,
            original_size: record.original_size,
            digest: record.sha256,
            chain: record.chain()?,
            platform: if let Target::Platform(platform) = self.document.target {
                platform.code()
            } else {
                0
            },
        })
    }
}

fn with_digests(records: &[SlotRecord], digests: &[Sha256]) -> Vec<SlotRecord> {
    let pairs = records.iter().zip(digests);
    pairs
        .map(|(record, digest)| SlotRecord {
            sha256: *digest,
            ..record.clone()
        })
        .collect()
}
