//! A changed byte anywhere in a sealed package, seen on a cold start.

#![cfg(unix)]

mod common;

use std::ops::Range;

use common::forge::Forge;
use common::{Seen, World, data};
use pspf_format::IndexBlock;

/// Where the parts of a package lie.
struct Parts {
    metadata: Range<usize>,
    table: Range<usize>,
    payload: Range<usize>,
    index: Range<usize>,
}

fn parts(package: &[u8]) -> Parts {
    let start = package.len() - 8196;
    let index = IndexBlock::from_bytes(package[start..start + 8192].try_into().unwrap());
    let place = |offset: u64, size: u64| offset as usize..(offset + size) as usize;
    let table = place(index.slot_table_offset.get(), index.slot_table_size.get());
    let word = |at: usize| u64::from_le_bytes(package[at..at + 8].try_into().unwrap());
    // The second slot: the one with data.
    let descriptor = table.start + 64;
    Parts {
        metadata: place(index.metadata_offset.get(), index.metadata_size.get()),
        payload: place(word(descriptor + 16), word(descriptor + 24)),
        table,
        index: start..start + 8192,
    }
}

fn start_with_flips(flips: impl Fn(&Parts, usize) -> Vec<usize>, expected: &[(i32, &str)]) {
    let world = World::new();
    let editor = World::editor("echo ran").slot(data("d", b"some data\n".repeat(301)));
    let good = std::fs::read(world.build("good.psp", editor)).unwrap();
    let places = flips(&parts(&good), good.len());
    assert!(!places.is_empty());
    for place in places {
        let mut bytes = good.clone();
        bytes[place] ^= 0x04;
        let package = world.write("bad.psp", &bytes);
        let seen = world.start(&package);
        let known = expected.iter().any(|(code, part)| {
            seen.code == Some(*code)
                && seen
                    .stderr
                    .starts_with(&format!("psp-launcher: error: the package is refused: {part}: "))
        });
        assert!(known && seen.stdout.is_empty(), "byte {place}: {seen:?}");
        assert_eq!(world.entries(), [""; 0], "byte {place} left something in the cache");
        std::fs::remove_file(package).unwrap();
    }
}

fn every(range: &Range<usize>, step: usize) -> Vec<usize> {
    range.clone().step_by(step).chain([range.end - 1]).collect()
}

#[test]
fn a_flip_in_a_payload_is_refused() {
    start_with_flips(|parts, _| every(&parts.payload, 331), &[(107, "slot payload d")]);
}

#[test]
fn a_flip_in_the_slot_table_is_refused() {
    let expected = [
        (107, "slot table"),
        (107, "seal"),
        (102, "slot payload d"),
        (102, "slot payload run"),
    ];
    start_with_flips(|parts, _| every(&parts.table, 3), &expected);
}

#[test]
fn a_flip_in_the_metadata_is_refused() {
    start_with_flips(|parts, _| every(&parts.metadata, 17), &[(107, "metadata")]);
}

#[test]
fn a_flip_in_the_index_is_refused() {
    start_with_flips(
        |parts, _| every(&parts.index, 211),
        &[(102, "index"), (107, "index"), (102, "metadata")],
    );
}

#[test]
fn a_flip_in_a_magic_is_refused() {
    start_with_flips(|_, length| vec![length - 8200, length - 1], &[(102, "trailer")]);
}

#[test]
fn a_flip_in_the_launcher_or_in_a_gap_is_refused() {
    // Padding of the ELF header: nothing but the seal notices.
    start_with_flips(|_, _| vec![15], &[(107, "seal"), (107, "launcher")]);
    // The script before the data has 19 bytes, and payloads begin at multiples of eight.
    start_with_flips(|parts, _| vec![parts.payload.start - 1], &[(107, "gap")]);
}

#[test]
fn a_byte_more_or_less_is_refused() {
    let world = World::new();
    let good = std::fs::read(world.script("good.psp", "echo ran")).unwrap();
    let longer = [&good[..], b"\0"].concat();
    for bytes in [&longer[..], &good[..good.len() - 1], &good[1..]] {
        let package = world.write("bad.psp", bytes);
        // Without its first byte it is no program for the system to start.
        if bytes[0] != good[0] {
            continue;
        }
        let seen = world.start(&package);
        assert_eq!(seen.code, Some(102), "{seen:?}");
        assert!(seen.stderr.contains("the package is refused: trailer: "), "{seen:?}");
        std::fs::remove_file(package).unwrap();
    }
}

/// A package whose payload was changed after a good start still starts warm: nobody reads the payload. Its first start
/// elsewhere is refused.
#[test]
fn a_warm_start_reads_no_payload_and_a_cold_one_all() {
    let world = World::new();
    let editor = World::editor("echo ran").slot(data("d", b"some data\n".repeat(301)));
    let package = world.build("app.psp", editor);
    assert_eq!(world.start(&package), Seen::printed("ran\n"));
    let mut bytes = std::fs::read(&package).unwrap();
    let place = parts(&bytes).payload.start;
    bytes[place] ^= 1;
    std::fs::write(&package, bytes).unwrap();
    assert_eq!(world.start(&package), Seen::printed("ran\n"));
    let seen = world.start_with(&package, "FLAVOR_CACHE_DIR", world.path("other"));
    assert_eq!(seen.code, Some(107), "{seen:?}");
    let seen = world.start_with(&package, "FLAVOR_WORKENV_CACHE", "0");
    assert_eq!(seen.code, Some(107), "{seen:?}");
    assert_eq!(world.start(&package), Seen::printed("ran\n"), "the good entry was kept");
}

#[test]
fn an_unsealed_package_gets_every_check_that_its_signed_values_allow() {
    let world = World::new();
    let good = Forge::script(
        "cat \"$FLAVOR_WORKENV/d\"",
        vec![common::forge::slot("d", "d", "data\n")],
    )
    .bytes();
    assert_eq!(world.start(&world.write("good.psp", &good)), Seen::printed("data\n"));
    std::fs::remove_dir_all(world.cache()).unwrap();
    let parts = parts(&good);
    for (place, code, part) in [
        (parts.payload.start, 107, "slot payload d"),
        (parts.metadata.start + 20, 107, "metadata"),
        (parts.table.start + 64, 107, "slot table"),
        (parts.table.start + 64 + 40, 107, "slot table"),
        (parts.table.start + 64 + 48, 107, "slot table"),
        (parts.table.start + 64 + 62, 107, "slot table"),
        (parts.index.start + 7000, 107, "index"),
    ] {
        let mut bytes = good.clone();
        bytes[place] ^= 0x10;
        let package = world.write("bad.psp", &bytes);
        let seen = world.start(&package);
        let expected = format!("psp-launcher: error: the package is refused: {part}: expected ");
        assert!(
            seen.code == Some(code) && seen.stderr.starts_with(&expected),
            "{part}: {seen:?}"
        );
        assert_eq!(world.entries(), [""; 0]);
        std::fs::remove_file(package).unwrap();
    }
}
