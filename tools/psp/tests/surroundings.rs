//! Launchers, cache, completions and manual pages.

mod world;

use snapbox::{assert_data_eq, str};
use world::World;

/// An executable's first bytes, as far as anybody looks.
fn elf(machine: u8) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
    bytes[18] = machine;
    bytes
}

#[test]
fn launchers_are_listed_and_chosen_by_kind() {
    let world = World::new();
    world
        .file("l/flavor-go-launcher", elf(62))
        .file("l/flavor-rs-launcher-1", elf(62))
        .file("l/psp-launcher-arm", elf(183));
    world.file("l/psp-launcher.txt", "no program").file("l/other", elf(62));
    let list = |platform: &str| {
        let text = world.psp_ok(&["helpers", "list", "--json", "--dir", "l", "--platform", platform]);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let ours = json["launchers"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["path"].as_str().unwrap().starts_with("l/"));
        let paths: Vec<String> = ours.map(|row| row["path"].as_str().unwrap().to_owned()).collect();
        (paths, json["chosen"].as_str().map(str::to_owned))
    };
    let (paths, chosen) = list("linux_arm64");
    assert_eq!(
        paths,
        ["l/psp-launcher-arm", "l/flavor-rs-launcher-1", "l/flavor-go-launcher"]
    );
    assert_eq!(chosen.as_deref(), Some("l/psp-launcher-arm"));
    assert_eq!(list("windows_arm64").1, None);
}

#[test]
fn an_empty_cache_is_no_error() {
    let world = World::new();
    for command in ["list", "clean", "verify"] {
        let done = world.psp(&["cache", command]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""));
        assert_data_eq!(
            done.stderr,
            str![[r#"
nothing is unpacked: [..]/home/.cache/flavor/buckpack does not exist

"#]]
        );
    }
}

#[test]
fn completions_and_manual_pages_come_from_the_help() {
    let world = World::new();
    assert!(world.psp_ok(&["completions", "bash"]).contains("psp"));
    world.psp_ok(&["man", "man"]);
    let page = String::from_utf8(world.read("man/psp-verify.1")).unwrap();
    assert!(page.contains("Verify a package"), "{page}");
}

#[test]
fn wrong_usage_ends_with_2() {
    let world = World::new();
    for arguments in [
        &["dance"][..],
        &["verify"],
        &["verify", "a", "--json", "--report", "r"],
        &["sign", "a"],
    ] {
        assert_eq!(world.psp(arguments).code, Some(2), "{arguments:?}");
    }
}
