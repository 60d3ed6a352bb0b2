//! One test per weakness of FlavorPack 0.5.4 that building and reading could share with it, named
//! after what it prevents. Those of starting packages are tested with the launcher.

mod world;

use pspf_corpus::{Forge, Member, cases, good_foreign};
use world::World;

fn refusal(name: &str) -> String {
    let world = World::new();
    let case = cases()
        .into_iter()
        .find(|case| case.name == name)
        .unwrap_or_else(|| panic!("no case `{name}`"));
    world.file("bad.psp", &case.bytes);
    let done = world.psp(&["verify", "bad.psp"]);
    assert_eq!(done.code, Some(4), "{name}: {}", done.stdout);
    done.stdout
}

#[test]
fn payload_swapped_with_its_table_checksum_fixed_up() {
    assert!(refusal("sealed: payload swapped with its table checksum fixed up").starts_with("refused  seal: "));
    assert!(refusal("foreign: payload swapped with its table checksum fixed up").starts_with("refused  slot table: "));
}

#[test]
fn table_checksum_of_64_bits_taken_for_a_proof() {
    let refusal = refusal("metadata: a wrong checksum with the right beginning");
    assert!(
        refusal.starts_with("refused  slot payload a: expected sha256"),
        "{refusal}"
    );
}

#[test]
fn self_made_key_shown_as_if_it_were_trusted() {
    let world = World::new();
    world.file("foreign.psp", good_foreign());
    let said = world.psp_ok(&["verify", "foreign.psp"]);
    assert!(said.ends_with(", an unknown key\n"), "{said}");
}

#[test]
fn weak_key_that_verifies_any_message() {
    assert!(refusal("key of small order").starts_with("refused  key: expected a public key of large order"));
}

#[test]
fn slot_id_that_leads_outside_of_the_directory() {
    let world = World::new();
    let member = |id: &str| Member::new(id, "x", "none", 0, *b"x\n");
    let forge = Forge {
        members: vec![member("../outside"), member("/absolute"), member("a\u{1b}[2J\nb")],
        ..Forge::default()
    };
    world.file("p.psp", forge.build());
    let said = world.psp_ok(&["extract-all", "p.psp", "out"]);
    assert_eq!(said, "out/00_.._outside\nout/01__absolute\nout/02_a__2J_b\n");
    assert_eq!(world.names(), ["out", "p.psp"]);
}

#[test]
fn file_that_exists_overwritten_by_extraction() {
    let world = World::new();
    world.hello().file("precious", "kept");
    std::os::unix::fs::symlink("precious", world.path("link")).unwrap();
    for name in ["precious", "link"] {
        assert_eq!(world.psp(&["extract", "hello.psp", "script", name]).code, Some(5));
    }
    assert_eq!(world.read("precious"), b"kept");
}

#[test]
fn set_id_bits_kept_on_extraction() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let mut member = Member::new("x", "x", "none", 0, *b"x\n");
    member.entry["permissions"] = "4755".into();
    // A foreign package: sealed ones with such a mode are refused as a whole.
    world.file(
        "p.psp",
        Forge {
            members: vec![member],
            ..Forge::foreign()
        }
        .build(),
    );
    world.psp_ok(&["extract", "p.psp", "x", "out"]);
    assert_eq!(
        std::fs::metadata(world.path("out")).unwrap().permissions().mode() & 0o7777,
        0o755
    );
}

#[test]
fn build_time_that_is_never_recorded() {
    let world = World::new();
    world
        .hello()
        .file("m.json", r#"{"package": {"name": "m", "version": "1"}}"#);
    world.psp_ok(&[
        "build",
        "-m",
        "m.json",
        "-o",
        "m.psp",
        "--launcher-bin",
        "launcher",
        "--key-seed",
        "x",
    ]);
    let inspected: serde_json::Value = serde_json::from_str(&world.psp_ok(&["inspect", "--json", "m.psp"])).unwrap();
    assert!(inspected["build_timestamp"].as_u64() > Some(1_700_000_000));
}

#[test]
fn partial_package_policy_ignored() {
    let world = World::new();
    world.hello().assemble(
        "p.psp",
        r#""command": "x", "policy": {"require_env": ["NOT_SET_ANYWHERE"]}"#,
    );
    let metadata: serde_json::Value = serde_json::from_str(&world.psp_ok(&["manifest", "p.psp"])).unwrap();
    let policy = metadata["policy"].as_object().unwrap();
    assert!(
        ["platforms", "refuse_root", "require_env"]
            .iter()
            .all(|key| policy.contains_key(*key))
    );
    let denied = world.psp(&["policy", "check", "p.psp"]);
    assert_eq!(denied.code, Some(4));
    assert!(denied.stdout.contains("NOT_SET_ANYWHERE"), "{}", denied.stdout);
}

#[test]
fn launcher_executed_at_build_time() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.hello();
    let marker = world.path("was-run");
    world.file("launcher", format!("#!/bin/sh\ntouch {}\n", marker.display()));
    std::fs::set_permissions(world.path("launcher"), std::fs::Permissions::from_mode(0o755)).unwrap();
    world.assemble("p.psp", r#""command": "x""#);
    world.file("m.json", r#"{"package": {"name": "m", "version": "1"}}"#);
    world.psp_ok(&[
        "build",
        "-m",
        "m.json",
        "-o",
        "m.psp",
        "--launcher-bin",
        "launcher",
        "--key-seed",
        "x",
    ]);
    for arguments in [
        &["verify", "p.psp"][..],
        &["inspect", "p.psp"],
        &["helpers", "list", "--dir", "."],
    ] {
        world.psp_ok(arguments);
    }
    assert!(!marker.exists());
}

#[test]
fn oversized_metadata_read_into_memory() {
    // The limit of memory is in the test of the whole corpus.
    assert!(refusal("metadata stream: 200 MiB of JSON in 200 KiB").contains("at most 1048576 bytes of JSON"));
}

#[test]
fn private_key_that_shows_up_in_messages() {
    let world = World::new();
    let pem = pspf::PrivateKey::from_seed("secret").to_pem();
    let secret = pem.lines().nth(1).unwrap().to_owned();
    // Damaged in a way that a careless message would quote.
    world.hello().file("key.pem", pem.replace("PRIVATE KEY", "SECRET KEY"));
    let done = world.psp(&["sign", "hello.psp", "--private-key", "key.pem", "-o", "out.psp"]);
    assert_eq!(done.code, Some(1));
    assert!(
        !done.stderr.contains(&secret) && !done.stdout.contains(&secret),
        "{}",
        done.stderr
    );
}
