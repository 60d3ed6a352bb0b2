use std::io::Write;

use digest::Sha256;
use flate2::Compression;
use flate2::write::GzEncoder;
use pspf_format::layout::{END_MAGIC, START_MAGIC};
use pspf_format::{HexField, IndexBlock, PrivateKey, SealMessage, SlotDescriptor};
use serde_json::{Value, json};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U32, U64};

/// One payload and its signed entry.
#[derive(Clone)]
pub struct Member {
    /// Stored bytes.
    pub stored: Vec<u8>,
    /// Entry in `slots`; sizes and checksums are filled in unless given.
    pub entry: Value,
    /// Packed operation chain of the descriptor.
    pub chain: u64,
    /// Descriptor's `original_size`, if not the stored length.
    pub original_size: Option<u64>,
}

impl Member {
    /// A slot of these stored bytes.
    pub fn new(id: &str, target: &str, operations: &str, chain: u64, stored: impl Into<Vec<u8>>) -> Self {
        let entry = json!({
            "id": id, "source": id, "target": target, "operations": operations,
            "purpose": "data", "lifecycle": "runtime", "permissions": "0644",
        });
        Self {
            stored: stored.into(),
            entry,
            chain,
            original_size: None,
        }
    }
}

type Edit<T> = Box<dyn Fn(&mut T)>;

/// A package under construction in which everything can be wrong.
///
/// Edits come in two kinds: those of the owner of a key, before signing and sealing, and those of
/// an attacker afterwards, who can only fix up checksums that are under no signature.
pub struct Forge {
    /// Bytes of the launcher.
    pub launcher: Vec<u8>,
    /// Slots.
    pub members: Vec<Member>,
    /// The signing key.
    pub key: PrivateKey,
    /// Changes the JSON document before it is signed.
    pub json: Edit<Value>,
    /// Replaces the JSON text before it is signed.
    pub text: Box<dyn Fn(String) -> Vec<u8>>,
    /// Replaces the gzip stream of the metadata; its digest follows.
    pub gzip: Box<dyn Fn(Vec<u8>) -> Vec<u8>>,
    /// Changes the slot table before sealing.
    pub table: Edit<Vec<SlotDescriptor>>,
    /// Changes the index block before sealing.
    pub index: Edit<IndexBlock>,
    /// Changes the sealed index block; its Adler-32 is made right again.
    pub sealed_index: Edit<IndexBlock>,
    /// Changes the finished file.
    pub file: Edit<Vec<u8>>,
}

impl Default for Forge {
    fn default() -> Self {
        Self {
            launcher: b"#!/bin/sh\nexit 0\n".to_vec(),
            members: vec![
                Member::new("a", "a.txt", "none", 0, *b"hello\n"),
                Member::new("empty", "empty.txt", "none", 0, *b""),
                Member::new("b", "b.txt", "gzip", 0x10, gzip(b"a text that is compressed\n")),
            ],
            key: PrivateKey::from_seed("corpus"),
            json: Box::new(|_| ()),
            text: Box::new(String::into_bytes),
            gzip: Box::new(|stream| stream),
            table: Box::new(|_| ()),
            index: Box::new(|_| ()),
            sealed_index: Box::new(|_| ()),
            file: Box::new(|_| ()),
        }
    }
}

impl Forge {
    /// A package that announces no seal and signs the launcher's checksum, as the Rust builder does.
    pub fn foreign() -> Self {
        let launcher = Sha256::of(&Self::default().launcher);
        Self {
            json: Box::new(move |document| {
                document["seal"].take();
                document.as_object_mut().map(|top| top.remove("seal"));
                document["launcher"] =
                    json!({ "tool": "l", "tool_version": "1", "checksum": format!("sha256:{launcher}") });
                document["build"] = json!({ "tool": "flavor-rs" });
            }),
            ..Self::default()
        }
    }

