//! Key, signature, fingerprint, seal, attestation and policy hash.

use digest::Sha256;
use pspf_format::{HexField, IndexBlock, PrivateKey, SealMessage};
use serde_json::json;

use crate::{Case, Forge};

/// All cases of this file.
pub fn all() -> Vec<Case> {
    let index = |name: &str, change: fn(&mut IndexBlock), refusal: &str| {
        let file = Forge {
            index: Box::new(change),
            ..Forge::default()
        }
        .build();
        Case::new(name, file, refusal)
    };
    let after = |name: &str, change: fn(&mut IndexBlock), refusal: &str| {
        let file = Forge {
            sealed_index: Box::new(change),
            ..Forge::default()
        }
        .build();
        Case::new(name, file, refusal)
    };
    let mut cases = vec![
        index(
            "unsigned",
            |index| index.integrity_signature = [0; 64],
            "signature: expected a signature over the metadata, found none",
        ),
        index(
            "unsigned without a key",
            |index| (index.integrity_signature, index.public_key) = ([0; 64], [0; 32]),
            "signature: expected a signature over the metadata, found none",
        ),
        index(
            "another key",
            |index| index.public_key = *other().public().as_bytes(),
            "signature: expected a signature over the metadata by key",
        ),
        index(
            "signature of another document",
            |index| index.integrity_signature = PrivateKey::from_seed("corpus").sign(b"{}").to_bytes(),
            "signature: expected",
        ),
        index(
            "key of small order",
            small_order,
            "key: expected a public key of large order",
        ),
        index(
            "key that is no curve point",
            |index| index.public_key = [2; 32],
            "key: expected a public key of large order",
        ),
        index(
            "fingerprint of another key",
            |index| index.attestation_key_fp = HexField::encode(&other().public().fingerprint()),
            "key: expected fingerprint",
        ),
        index(
            "fingerprint in capitals",
            |index| index.attestation_key_fp.make_ascii_uppercase(),
            "key: expected fingerprint",
        ),
        index(
            "digest of an attestation that is not there",
            |index| index.attestation_sbom_digest = HexField::encode(&Sha256::of(b"x")),
            "attestation: expected a slot of lifecycle attestation",
        ),
        index(
            "malformed attestation digest",
            |index| index.attestation_sbom_digest = [b'x'; 64],
            "attestation: expected a hex digest",
        ),
        index(
            "hash of a policy that is not there",
            |index| index.attestation_policy_hash = HexField::encode(&Sha256::of(b"x")),
            "policy: expected sha256",
        ),
        after(
            "no seal",
            |index| index.seal = [0; 64],
            "seal: expected the seal that the metadata announces, found none",
        ),
        after(
            "seal by another key",
            |index| {
                let message = SealMessage::new(&Sha256::of(b""), &Sha256::of(b""), index);
                index.seal = other().sign(message.as_bytes()).to_bytes();
            },
            "seal: expected a seal over",
        ),
        after(
            "bytes after the seal",
            |index| index.future_crypto[447] = 1,
            "seal: expected 448 zero bytes after the seal",
        ),
        after(
            "index changed after sealing",
            |index| index.build_timestamp.set(1),
            "seal: expected a seal over",
        ),
    ];
    cases.push(table_changed_after_sealing());
    cases.push(attestation_with_another_digest());
    cases
}

fn other() -> PrivateKey {
    PrivateKey::from_seed("somebody else")
}

/// Public key and signature that verify any message unless verification is strict.
fn small_order(index: &mut IndexBlock) {
    index.public_key = [0; 32];
    index.public_key[0] = 1;
    index.integrity_signature = [0; 64];
    index.integrity_signature[0] = 1;
    index.attestation_key_fp = HexField::encode(&index.key().fingerprint());
}

/// Nothing but the seal covers a descriptor's priority.
fn table_changed_after_sealing() -> Case {
    let file = Forge {
        file: Box::new(|file| {
            let block: &[u8; 8192] = file[file.len() - 8196..file.len() - 4]
                .try_into()
                .expect("a package has an index block");
            let table = IndexBlock::from_bytes(block).slot_table_offset.get() as usize;
            file[table + 58] = 9;
        }),
        ..Forge::default()
    };
    Case::new(
        "slot table changed after sealing",
        file.build(),
        "seal: expected a seal over",
    )
}

fn attestation_with_another_digest() -> Case {
    let mut forge = Forge {
        table: Box::new(|table| table[0].lifecycle = 11),
        index: Box::new(|index| index.attestation_sbom_digest = HexField::encode(&Sha256::of(b"x"))),
        ..Forge::default()
    };
    forge.members[0].entry["lifecycle"] = json!("attestation");
    Case::new(
        "attestation with another digest",
        forge.build(),
        "attestation: expected sha256",
    )
}
