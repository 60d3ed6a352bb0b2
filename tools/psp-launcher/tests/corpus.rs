//! The hostile packages that all readers share, as a first start sees them: at once and in reads of one byte.

#![cfg(unix)]

use std::io;

use pspf_verify::ReadAt;
use testkit::within_a_second;

/// A source that gives one byte at a time.
struct OneByte<'a>(&'a [u8]);

impl ReadAt for OneByte<'_> {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read_at(&mut buffer[..length], offset)
    }
}

fn rehearse(input: &(impl ReadAt + Sync + ?Sized)) -> Result<(), (u8, String)> {
    let world = tempfile::tempdir().unwrap();
    psp_launcher::rehearse(input, world.path())
}

/// In a process of its own with 64 MiB of address space, so that no size in a small file can be believed.
#[test]
fn hostile_packages_and_archives_are_refused_within_64_mib() {
    let tests = [
        "every_hostile_package_is_refused_with_its_own_message",
        "every_hostile_archive_is_refused",
    ];
    let mut command = std::process::Command::new("/bin/sh");
    command
        .args(["-c", "ulimit -v 65536; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap());
    let output = command
        .args(["--test-threads=1", "--exact"])
        .args(tests)
        // Symbols of a backtrace need more than that.
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("2 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn every_hostile_archive_is_refused() {
    for case in pspf_corpus::tar_cases() {
        let (code, message) = within_a_second(case.name, || rehearse(&case.bytes[..])).expect_err(case.name);
        assert_eq!(code, 103, "{}: {message}", case.name);
        assert!(
            message.contains(case.refusal),
            "{}: expected {}, found {message}",
            case.name,
            case.refusal
        );
    }
}

#[test]
fn every_hostile_package_is_refused_with_its_own_message() {
    let cases = pspf_corpus::cases();
    assert!(cases.len() > 50);
    for case in cases {
        let (code, message) = within_a_second(&case.name, || rehearse(&case.bytes[..])).expect_err(&case.name);
        assert!(matches!(code, 102 | 103 | 107), "{}: {code} {message}", case.name);
        assert!(
            message.contains(&case.refusal),
            "{}: expected {}, found {message}",
            case.name,
            case.refusal
        );
    }
}

#[test]
fn good_packages_and_hostile_ones_come_out_the_same_in_reads_of_one_byte() {
    for good in [pspf_corpus::good(), pspf_corpus::good_foreign()] {
        rehearse(&good[..]).unwrap();
        rehearse(&OneByte(&good)).unwrap();
    }
    for case in pspf_corpus::cases() {
        assert_eq!(
            rehearse(&OneByte(&case.bytes)),
            rehearse(&case.bytes[..]),
            "{}",
            case.name
        );
    }
}
