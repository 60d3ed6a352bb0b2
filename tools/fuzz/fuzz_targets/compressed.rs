//! Any compressed stream: decompressors end without panic, in bounded memory and output.

#![no_main]

use std::io::Read;

use archive::{Codec, Limited, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let codecs: &[Codec] = match choice % 5 {
        0 => &[Codec::Gzip],
        1 => &[Codec::Zstd],
        2 => &[Codec::Xz],
        3 => &[Codec::Bzip2],
        _ => &[Codec::Gzip, Codec::Gzip],
    };
    let Ok(reader) = decode(bytes, codecs) else { return };
    let mut out = Vec::new();
    let _ = Limited::new(reader, 1 << 20).read_to_end(&mut out);
    assert!(out.len() <= 1 << 20);
});
