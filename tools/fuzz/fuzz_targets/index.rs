//! Any index block of a package whose owner has a key: checksum and seal are right, the rest is not.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pspf_corpus::Forge;
use pspf_format::IndexBlock;
use pspf_verify::{Level, verify};

fuzz_target!(|changes: Vec<(u16, u8)>| {
    let edit = move |index: &mut IndexBlock| {
        let mut bytes = *index.to_bytes();
        for (offset, value) in &changes {
            // Most of the block is reserved: changes go to where the fields are.
            bytes[usize::from(*offset) % 1568] = *value;
        }
        *index = IndexBlock::from_bytes(&bytes).clone();
    };
    let file = Forge {
        index: Box::new(edit),
        ..Forge::default()
    }
    .build();
    verify(&file[..], Level::Strict).expect("reading from memory does not fail");
});
