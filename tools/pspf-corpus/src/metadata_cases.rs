//! The metadata stream and its JSON.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::{Case, Forge};

/// All cases of this file.
pub fn all() -> Vec<Case> {
    let mut cases = streams();
    cases.extend(texts());
    cases.extend(documents());
    cases.push(two_slots_of_one_id());
    cases
}

/// 200 MiB of spaces in 200 KiB. The sample is compressed once more.
fn bomb() -> Vec<u8> {
    let mut stream = Vec::new();
    let sample = &include_bytes!("../samples/spaces-200-mib.gz.gz")[..];
    GzDecoder::new(sample)
        .read_to_end(&mut stream)
        .expect("the sample is whole");
    stream
}

fn streams() -> Vec<Case> {
    let stream = |name: &str, change: fn(Vec<u8>) -> Vec<u8>, refusal: &str| {
        let file = Forge {
            gzip: Box::new(change),
            ..Forge::default()
        }
        .build();
        Case::new(
            format!("metadata stream: {name}"),
            file,
            format!("metadata: expected {refusal}"),
        )
    };
    vec![
        stream(
            "two gzip members",
            |member| [&member[..], &member[..]].concat(),
            "one gzip member, found",
        ),
        stream(
            "one trailing byte",
            |member| [&member[..], b"x"].concat(),
            "one gzip member, found 1 bytes after its end",
        ),
        stream(
            "plain JSON",
            |_| b"{\"format\":\"PSPF/2025\"}".to_vec(),
            "one gzip stream, found a damaged one",
        ),
        stream("nothing", |_| Vec::new(), "one gzip stream"),
        stream(
            "cut",
            |member| member[..member.len() - 1].to_vec(),
            "one gzip stream, found a damaged one",
        ),
        stream(
            "wrong CRC",
            |mut member| {
                let place = member.len() - 8;
                member[place] ^= 1;
                member
            },
            "one gzip stream, found a damaged one",
        ),
        stream(
            "200 MiB of JSON in 200 KiB",
            |_| bomb(),
            "at most 1048576 bytes of JSON, found more",
        ),
    ]
}

fn texts() -> Vec<Case> {
    let text = |name: &str, change: fn(String) -> Vec<u8>, refusal: &str| {
        let file = Forge {
            text: Box::new(change),
            ..Forge::default()
        }
        .build();
        Case::new(
            format!("metadata text: {name}"),
            file,
            format!("metadata: expected {refusal}"),
        )
    };
    vec![
        text(
            "one byte over 1 MiB",
            |text| [text.as_bytes(), &vec![b' '; (1 << 20) + 1 - text.len()]].concat(),
            "at most 1048576 bytes of JSON, found more",
        ),
        text("nothing", |_| Vec::new(), "readable metadata"),
        text(
            "byte order mark",
            |text| format!("\u{feff}{text}").into_bytes(),
            "readable metadata",
        ),
        text("not UTF-8", |_| b"{\"format\":\"\xff\"}".to_vec(), "readable metadata"),
        text(
            "array",
            |_| b"[]".to_vec(),
            "readable metadata, found expected a JSON object",
        ),
        text(
            "two documents",
            |text| format!("{text}{text}").into_bytes(),
            "readable metadata",
        ),
        text(
            "duplicate key",
            |text| text.replacen('{', "{\"format\":\"x\",", 1).into_bytes(),
            "readable metadata, found not the metadata JSON of a package: duplicate key `format`",
        ),
        text(
            "duplicate key in a slot",
            |text| {
                text.replacen("\"id\":\"a\"", "\"id\":\"x\",\"id\":\"a\"", 1)
                    .into_bytes()
            },
            "readable metadata, found not the metadata JSON of a package: duplicate key `id`",
        ),
        text(
            "duplicate custom key",
            |text| text.replacen('{', "{\"x\":{\"y\":1,\"y\":2},", 1).into_bytes(),
            "readable metadata, found not the metadata JSON of a package: duplicate key `y`",
        ),
        text(
            "nested 100,000 deep",
            |_| "[".repeat(100_000).into_bytes(),
            "readable metadata",
        ),
    ]
}

