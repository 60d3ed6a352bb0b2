//! The slot table and its payloads.

use digest::Sha256;
use pspf_format::SlotDescriptor;
use zerocopy::little_endian::U64;

use crate::index_cases::values;
use crate::{Case, Forge};

/// All cases of this file.
pub fn all() -> Vec<Case> {
    let mut cases = limits();
    cases.extend(foreign_fields());
    cases.extend(places());
    cases.push(dropped_chain());
    cases.push(swapped("sealed", Forge::default()));
    cases.push(swapped("foreign", Forge::foreign()));
    cases
}

/// Offset and size of a payload at their limits, sealed by the owner of a key.
fn limits() -> Vec<Case> {
    type Field = (&'static str, fn(&mut SlotDescriptor) -> &mut U64);
    const FIELDS: [Field; 2] = [("offset", |slot| &mut slot.offset), ("size", |slot| &mut slot.size)];
    let mut cases = Vec::new();
    for (name, field) in FIELDS {
        for (text, change) in values() {
            let edit = move |table: &mut Vec<SlotDescriptor>| {
                let value = field(&mut table[0]);
                *value = U64::new(change(value.get()));
            };
            for (kind, forge) in [("sealed", Forge::default()), ("foreign", Forge::foreign())] {
                let file = Forge {
                    table: Box::new(edit),
                    ..forge
                }
                .build();
                cases.push(Case::new(format!("{kind}: payload {name} {text}"), file, ""));
            }
        }
    }
    cases
}

/// Descriptor fields that a signed value covers even where no seal does.
fn foreign_fields() -> Vec<Case> {
    let field = |name: &str, change: fn(&mut SlotDescriptor), refusal: &str| {
        let edit = move |table: &mut Vec<SlotDescriptor>| change(&mut table[0]);
        let file = Forge {
            table: Box::new(edit),
            ..Forge::foreign()
        }
        .build();
        Case::new(
            format!("foreign: {name}"),
            file,
            format!("slot table: expected {refusal}"),
        )
    };
    vec![
        field("id", |slot| slot.id = U64::new(1), "id 0 for slot a"),
        field("name_hash", |slot| slot.name_hash = U64::new(1), "name_hash"),
        field("chain", |slot| slot.operations = U64::new(0x10), "operations `none`"),
        field(
            "unknown chain",
            |slot| slot.operations = U64::new(0x77),
            "operations `none`",
        ),
        field("checksum", |slot| slot.checksum = U64::new(1), "checksum"),
        field("lifecycle", |slot| slot.lifecycle = 0, "lifecycle 2"),
        field("mode", |slot| slot.permissions = [0xff, 0x01], "permissions 0644"),
        field(
            "set-id mode",
            |slot| slot.permissions = [0xa4, 0x09],
            "permissions 0644",
        ),
    ]
}

/// A chain that its builder knows, and an attacker removed: a tree would become a file.
fn dropped_chain() -> Case {
    let edit = |table: &mut Vec<SlotDescriptor>| table[2].operations = U64::new(0);
    let file = Forge {
        table: Box::new(edit),
        ..Forge::foreign()
    };
    let refusal = "slot table: expected operations `gzip` for slot b, found `none`";
    Case::new("foreign: chain removed", file.build(), refusal)
}

/// Ranges that share bytes.
fn places() -> Vec<Case> {
    let place = |name: &str, change: fn(&mut Vec<SlotDescriptor>), refusal: &str| {
        let mut forge = Forge {
            table: Box::new(change),
            ..Forge::foreign()
        };
        // The aliased bytes are those of the launcher, so that every digest is right.
        let launcher = forge.launcher.clone();
        forge.members[0].stored = launcher;
        Case::new(name, forge.build(), refusal)
    };
    vec![
        place(
            "payload aliases the launcher",
            |table| table[0].offset = U64::new(0),
            "slot payload a: expected an offset from 17 on, where launcher ends",
        ),
        place(
            "payloads overlap",
            |table| table[2].offset = U64::new(table[0].offset.get() + 1),
            "slot payload b: expected an offset from",
        ),
        place(
            "payload in the trailer",
            |table| table[2].offset = U64::new(table[2].offset.get() + 1),
            "slot payload b: expected offset and size within",
        ),
    ]
}

/// Weakness S1: the payload and everything that is under no signature replaced together.
fn swapped(kind: &str, forge: Forge) -> Case {
    let file = Forge {
        file: Box::new(|file| {
            let place = file
                .windows(6)
                .position(|bytes| bytes == b"hello\n")
                .expect("the payload is stored as it is");
            let stored = Sha256::of(b"hello\n").prefix_u64().to_le_bytes();
            let checksum = file
                .windows(8)
                .position(|bytes| bytes == stored)
                .expect("the table holds its checksum");
            file[place..place + 6].copy_from_slice(b"evil!\n");
            file[checksum..checksum + 8].copy_from_slice(&Sha256::of(b"evil!\n").prefix_u64().to_le_bytes());
        }),
        ..forge
    };
    let refusal = if kind == "sealed" {
        "seal: expected a seal over"
    } else {
        "slot table: expected checksum"
    };
    Case::new(
        format!("{kind}: payload swapped with its table checksum fixed up"),
        file.build(),
        refusal,
    )
}
