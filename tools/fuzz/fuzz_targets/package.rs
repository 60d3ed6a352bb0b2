//! Any file: the verifier ends without panic, and people and launchers agree.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pspf_verify::{Level, Package, Trailer, verify};

fuzz_target!(|bytes: &[u8]| {
    let report = verify(bytes, Level::Strict).expect("reading from memory does not fail");
    let cold = || Package::open(bytes, Trailer::read(bytes)?, Level::Strict)?.verify_payloads();
    assert_eq!(report.is_ok(), cold().is_ok());
});
