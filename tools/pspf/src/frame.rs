//! Where everything goes, and the bytes around launcher and payloads (sections 1 and 8).

use digest::Sha256;
use pspf_format::layout::{self, END_MAGIC, FORMAT_VERSION, START_MAGIC, TRAILER_LEN};
use pspf_format::metadata::SlotEntry;
use pspf_format::{
    Capabilities, FileMode, HexField, IndexBlock, Lifecycle, Metadata, OperationChain, PrivateKey, SealMessage,
    SlotDescriptor, purpose_code, strict_json,
};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U32, U64};

use crate::{Error, metadata_stream};

/// What is known of the launcher.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LauncherFacts {
    pub size: u64,
    pub digest: Sha256,
}

/// What is known of one stored payload, beside its signed entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PayloadFacts {
    pub size: u64,
    pub original_size: u64,
    pub digest: Sha256,
    pub chain: OperationChain,
    pub platform: u8,
}

/// Every byte of a package that is neither launcher nor payload, and where all parts go.
#[derive(Debug)]
pub(crate) struct Frame {
    pub metadata_offset: u64,
    pub metadata: Vec<u8>,
    pub table_offset: u64,
    pub table: Vec<u8>,
    /// One offset per payload, in order.
    pub payload_offsets: Vec<u64>,
    pub trailer_offset: u64,
    pub trailer: Vec<u8>,
}

impl Frame {
    /// Lays out and signs a package. It is sealed when its JSON announces a seal.
    pub fn new(
        json: &[u8],
        launcher: LauncherFacts,
        payloads: &[PayloadFacts],
        build_time: u64,
        key: &PrivateKey,
    ) -> Result<Self, Error> {
        let metadata = Metadata::parse(json)
            .map_err(|error| Error::field("metadata", "a document that reads back", error.to_string()))?;
        let stream = metadata_stream::encode(json)?;
        let mut frame = Self::lay_out(launcher.size, stream, payloads)?;
        frame.table = table(&metadata.slots, payloads, &frame.payload_offsets)?
            .as_bytes()
            .to_vec();
        let mut index = frame.index(launcher.size, payloads.len());
        index.build_timestamp = U64::new(build_time);
        index.public_key = *key.public().as_bytes();
        index.attestation_key_fp = HexField::encode(&key.public().fingerprint());
        index.integrity_signature = key.sign(json).to_bytes();
        if let Some(policy) = &metadata.policy {
            index.attestation_policy_hash = HexField::encode(&Sha256::of(strict_json::canonical(policy).as_bytes()));
        }
        if let Some(position) = metadata.slots.iter().position(SlotEntry::is_attestation) {
            index.attestation_sbom_digest = HexField::encode(&payloads[position].digest);
        }
        if metadata.announces_seal() {
            let message = SealMessage::new(&launcher.digest, &Sha256::of(&frame.table), &index);
            index.seal = key.sign(message.as_bytes()).to_bytes();
        }
        index.index_checksum = U32::new(index.computed_checksum());
        frame.trailer = [&START_MAGIC[..], index.to_bytes(), &END_MAGIC].concat();
        Ok(frame)
    }

    fn lay_out(launcher_size: u64, metadata: Vec<u8>, payloads: &[PayloadFacts]) -> Result<Self, Error> {
        let end = |offset: u64, length: u64| offset.checked_add(length).ok_or(Error::TooLarge);
        let aligned = |offset: u64| layout::align(offset).ok_or(Error::TooLarge);
        let table_length = (payloads.len() * layout::DESCRIPTOR_LEN) as u64;
        let table_offset = aligned(end(launcher_size, metadata.len() as u64)?)?;
        let mut position = end(table_offset, table_length)?;
        let mut payload_offsets = Vec::with_capacity(payloads.len());
        for payload in payloads {
            let offset = aligned(position)?;
            payload_offsets.push(offset);
            position = end(offset, payload.size)?;
        }
        end(position, TRAILER_LEN as u64)?;
        Ok(Self {
            metadata_offset: launcher_size,
            metadata,
            table_offset,
            table: Vec::new(),
            payload_offsets,
            trailer_offset: position,
            trailer: Vec::new(),
        })
    }