    /// Puts the file together.
    pub fn build(&self) -> Vec<u8> {
        let text = (self.text)(self.document().to_string());
        let stream = (self.gzip)(gzip(&text));
        let table_offset = align(self.launcher.len() + stream.len());
        let mut position = table_offset + 64 * self.members.len();
        let mut table = Vec::new();
        for (number, member) in self.members.iter().enumerate() {
            position = align(position);
            table.push(descriptor(number, member, position));
            position += member.stored.len();
        }
        (self.table)(&mut table);
        let mut file = self.launcher.clone();
        file.extend(&stream);
        file.resize(table_offset, 0);
        file.extend(table.as_bytes());
        for member in &self.members {
            file.resize(align(file.len()), 0);
            file.extend(&member.stored);
        }
        let index = self.index(&text, &stream, table_offset, &table, file.len() + 8200);
        for part in [&START_MAGIC[..], index.to_bytes(), &END_MAGIC] {
            file.extend(part);
        }
        (self.file)(&mut file);
        file
    }

    fn document(&self) -> Value {
        let mut slots = Vec::new();
        for (number, member) in self.members.iter().enumerate() {
            let mut entry = member.entry.clone();
            let checksum = format!("sha256:{}", Sha256::of(&member.stored));
            for (key, value) in [
                ("slot", json!(number)),
                ("size", json!(member.stored.len())),
                ("checksum", json!(checksum)),
            ] {
                if entry[key].is_null() {
                    entry[key] = value;
                }
            }
            slots.push(entry);
        }
        let mut document = json!({
            "format": "PSPF/2025", "format_version": "1.0.0", "package": { "name": "corpus", "version": "1" },
            "slots": slots, "execution": { "command": "/bin/cat {workenv}/a.txt", "env": {} },
            "setup_commands": [], "seal": "buckpack-seal/1",
        });
        (self.json)(&mut document);
        document
    }

    fn index(
        &self,
        text: &[u8],
        stream: &[u8],
        table_offset: usize,
        table: &[SlotDescriptor],
        size: usize,
    ) -> IndexBlock {
        let mut index = IndexBlock::empty();
        index.package_size = U64::new(size as u64);
        index.launcher_size = U64::new(self.launcher.len() as u64);
        index.metadata_offset = U64::new(self.launcher.len() as u64);
        index.metadata_size = U64::new(stream.len() as u64);
        index.slot_table_offset = U64::new(table_offset as u64);
        index.slot_table_size = U64::new(64 * self.members.len() as u64);
        index.slot_count = U32::new(self.members.len() as u32);
        index.metadata_checksum = *Sha256::of(stream).as_bytes();
        index.public_key = *self.key.public().as_bytes();
        index.attestation_key_fp = HexField::encode(&self.key.public().fingerprint());
        index.integrity_signature = self.key.sign(text).to_bytes();
        (self.index)(&mut index);
        let message = SealMessage::new(&Sha256::of(&self.launcher), &Sha256::of(table.as_bytes()), &index);
        index.seal = self.key.sign(message.as_bytes()).to_bytes();
        (self.sealed_index)(&mut index);
        index.index_checksum = U32::new(index.computed_checksum());
        index
    }
}

fn descriptor(number: usize, member: &Member, offset: usize) -> SlotDescriptor {
    let mode = member.entry["permissions"]
        .as_str()
        .and_then(|text| u16::from_str_radix(text, 8).ok())
        .unwrap_or(0);
    SlotDescriptor {
        id: U64::new(number as u64),
        name_hash: U64::new(Sha256::of(member.entry["id"].as_str().unwrap_or_default().as_bytes()).prefix_u64()),
        offset: U64::new(offset as u64),
        size: U64::new(member.stored.len() as u64),
        original_size: U64::new(member.original_size.unwrap_or(member.stored.len() as u64)),
        operations: U64::new(member.chain),
        checksum: U64::new(Sha256::of(&member.stored).prefix_u64()),
        purpose: 0,
        lifecycle: 2,
        priority: 1,
        platform: 0,
        reserved: [0; 2],
        permissions: mode.to_le_bytes(),
    }
}

fn align(offset: usize) -> usize {
    offset.next_multiple_of(8)
}

/// One gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail")
}
