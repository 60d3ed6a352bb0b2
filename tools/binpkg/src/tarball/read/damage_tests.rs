//! Bytes that somebody or something changed, and what surrounds an archive.

use std::io::Write as _;
use std::ops::Range;

use super::*;

/// An archive with each of its parts: name, and where the bytes are that count.
fn parts() -> (Vec<u8>, Vec<(&'static str, Range<usize>)>) {
    let tar = good().end();
    let block = |number: usize| number * 512;
    let length = |at: usize| {
        let digits = std::str::from_utf8(&tar[at + 124..at + 135]).unwrap();
        usize::from_str_radix(digits, 8).unwrap()
    };
    let metadata = length(0);
    let manifest_header = block(1) + metadata.next_multiple_of(512);
    let manifest = length(manifest_header);
    let top = manifest_header + block(1) + manifest.next_multiple_of(512);
    let parts = vec![
        ("header of the metadata", 0..148),
        ("header of the manifest", manifest_header..manifest_header + 148),
        (
            "manifest",
            manifest_header + block(1)..manifest_header + block(1) + manifest,
        ),
        ("header of the package", top..top + 148),
        ("header of a file", top + block(1)..top + block(1) + 148),
        ("rest of a file's header", top + block(1) + 156..top + block(2)),
        ("content of a file", top + block(2)..top + block(2) + 6),
        ("header of a directory", top + block(3)..top + block(3) + 148),
        ("end", top + block(4)..top + block(6)),
    ];
    assert_eq!(tar.len(), top + block(6));
    (tar, parts)
}

#[test]
fn a_flipped_byte_in_each_part() {
    let (tar, parts) = parts();
    assert!(try_read(&gz(&tar)).is_ok());
    for (part, range) in parts {
        for at in range {
            let mut flipped = tar.clone();
            flipped[at] ^= 1;
            assert!(try_read(&gz(&flipped)).is_err(), "{part}: byte {at}");
        }
    }
}

/// Of the metadata, what says which payload they are of; the rest is what the sidecar's checksum is for.
#[test]
fn a_flipped_digit_of_the_content_hash() {
    let (tar, _) = parts();
    let text = String::from_utf8_lossy(&tar).into_owned();
    let start = text.find("\"content_hash_full\": \"").unwrap() + "\"content_hash_full\": \"".len();
    for at in start..start + 64 {
        let mut flipped = tar.clone();
        flipped[at] = if flipped[at] == b'0' { b'1' } else { b'0' };
        let error = refused(&gz(&flipped));
        assert!(
            error.contains("content hash") || error.contains("`content_hash`"),
            "{error}"
        );
    }
}

/// A byte of a compressed stream may change only where that changes nothing of what is in it, such as the time in a gzip header.
#[test]
fn a_flipped_byte_of_the_compressed_stream() {
    let tar = good().end();
    let mut zst = zstd::Encoder::new(Vec::new(), 3).unwrap();
    zst.include_checksum(true).unwrap();
    zst.write_all(&tar).unwrap();
    for bytes in [gz(&tar), zst.finish().unwrap()] {
        let mut accepted = 0;
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            if try_read(&flipped).is_ok() {
                let mut content = Vec::new();
                let (mut reader, _) = super::super::stream::decompress(&flipped[..]).unwrap();
                reader.read_to_end(&mut content).unwrap();
                assert!(content == tar, "byte {at} of {}", bytes.len());
                accepted += 1;
            }
        }
        // Time, extra flags, system and the mark of a text, and a bit or two between deflate's blocks.
        assert!(accepted < 16, "{accepted} of {}", bytes.len());
    }
}

/// The content hash is that of the payload, however hard somebody compressed it.
#[test]
fn compression_leaves_no_trace() {
    let tar = good().end();
    let mut streams: Vec<Vec<u8>> = [1, 9]
        .into_iter()
        .map(|level| {
            let mut writer = archive::GzipWriter::new(Vec::new(), Some(level));
            writer.write_all(&tar).unwrap();
            writer.finish().unwrap()
        })
        .collect();
    streams.extend([1, 19].map(|level| zstd::encode_all(&tar[..], level).unwrap()));
    let mut different = streams.clone();
    different.dedup();
    assert_eq!(different.len(), 4, "four ways to compress");
    let hash = |bytes: &Vec<u8>| try_read(bytes).unwrap().contents.manifest().content_hash();
    assert_eq!(hash(&streams[0]), hash(&streams[1]));
    assert_eq!(hash(&streams[0]), hash(&streams[2]));
    assert_eq!(hash(&streams[0]), hash(&streams[3]));
}

/// What a bomb could hide in that is no entry of the manifest.
#[test]
fn bombs_beside_the_entries() {
    let padded = |length| gz(&[good().end(), vec![0; length]].concat());
    try_read(&padded((1 << 20) - 1024)).unwrap();
    assert_eq!(
        refused(&padded((1 << 20) + 1)),
        "expected at most 1048576 bytes of padding in the archive, found more"
    );
    let commented = |count| (0..count).fold(good(), |tar, _| tar.pax("comment", b"x"));
    assert!(try_read(&commented(8).gz()).is_ok());
    assert_eq!(
        refused(&commented(9).gz()),
        "expected at most 8 records before one member in the archive, found more"
    );
}

/// A package that ends anywhere but at its end is refused, whichever way it is compressed.
#[test]
fn truncated_streams() {
    for bytes in [good().gz(), zstd::encode_all(&good().end()[..], 1).unwrap()] {
        for length in 0..bytes.len() {
            assert!(try_read(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
        }
    }
    // Truncated before it was compressed: the metadata come last, or files are missing.
    let tar = good().end();
    for length in (0..tar.len() - 1024).step_by(512) {
        assert!(try_read(&gz(&tar[..length])).is_err(), "{length} of {}", tar.len());
    }
}

proptest! {
    /// A flipped bit anywhere is refused, or stood where it does not matter: in a time or a name that manifests do not have.
    #[test]
    fn flipped_bits_never_change_the_payload(at in 0..good().end().len(), bit in 0..8u8) {
        let mut tar = good().end();
        tar[at] ^= 1 << bit;
        if let Ok(package) = try_read(&gz(&tar)) {
            let expected = try_read(&good().gz()).unwrap();
            prop_assert_eq!(package.contents.manifest(), expected.contents.manifest());
        }
    }

    /// Of the compressed stream only what says nothing about the content may change: time, system, padding bits.
    #[test]
    fn flipped_bytes_of_the_stream_never_change_the_payload(at in 0..good().gz().len(), byte: u8) {
        let mut bytes = good().gz();
        bytes[at] = byte;
        if let Ok(package) = try_read(&bytes) {
            let expected = try_read(&good().gz()).unwrap();
            prop_assert_eq!(package.contents.manifest(), expected.contents.manifest());
        }
    }
}
