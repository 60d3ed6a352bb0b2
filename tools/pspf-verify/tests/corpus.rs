//! Every hostile package is refused for the right reason, quickly, whatever way it is read.

use std::io;
use std::time::{Duration, Instant};

use pspf_corpus::{cases, good, good_foreign};
use pspf_verify::{Level, Package, ReadAt, Refusal, Trailer, verify};

/// Gives one byte per read, which is all that a reader may rely on.
struct OneByte<'a>(&'a [u8]);

impl ReadAt for OneByte<'_> {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let one = buffer.len().min(1);
        self.0.read_at(&mut buffer[..one], offset)
    }
}

/// What a launcher does on a cold start.
fn cold_start(input: &impl ReadAt) -> Result<(), Refusal> {
    Package::open(input, Trailer::read(input)?, Level::Strict)?.verify_payloads()
}

#[test]
fn good_packages_are_accepted() {
    for file in [good(), good_foreign()] {
        let report = verify(&file[..], Level::Strict).unwrap();
        assert!(report.is_ok() && report.warnings.is_empty(), "{report:?}");
        cold_start(&OneByte(&file)).unwrap();
    }
}

#[test]
fn every_case_is_refused_with_its_message() {
    let mut wrong = Vec::new();
    for case in cases() {
        let start = Instant::now();
        match cold_start(&&case.bytes[..]) {
            Ok(()) => wrong.push(format!("{}: accepted", case.name)),
            Err(refusal) if !refusal.to_string().starts_with(&case.refusal) => {
                wrong.push(format!("{}: {refusal}, expected {}", case.name, case.refusal));
            }
            Err(_) => {}
        }
        if start.elapsed() > Duration::from_secs(1) {
            wrong.push(format!("{}: took {:?}", case.name, start.elapsed()));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn people_and_launchers_get_the_same_first_finding() {
    for case in cases() {
        let report = verify(&case.bytes[..], Level::Strict).unwrap();
        let first = report.refusals.first().map(ToString::to_string);
        let cold = cold_start(&&case.bytes[..]).unwrap_err().to_string();
        assert_eq!(first, Some(cold), "{}", case.name);
    }
}

#[test]
fn one_byte_reads_change_nothing() {
    // The large ones say nothing new and take a million calls each.
    for case in cases().iter().filter(|case| case.bytes.len() < 100_000) {
        let whole = cold_start(&&case.bytes[..]).unwrap_err().to_string();
        let bytewise = cold_start(&OneByte(&case.bytes)).unwrap_err().to_string();
        assert_eq!(whole, bytewise, "{}", case.name);
    }
}

/// Below level standard signatures warn, but no payload that was not signed for is ever accepted.
#[test]
fn payload_and_metadata_digests_hold_at_every_level() {
    for level in [Level::None, Level::Minimal, Level::Relaxed] {
        for case in cases().iter().filter(|case| {
            ["metadata: expected sha256", "slot payload"]
                .iter()
                .any(|part| case.refusal.starts_with(part))
        }) {
            let report = verify(&case.bytes[..], level).unwrap();
            assert!(!report.is_ok(), "{} at {level:?}", case.name);
        }
    }
    let unsigned = cases().into_iter().find(|case| case.name == "unsigned").unwrap();
    let report = verify(&unsigned.bytes[..], Level::Relaxed).unwrap();
    assert!(report.is_ok() && report.warnings.len() == 1, "{report:?}");
}

/// The whole file, byte by byte: nothing of a sealed package can be changed.
#[test]
fn any_flipped_byte_is_refused() {
    let good = good();
    for place in 0..good.len() {
        let mut file = good.clone();
        file[place] ^= 0x01;
        assert!(cold_start(&&file[..]).is_err(), "offset {place} of {}", good.len());
    }
}

/// The identity of a warm start changes with any byte of the index block, and takes two calls.
#[test]
fn warm_starts_read_the_trailer_only() {
    struct Counting<'a>(&'a [u8], std::cell::RefCell<Vec<(u64, usize)>>);
    impl ReadAt for Counting<'_> {
        fn length(&self) -> io::Result<u64> {
            self.0.length()
        }
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            self.1.borrow_mut().push((offset, buffer.len()));
            self.0.read_at(buffer, offset)
        }
    }
    let file = good();
    let input = Counting(&file, Vec::new().into());
    let identity = Trailer::read(&input).unwrap().identity();
    assert_eq!(*input.1.borrow(), [(file.len() as u64 - 8200, 8200)]);
    for place in file.len() - 8196..file.len() - 4 {
        let mut changed = file.clone();
        changed[place] ^= 0x80;
        assert_ne!(Trailer::read(&changed[..]).unwrap().identity(), identity);
    }
}