fn documents() -> Vec<Case> {
    let document = |name: &str, change: fn(&mut Value), refusal: &str| {
        let file = Forge {
            json: Box::new(change),
            ..Forge::default()
        }
        .build();
        Case::new(format!("metadata: {name}"), file, refusal)
    };
    vec![
        document(
            "another format",
            |top| top["format"] = json!("PSPF/2026"),
            "metadata: expected format `PSPF/2025`",
        ),
        document(
            "a later seal",
            |top| top["seal"] = json!("buckpack-seal/2"),
            "metadata: expected seal `buckpack-seal/1`",
        ),
        document(
            "a text for slots",
            |top| top["slots"] = json!("x"),
            "metadata: expected readable metadata",
        ),
        document(
            "a slot more",
            |top| {
                let slot = top["slots"][0].clone();
                top["slots"]
                    .as_array_mut()
                    .into_iter()
                    .for_each(|slots| slots.push(slot.clone()));
            },
            "slot table: expected slot_count 4",
        ),
        document(
            "a slot less",
            |top| {
                top["slots"].as_array_mut().and_then(Vec::pop);
            },
            "slot table: expected slot_count 2",
        ),
        document(
            "slots in another order",
            |top| {
                top["slots"]
                    .as_array_mut()
                    .into_iter()
                    .for_each(|slots| slots.swap(0, 1));
            },
            "",
        ),
        document(
            "an unknown setup command",
            |top| top["setup_commands"] = json!([{"type": "sing"}]),
            "metadata: expected readable metadata",
        ),
        document(
            "a policy with an unknown key",
            |top| top["policy"] = json!({"refuse_rot": true}),
            "policy: expected",
        ),
        document(
            "a policy that is no object",
            |top| top["policy"] = json!([]),
            "policy: expected",
        ),
        document(
            "a variable that is a number",
            |top| top["execution"]["env"] = json!({"X": 1}),
            "metadata: expected readable metadata",
        ),
        document(
            "a checksum in no known form",
            |top| top["slots"][0]["checksum"] = json!("md5:00"),
            "metadata: expected `checksum` of slot a",
        ),
        document(
            "no checksum",
            |top| top["slots"][0]["checksum"] = json!(""),
            "metadata: expected `checksum` of slot a",
        ),
        document(
            "a short checksum outside an attestation",
            |top| top["slots"][0]["checksum"] = json!("5891b5b522d5df08"),
            "metadata: expected `checksum` of slot a",
        ),
        document(
            "a wrong checksum",
            |top| top["slots"][0]["checksum"] = json!(format!("sha256:{}", "0".repeat(64))),
            "slot table: expected checksum",
        ),
        document(
            "a wrong checksum with the right beginning",
            |top| {
                top["slots"][0]["checksum"] = json!(format!("sha256:5891b5b522d5df08{}", "0".repeat(48)));
            },
            "slot payload a: expected sha256 5891b5b522d5df080000",
        ),
        document(
            "another size",
            |top| top["slots"][0]["size"] = json!(7),
            "slot table: expected size 7",
        ),
        document(
            "another chain",
            |top| top["slots"][0]["operations"] = json!("gzip"),
            "slot table: expected operations `gzip`",
        ),
        document(
            "an unknown chain",
            |top| top["slots"][0]["operations"] = json!("brotli"),
            "slot table: expected operations `brotli`",
        ),
        document(
            "another mode",
            |top| top["slots"][0]["permissions"] = json!("0755"),
            "slot table: expected permissions 0755",
        ),
        document(
            "a set-id mode",
            |top| top["slots"][0]["permissions"] = json!("4755"),
            "slot table: expected permissions 4755",
        ),
        document(
            "another lifecycle",
            |top| top["slots"][0]["lifecycle"] = json!("init"),
            "slot table: expected lifecycle 0",
        ),
        document(
            "another position",
            |top| top["slots"][0]["slot"] = json!(1),
            "metadata: expected `slot` 0 in entry 0",
        ),
    ]
}

/// A builder that does not look, rather than an attacker: everything else about it is right.
fn two_slots_of_one_id() -> Case {
    let mut forge = Forge::default();
    forge.members[1].entry["id"] = json!("a");
    Case::new(
        "two slots of one id",
        forge.build(),
        "metadata: expected an id of its own for slot 1, found `a`, as slot 0",
    )
}
