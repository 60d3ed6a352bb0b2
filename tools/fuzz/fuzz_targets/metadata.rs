//! Any metadata text, signed and sealed by the owner of a key.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pspf_corpus::Forge;
use pspf_verify::{Level, verify};

fuzz_target!(|text: &[u8]| {
    let signed = text.to_vec();
    let file = Forge {
        text: Box::new(move |_| signed.clone()),
        ..Forge::default()
    }
    .build();
    let report = verify(&file[..], Level::Strict).expect("reading from memory does not fail");
    if report.is_ok() {
        // What was accepted reads back from its own serialisation.
        let metadata = pspf_format::Metadata::parse(text).expect("the verifier has read it");
        let json = serde_json_of(&metadata);
        pspf_format::Metadata::parse(json.as_bytes()).expect("what we write we read");
    }
});

fn serde_json_of(metadata: &pspf_format::Metadata) -> String {
    serde_json::to_string(metadata).expect("metadata is JSON")
}
