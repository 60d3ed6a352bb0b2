//! Any root of a mirror's index: reading it ends without panic, and what is read is written and read again as the same.

#![no_main]

use binpkg::index::Root;
use binpkg::sign::IndexSignatures;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(root) = Root::parse(bytes) {
        let again = Root::parse(root.to_json().as_bytes()).expect("what we write we read");
        assert_eq!(again, root);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(signatures) = text.parse::<IndexSignatures>()
    {
        assert_eq!(signatures.to_string().parse(), Ok(signatures));
    }
});