    fn index(&self, launcher_size: u64, slots: usize) -> IndexBlock {
        let mut index = IndexBlock::empty();
        index.package_size = U64::new(self.file_length());
        index.launcher_size = U64::new(launcher_size);
        index.metadata_offset = U64::new(self.metadata_offset);
        index.metadata_size = U64::new(self.metadata.len() as u64);
        index.slot_table_offset = U64::new(self.table_offset);
        index.slot_table_size = U64::new(self.table.len() as u64);
        index.slot_count = U32::new(slots as u32);
        index.metadata_checksum = *Sha256::of(&self.metadata).as_bytes();
        index.page_size = U32::new(4096);
        index.capabilities = U64::new(Capabilities::MMAP | Capabilities::SIGNED);
        index.compatibility = U32::new(FORMAT_VERSION);
        index.protocol_version = U32::new(1);
        index
    }

    /// Length of the whole package in bytes.
    pub fn file_length(&self) -> u64 {
        self.trailer_offset + TRAILER_LEN as u64
    }
}

fn table(entries: &[SlotEntry], payloads: &[PayloadFacts], offsets: &[u64]) -> Result<Vec<SlotDescriptor>, Error> {
    let descriptor = |((position, entry), (payload, offset)): ((usize, &SlotEntry), (&PayloadFacts, &u64))| {
        let mode = match &entry.permissions {
            Some(text) => FileMode::parse(text)?,
            None => FileMode::DEFAULT,
        };
        Ok(SlotDescriptor {
            id: U64::new(position as u64),
            name_hash: U64::new(Sha256::of(entry.id.as_bytes()).prefix_u64()),
            offset: U64::new(*offset),
            size: U64::new(payload.size),
            original_size: U64::new(payload.original_size),
            operations: U64::new(payload.chain.packed()),
            checksum: U64::new(payload.digest.prefix_u64()),
            purpose: purpose_code(&entry.purpose),
            lifecycle: Lifecycle::from_word(&entry.lifecycle)
                .unwrap_or(Lifecycle::Runtime)
                .code(),
            priority: 1,
            platform: payload.platform,
            reserved: [0; 2],
            permissions: mode.bits().to_le_bytes(),
        })
    };
    entries
        .iter()
        .enumerate()
        .zip(payloads.iter().zip(offsets))
        .map(descriptor)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"format":"PSPF/2025","format_version":"1.0.0","package":{"name":"vec","version":"1.0"},"slots":[{"slot":0,"id":"a","source":"a.txt","target":"a.txt","size":6,"checksum":"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","operations":"none","purpose":"data","lifecycle":"runtime","permissions":"0644"}],"execution":{"command":"/bin/cat {workenv}/a.txt","env":{}},"setup_commands":[]}"#;

    /// Section 1.10, byte for byte.
    #[test]
    fn known_answer_vector() {
        let launcher = b"#!/bin/sh\nexit 0\n";
        let facts = PayloadFacts {
            size: 6,
            original_size: 6,
            digest: Sha256::of(b"hello\n"),
            chain: OperationChain::NONE,
            platform: 0,
        };
        let launcher_facts = LauncherFacts {
            size: 17,
            digest: Sha256::of(launcher),
        };
        let frame = Frame::new(
            JSON.as_bytes(),
            launcher_facts,
            &[facts],
            0,
            &PrivateKey::from_seed("s1"),
        )
        .unwrap();
        assert_eq!(
            (frame.metadata.len(), frame.table_offset, frame.payload_offsets[0]),
            (429, 448, 512)
        );
        let mut file = vec![0; frame.file_length() as usize];
        for (offset, bytes) in [
            (0, &launcher[..]),
            (17, &frame.metadata),
            (448, &frame.table),
            (512, b"hello\n"),
            (frame.trailer_offset as usize, &frame.trailer),
        ] {
            file[offset..offset + bytes.len()].copy_from_slice(bytes);
        }
        assert_eq!(file.len(), 8718);
        assert_eq!(
            Sha256::of(&file).hex(),
            "80f96b06aa8eb7d1cf36138963fb8c1e781cfd299fd202c39d5a248ee321f47d"
        );
        let report = pspf_verify::verify(&file[..], pspf_verify::Level::Strict).unwrap();
        assert!(report.is_ok() && report.warnings.is_empty(), "{report:?}");
    }
}
