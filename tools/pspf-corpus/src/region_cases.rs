//! Cut, lengthened and flipped files: what happens to a file by accident, and to one whose attacker
//! fixes no checksum.

use pspf_format::IndexBlock;

use crate::{Case, Forge, good, good_foreign};

/// Regions of a package, by their first byte.
struct Regions {
    metadata: usize,
    metadata_end: usize,
    table: usize,
    payload: usize,
    trailer: usize,
}

fn regions(file: &[u8]) -> Regions {
    let trailer = file.len() - 8200;
    let block: &[u8; 8192] = file[trailer + 4..trailer + 4 + 8192]
        .try_into()
        .expect("a package has an index block");
    let index = IndexBlock::from_bytes(block);
    let metadata = index.metadata_offset.get() as usize;
    let table = index.slot_table_offset.get() as usize;
    Regions {
        metadata,
        metadata_end: metadata + index.metadata_size.get() as usize,
        table,
        payload: table + 64 * 3,
        trailer,
    }
}

/// All cases of this file.
pub fn all() -> Vec<Case> {
    let mut cases = lengths();
    for (kind, file) in [("sealed", good()), ("foreign", good_foreign())] {
        cases.extend(flips(kind, &file));
    }
    cases.extend(every_index_field());
    cases
}

fn lengths() -> Vec<Case> {
    let file = good();
    let at = regions(&file);
    let cut =
        |name: &str, length: usize, refusal: &str| Case::new(format!("cut: {name}"), file[..length].to_vec(), refusal);
    let without = |name: &str, start: usize, length: usize, refusal: &str| {
        let bytes = [&file[..start], &file[start + length..]].concat();
        Case::new(format!("{length} bytes removed: {name}"), bytes, refusal)
    };
    let append = |length: usize| {
        let mut bytes = file.clone();
        bytes.resize(file.len() + length, 0);
        Case::new(format!("{length} bytes appended"), bytes, "trailer: expected end magic")
    };
    vec![
        Case::new(
            "empty file",
            Vec::new(),
            "trailer: expected at least 8200 bytes, found a file of 0 bytes",
        ),
        cut(
            "a file shorter than a trailer",
            8199,
            "trailer: expected at least 8200 bytes",
        ),
        cut("last byte", file.len() - 1, "trailer: expected end magic"),
        cut("in the index", file.len() - 4000, "trailer: expected"),
        cut("before the trailer", at.trailer, "trailer: expected"),
        without("launcher", 3, 1, "index: expected package_size"),
        without("metadata", at.metadata + 5, 1, "index: expected package_size"),
        without("slot table", at.table + 5, 1, "index: expected package_size"),
        without("payload", at.payload, 5, "index: expected package_size"),
        append(1),
        append(1 << 20),
    ]
}

/// One flipped bit in each region.
fn flips(kind: &str, file: &[u8]) -> Vec<Case> {
    let at = regions(file);
    let flip = |name: &str, place: usize, refusal: &str| {
        let mut bytes = file.to_vec();
        bytes[place] ^= 0x10;
        Case::new(format!("{kind}, flipped: {name}"), bytes, refusal)
    };
    let launcher = if kind == "sealed" {
        "seal: expected a seal over"
    } else {
        "launcher: expected sha256"
    };
    let mut cases = vec![
        flip("start magic", at.trailer, "trailer: expected start magic"),
        flip("end magic", file.len() - 1, "trailer: expected end magic"),
        flip("launcher, first byte", 0, launcher),
        flip("launcher, last byte", at.metadata - 1, launcher),
        flip("metadata, first byte", at.metadata, "metadata: expected sha256"),
        flip("metadata, CRC", at.metadata_end - 8, "metadata: expected sha256"),
        flip("metadata, last byte", at.metadata_end - 1, "metadata: expected sha256"),
        flip("payload, first byte", at.payload, "slot payload a: expected sha256"),
        flip("payload, last byte", at.trailer - 1, "slot payload b: expected sha256"),
    ];
    if kind == "sealed" {
        cases.push(flip("gap", at.payload + 6, "gap: expected zeros"));
    }
    cases
}

/// One flipped bit in each field of the index block: without the checksum fixed up, and with it.
fn every_index_field() -> Vec<Case> {
    const FIELDS: [(&str, usize); 44] = [
        ("format_version", 0),
        ("index_checksum", 4),
        ("package_size", 8),
        ("launcher_size", 16),
        ("metadata_offset", 24),
        ("metadata_size", 32),
        ("slot_table_offset", 40),
        ("slot_table_size", 48),
        ("slot_count", 56),
        ("flags", 60),
        ("public_key", 64),
        ("metadata_checksum", 96),
        ("integrity_signature", 128),
        ("signature padding", 192),
        ("access_mode", 640),
        ("cache_strategy", 641),
        ("reserved hints", 642),
        ("page_size", 644),
        ("max_memory", 648),
        ("min_memory", 656),
        ("cpu_features", 664),
        ("gpu_requirements", 672),
        ("numa_hints", 680),
        ("stream_chunk_size", 688),
        ("padding", 692),
        ("build_timestamp", 704),
        ("build_machine", 712),
        ("source_hash", 744),
        ("dependency_hash", 776),
        ("license_id", 808),
        ("provenance_uri", 824),
        ("capabilities", 832),
        ("requirements", 840),
        ("extensions", 848),
        ("compatibility", 856),
        ("protocol_version", 860),
        ("seal", 864),
        ("future_crypto after the seal", 928),
        ("attestation_key_fp", 1376),
        ("attestation_sbom_digest", 1440),
        ("attestation_policy_hash", 1504),
        ("reserved, first byte", 1568),
        ("reserved, middle", 4000),
        ("reserved, last byte", 8191),
    ];
    let mut cases = Vec::new();
    for (name, offset) in FIELDS {
        let flip = move |file: &mut Vec<u8>| {
            let place = file.len() - 8196 + offset;
            file[place] ^= 0x10;
        };
        let stale = Forge {
            file: Box::new(flip),
            ..Forge::default()
        }
        .build();
        let refusal = if name == "format_version" {
            "index: expected format_version"
        } else {
            "index: expected Adler-32"
        };
        cases.push(Case::new(format!("index field {name} flipped"), stale, refusal));
        let change = move |index: &mut IndexBlock| {
            let mut bytes = *index.to_bytes();
            bytes[offset] ^= 0x10;
            *index = IndexBlock::from_bytes(&bytes).clone();
        };
        if name != "index_checksum" {
            let fixed = Forge {
                sealed_index: Box::new(change),
                ..Forge::default()
            }
            .build();
            cases.push(Case::new(
                format!("index field {name} flipped, checksum fixed"),
                fixed,
                "",
            ));
        }
    }
    cases
}
