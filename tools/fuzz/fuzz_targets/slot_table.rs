//! Any slot table, sealed by the owner of a key; and the same table in a package without a seal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pspf_corpus::Forge;
use pspf_format::SlotDescriptor;
use pspf_verify::{Level, verify};

fuzz_target!(|changes: Vec<(u8, u8)>| {
    for forge in [Forge::default(), Forge::foreign()] {
        let changes = changes.clone();
        let edit = move |table: &mut Vec<SlotDescriptor>| {
            let mut bytes: Vec<u8> = table
                .iter()
                .flat_map(|slot| zerocopy::IntoBytes::as_bytes(slot).to_vec())
                .collect();
            for (offset, value) in &changes {
                let length = bytes.len();
                bytes[usize::from(*offset) % length] = *value;
            }
            *table = SlotDescriptor::table(&bytes).expect("whole descriptors").to_vec();
        };
        let file = Forge {
            table: Box::new(edit),
            ..forge
        }
        .build();
        verify(&file[..], Level::Strict).expect("reading from memory does not fail");
    }
});
