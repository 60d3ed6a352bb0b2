//! The hostile corpus through the program: exit code 4, a finding, nothing left behind.
//!
//! Each run has 64 MiB of address space, so that no size in a small file can be believed.

mod world;

use std::process::Command;

use pspf_corpus::{cases, tar_cases};
use testkit::within_a_second;
use world::World;

/// Runs `psp` under a limit of memory.
fn limited(world: &World, arguments: &[&str]) -> (Option<i32>, String, String) {
    const LIMIT: &str = "ulimit -v 65536; exec \"$@\"";
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", LIMIT, "sh"])
        .arg(testkit::program("psp"))
        .arg("--quiet")
        .args(arguments);
    let done = command
        .current_dir(world.path(""))
        .env_clear()
        .output()
        .expect("a shell");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn every_hostile_package_is_refused_within_a_second_and_64_mib() {
    let world = World::new();
    for case in cases() {
        world.file("bad.psp", &case.bytes);
        let (code, stdout, stderr) = within_a_second(&case.name, || limited(&world, &["verify", "bad.psp"]));
        assert_eq!(code, Some(4), "{}: {stdout}{stderr}", case.name);
        assert!(
            stdout.starts_with(&format!("refused  {}", case.refusal)),
            "{}: {stdout}",
            case.name
        );
        assert!(
            stderr.starts_with("psp: error: bad.psp is refused ("),
            "{}: {stderr}",
            case.name
        );
    }
}

#[test]
fn inspect_manifest_extract_and_sign_refuse_what_verify_refuses() {
    let world = World::new();
    world.file("key.pem", pspf::PrivateKey::from_seed("x").to_pem());
    // Every eighth, and always the same: the commands share one way in.
    for case in cases()
        .iter()
        .step_by(8)
        .filter(|case| !case.refusal.starts_with("slot payload"))
    {
        world.file("bad.psp", &case.bytes);
        let before = world.names();
        for arguments in [
            &["inspect", "bad.psp"][..],
            &["manifest", "bad.psp", "--out", "out"],
            &["extract", "bad.psp", "0", "out"],
            &["extract-all", "bad.psp", "out"],
            &["sign", "bad.psp", "--private-key", "key.pem", "-o", "out"],
        ] {
            let (code, stdout, stderr) = limited(&world, arguments);
            // Payloads that no short checksum gives away are refused by the commands that read them.
            if case.refusal.is_empty() && code == Some(0) {
                assert!(
                    ["inspect", "manifest"].contains(&arguments[0]),
                    "{} {arguments:?}",
                    case.name
                );
                let _ = std::fs::remove_file(world.path("out"));
                continue;
            }
            assert_eq!(code, Some(4), "{} {arguments:?}: {stdout}{stderr}", case.name);
        }
        assert_eq!(world.names(), before, "{}", case.name);
    }
}

#[test]
fn hostile_archives_are_refused_and_leave_nothing() {
    for case in tar_cases() {
        let world = World::new();
        world.file("bad.psp", &case.bytes).file("outside", "untouched");
        assert_eq!(limited(&world, &["verify", "bad.psp"]).0, Some(0), "{}", case.name);
        let extract = || limited(&world, &["extract-all", "bad.psp", "out"]);
        let (code, stdout, stderr) = within_a_second(case.name, extract);
        assert_eq!((code, stdout.as_str()), (Some(4), ""), "{}: {stderr}", case.name);
        assert!(stderr.contains(case.refusal), "{}: {stderr}", case.name);
        assert_eq!(world.names(), ["bad.psp", "outside"], "{}", case.name);
        assert_eq!(world.read("outside"), b"untouched", "{}", case.name);
    }
}
