//! Packages that no honest builder makes: every part by hand, signatures where they are wanted.

use std::io::Write;

use digest::Sha256;
use pspf_format::{HexField, IndexBlock, PrivateKey};
use zerocopy::little_endian::{U32, U64};

/// One slot, as table and JSON shall say it.
#[derive(Clone)]
pub struct ForgedSlot {
    pub id: String,
    pub target: String,
    pub payload: Vec<u8>,
    pub operations: u64,
    pub word: &'static str,
    pub mode: u16,
    pub lifecycle: (u8, &'static str),
    /// What the signed JSON says the payload's digest is, if not the truth.
    pub signed: Option<Sha256>,
}

/// A slot that holds what it says.
pub fn slot(id: &str, target: &str, payload: impl Into<Vec<u8>>) -> ForgedSlot {
    ForgedSlot {
        id: id.into(),
        target: target.into(),
        payload: payload.into(),
        operations: 0,
        word: "none",
        mode: 0o755,
        lifecycle: (2, "runtime"),
        signed: None,
    }
}

impl ForgedSlot {
    pub fn chain(mut self, operations: u64, word: &'static str) -> Self {
        (self.operations, self.word) = (operations, word);
        self
    }
}

/// A package without a seal, as FlavorPack's Rust builder lays it out.
pub struct Forge {
    pub launcher: Vec<u8>,
    pub slots: Vec<ForgedSlot>,
    /// Merged into the metadata.
    pub metadata: serde_json::Value,
    pub key: PrivateKey,
    /// Changes the index before its checksum is computed.
    pub index: fn(&mut IndexBlock),
}

impl Forge {
    pub fn new(slots: Vec<ForgedSlot>) -> Self {
        Forge {
            launcher: super::World::launcher(),
            slots,
            metadata: serde_json::json!({}),
            key: PrivateKey::from_seed("forge"),
            index: |_| {},
        }
    }

    /// With one script as its program, and more slots.
    pub fn script(script: &str, more: Vec<ForgedSlot>) -> Self {
        let mut slots = vec![slot("run", "bin/run", format!("#!/bin/sh\n{script}\n"))];
        slots.extend(more);
        Self::new(slots)
    }

    pub fn with(mut self, metadata: serde_json::Value) -> Self {
        self.metadata = metadata;
        self
    }

    pub fn index(mut self, change: fn(&mut IndexBlock)) -> Self {
        self.index = change;
        self
    }

    fn json(&self) -> Vec<u8> {
        let slots = self.slots.iter().enumerate().map(|(number, slot)| {
            let digest = slot.signed.unwrap_or_else(|| Sha256::of(&slot.payload));
            serde_json::json!({
                "slot": number, "id": slot.id, "source": slot.id, "target": slot.target, "size": slot.payload.len(),
                "checksum": format!("sha256:{digest}"), "operations": slot.word, "purpose": "data",
                "lifecycle": slot.lifecycle.1, "permissions": format!("{:04o}", slot.mode),
            })
        });
        let slots = slots.collect();
        let mut json = serde_json::json!({
            "format": "PSPF/2025", "package": {"name": "app", "version": "1.0"}, "slots": serde_json::Value::Array(slots),
            "execution": {"command": "\"{workenv}/bin/run\"", "env": {}}, "setup_commands": [],
        });
        for (key, value) in self.metadata.as_object().unwrap() {
            json[key] = value.clone();
        }
        serde_json::to_vec(&json).unwrap()
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let json = self.json();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&json).unwrap();
        let metadata = gzip.finish().unwrap();
        let mut file = self.launcher.clone();
        let mut index = IndexBlock::empty();
        index.launcher_size = U64::new(file.len() as u64);
        index.metadata_offset = U64::new(file.len() as u64);
        index.metadata_size = U64::new(metadata.len() as u64);
        index.metadata_checksum = *Sha256::of(&metadata).as_bytes();
        file.extend(&metadata);
        pad(&mut file);
        index.slot_table_offset = U64::new(file.len() as u64);
        index.slot_table_size = U64::new(64 * self.slots.len() as u64);
        index.slot_count = U32::new(u32::try_from(self.slots.len()).unwrap());
        let table = file.len();
        file.resize(table + 64 * self.slots.len(), 0);
        for (number, slot) in self.slots.iter().enumerate() {
            pad(&mut file);
            let descriptor = descriptor(number, slot, file.len());
            file[table + 64 * number..][..64].copy_from_slice(&descriptor);
            file.extend(&slot.payload);
        }
        pad(&mut file);
        index.package_size = U64::new(file.len() as u64 + 8200);
        index.public_key = *self.key.public().as_bytes();
        index.integrity_signature = self.key.sign(&json).to_bytes();
        index.attestation_key_fp = HexField::encode(&self.key.public().fingerprint());
        (self.index)(&mut index);
        index.index_checksum = U32::new(index.computed_checksum());
        file.extend(pspf_format::layout::START_MAGIC);
        file.extend(index.to_bytes());
        file.extend(pspf_format::layout::END_MAGIC);
        file
    }
}

fn descriptor(number: usize, slot: &ForgedSlot, offset: usize) -> [u8; 64] {
    let size = slot.payload.len() as u64;
    let words = [
        number as u64,
        Sha256::of(slot.id.as_bytes()).prefix_u64(),
        offset as u64,
        size,
        size,
        slot.operations,
        // What an attacker would put there: the checksum of the bytes as they are.
        Sha256::of(&slot.payload).prefix_u64(),
    ];
    let mut bytes = [0; 64];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes[57] = slot.lifecycle.0;
    bytes[58] = 1;
    bytes[62..].copy_from_slice(&slot.mode.to_le_bytes());
    bytes
}

fn pad(file: &mut Vec<u8>) {
    file.resize(file.len().next_multiple_of(8), 0);
}

/// A gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A tar with one entry of a kind, name and link target that a tar writer would refuse.
pub fn tar_of(kind: tar::EntryType, name: &str, link: &str, mode: u32, content: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    add(&mut archive, kind, name, link, mode, content);
    archive.into_inner().unwrap()
}

/// Adds such an entry.
pub fn add(
    archive: &mut tar::Builder<Vec<u8>>,
    kind: tar::EntryType,
    name: &str,
    link: &str,
    mode: u32,
    content: &[u8],
) {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    header.set_cksum();
    archive.append(&header, content).unwrap();
}
