//! Sizes, offsets and counts of the index block at their limits.
//!
//! Each value is tried twice: by an attacker who can fix the Adler-32, and by the owner of a key who
//! also seals it, so that no check hides behind the seal.

use pspf_format::IndexBlock;
use zerocopy::little_endian::{U32, U64};

use crate::{Case, Forge};

type Field = (&'static str, fn(&mut IndexBlock) -> &mut U64, &'static str);

const FIELDS: [Field; 6] = [
    (
        "package_size",
        |index| &mut index.package_size,
        "index: expected package_size",
    ),
    ("launcher_size", |index| &mut index.launcher_size, ""),
    ("metadata_offset", |index| &mut index.metadata_offset, ""),
    ("metadata_size", |index| &mut index.metadata_size, ""),
    ("slot_table_offset", |index| &mut index.slot_table_offset, ""),
    (
        "slot_table_size",
        |index| &mut index.slot_table_size,
        "index: expected slot_table_size",
    ),
];

/// All cases of this file.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, field, refusal) in FIELDS {
        for (text, change) in values() {
            let edit = move |index: &mut IndexBlock| *field(index) = U64::new(change(field(index).get()));
            let attacked = Forge {
                sealed_index: Box::new(edit),
                ..Forge::default()
            }
            .build();
            cases.push(Case::new(format!("{name} {text}"), attacked, refusal));
            let sealed = Forge {
                index: Box::new(edit),
                ..Forge::default()
            }
            .build();
            cases.push(Case::new(format!("{name} {text}, sealed"), sealed, refusal));
        }
    }
    for (text, count) in [
        ("0", 0),
        ("one less", 2),
        ("one more", 4),
        ("2^31", 1 << 31),
        ("2^32-1", u32::MAX),
    ] {
        let edit = move |index: &mut IndexBlock| index.slot_count = U32::new(count);
        let with_size = move |index: &mut IndexBlock| {
            index.slot_count = U32::new(count);
            index.slot_table_size = U64::new(64 * u64::from(count));
        };
        let build = |edit: Box<dyn Fn(&mut IndexBlock)>| {
            Forge {
                index: edit,
                ..Forge::default()
            }
            .build()
        };
        cases.push(Case::new(
            format!("slot_count {text}"),
            build(Box::new(edit)),
            "index: expected slot_table_size",
        ));
        cases.push(Case::new(
            format!("slot_count {text} with its table size"),
            build(Box::new(with_size)),
            "slot table: expected",
        ));
    }
    cases
}

/// Name and change of a value.
pub type Limit = (&'static str, fn(u64) -> u64);

/// Values at which arithmetic and allocation go wrong.
pub fn values() -> [Limit; 7] {
    [
        ("0", |_| 0),
        ("+1", |value| value + 1),
        ("+100", |value| value + 100),
        ("2^31", |_| 1 << 31),
        ("100 GB", |_| 100_000_000_000),
        ("2^63", |_| 1 << 63),
        ("2^64-1", |_| u64::MAX),
    ]
}
