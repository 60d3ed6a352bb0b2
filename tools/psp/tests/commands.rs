//! What the commands say and do when all is well, in full.

mod world;

use snapbox::{assert_data_eq, str};
use world::World;

#[test]
fn verify_says_who_signed() {
    let world = World::new();
    world.hello();
    assert_data_eq!(
        world.psp_ok(&["verify", "hello.psp"]),
        str![[r#"
ok       signed and sealed by 123b3456462c7d4e, a development key (seed)

"#]]
    );
    assert_data_eq!(
        world.psp_ok(&["verify", "--json", "hello.psp"]),
        str![[r#"
{
  "ok": true,
  "key_id": "123b3456462c7d4e",
  "trusted": false,
  "development_key": true,
  "sealed": true,
  "findings": [],
  "warnings": []
}

"#]]
    );
}

#[test]
fn verify_with_keys_asks_for_one_of_them() {
    let world = World::new();
    world.hello();
    let pem = |seed: &str| pspf::PrivateKey::from_seed(seed).public().to_pem().unwrap();
    world.file("right.pem", pem("s1")).file("wrong.pem", pem("s2"));
    assert_data_eq!(
        world.psp_ok(&["verify", "--key", "wrong.pem", "--key", "right.pem", "hello.psp"]),
        str![[r#"
ok       signed and sealed by 123b3456462c7d4e, a key you named

"#]]
    );
    let refused = world.psp(&["verify", "--key", "wrong.pem", "hello.psp"]);
    assert_eq!(refused.code, Some(4));
    assert_data_eq!(
        refused.stdout,
        str![[r#"
refused  key: expected one of the keys given with --key, found 123b3456462c7d4e

"#]]
    );
    assert_data_eq!(
        refused.stderr,
        str![[r#"
psp: error: hello.psp is refused (1 finding)

"#]]
    );
}

#[test]
fn a_report_is_written_whatever_the_outcome() {
    let world = World::new();
    world.hello().file("bad.psp", "no package");
    for (file, report) in [
        (
            "hello.psp",
            r#"{"version":1,"data":{"status":"success","message":"signed and sealed by 123b3456462c7d4e, a development key (seed)"}}"#,
        ),
        (
            "bad.psp",
            r#"{"version":1,"data":{"status":"failure","message":"trailer: expected at least 8200 bytes, found a file of 10 bytes, which is no package"}}"#,
        ),
        (
            "missing.psp",
            r#"{"version":1,"data":{"status":"failure","message":"cannot open missing.psp: No such file or directory (os error 2)"}}"#,
        ),
    ] {
        assert_eq!(world.psp_ok(&["verify", file, "--report", "report.json"]), "");
        let written: serde_json::Value = serde_json::from_slice(&world.read("report.json")).unwrap();
        assert_eq!(written.to_string(), report);
    }
}

#[test]
fn inspect_shows_what_is_inside() {
    let world = World::new();
    world.hello();
    assert_data_eq!(
        world.psp_ok(&["inspect", "hello.psp"]),
        str![[r#"
package   hello 1.0
size      [..] bytes
launcher  17 bytes
key       123b3456462c7d4e (development key (seed))
sealed    yes
profile   flavorpack
command   "{workenv}/bin/hello"
slot 0    script -> bin/hello, 21 bytes, none, code, runtime, 0755
slot 1    data -> {workenv}, [..] bytes, tgz, data, runtime, 0755

"#]]
    );
    let json: serde_json::Value = serde_json::from_str(&world.psp_ok(&["inspect", "--json", "hello.psp"])).unwrap();
    assert_eq!(json["slots"][0]["id"], "script");
    assert_eq!(json["development_key"], true);
}

#[test]
fn the_manifest_is_what_was_signed() {
    let world = World::new();
    world.hello();
    world.psp_ok(&["manifest", "hello.psp", "--out", "m.json"]);
    let bytes = world.read("m.json");
    let key = pspf::PrivateKey::from_seed("s1").public();
    let package = world.read("hello.psp");
    let signature = &package[package.len() - 8196 + 128..][..64];
    assert!(key.verify(
        &bytes,
        &pspf_format::Signature::from_bytes(signature.try_into().unwrap())
    ));
    assert_eq!(world.psp_ok(&["manifest", "hello.psp"]).as_bytes(), bytes);
}

#[test]
fn extract_gives_files_and_trees() {
    let world = World::new();
    world.hello();
    world.psp_ok(&["extract", "hello.psp", "script", "out.sh"]);
    world.psp_ok(&["extract", "hello.psp", "1", "out-tree"]);
    assert_eq!(world.read("out.sh"), b"#!/bin/sh\necho hello\n");
    assert_eq!(world.read("out-tree/share/x"), b"x\n");
    let done = world.psp(&["extract", "hello.psp", "script", "out.sh"]);
    assert_eq!(done.code, Some(5));
    assert_data_eq!(
        done.stderr,
        str![[r#"
psp: error: out.sh exists: choose another name or remove it

"#]]
    );
    let done = world.psp(&["extract", "hello.psp", "nothing", "out"]);
    assert_eq!(done.code, Some(3));
    assert_data_eq!(
        done.stderr,
        str![[r#"
psp: error: no slot `nothing` in hello.psp: it has script, data

"#]]
    );
}

#[test]
fn extract_all_gives_everything_and_the_metadata() {
    let world = World::new();
    world.hello();
    assert_data_eq!(
        world.psp_ok(&["extract-all", "hello.psp", "out"]),
        str![[r#"
out/00_script
out/01_data

"#]]
    );
    assert_eq!(world.read("out/01_data/share/x"), b"x\n");
    assert!(
        world
            .read("out/metadata.json")
            .starts_with(b"{\"format\":\"PSPF/2025\"")
    );
    assert_eq!(world.psp(&["extract-all", "hello.psp", "out"]).code, Some(5));
}

#[test]
fn sign_changes_the_key_and_nothing_else() {
    let world = World::new();
    world
        .hello()
        .file("key.pem", pspf::PrivateKey::from_seed("release").to_pem());
    let done = world.psp(&["sign", "hello.psp", "--private-key", "key.pem", "-o", "release.psp"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""));
    assert_data_eq!(
        done.stderr,
        str![[r#"
signed release.psp with key 4314529463f203d2

"#]]
    );
    assert_data_eq!(
        world.psp_ok(&["verify", "release.psp"]),
        str![[r#"
ok       signed and sealed by 4314529463f203d2, an unknown key

"#]]
    );
    for name in ["hello", "release"] {
        world.psp_ok(&["extract-all", &format!("{name}.psp"), name]);
    }
    assert_eq!(world.read("hello/00_script"), world.read("release/00_script"));
    assert_eq!(
        world.read("hello/01_data/share/x"),
        world.read("release/01_data/share/x")
    );
}

#[test]
fn same_input_same_bytes() {
    let (one, two) = (World::new(), World::new());
    one.hello();
    two.hello();
    assert_eq!(one.read("hello.psp"), two.read("hello.psp"));
    assert_eq!(one.read("d.payload"), two.read("d.payload"));
}

#[test]
fn build_takes_manifests_of_flavorpack() {
    let world = World::new();
    world.hello().file(
        "m.json",
        r#"{
        "package": {"name": "m", "version": "1"},
        "execution": {"command": "{workenv}/bin/hello"},
        "slots": [
            {"id": "s", "source": "hello.sh", "target": "bin/hello", "permissions": "0755"},
            {"id": "d", "source": "{workenv}/d.payload", "target": "{workenv}", "operations": "tar.gz"}
        ],
        "signature": {}, "mood": "good"
    }"#,
    );
    // A link by that name is the builder.
    std::os::unix::fs::symlink(testkit::program("psp"), world.path("psp-builder")).unwrap();
    for (program, command) in [("psp", &["build"][..]), ("psp-builder", &[])] {
        let flags = [
            "-m",
            "m.json",
            "-o",
            "m.psp",
            "--launcher-bin",
            "launcher",
            "--key-seed",
            "s1",
        ];
        let done = world.run(program, &[command, &flags].concat());
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""));
        assert_data_eq!(
            done.stderr,
            str![[r#"
psp: warning: m.json: key `mood` is not used

"#]]
        );
        world.psp_ok(&["extract", "m.psp", "d", &format!("by-{program}")]);
        assert_eq!(world.read(&format!("by-{program}/share/x")), b"x\n");
    }
    let done = world.psp(&["build", "-m", "m.json", "-o", "r.psp", "--launcher-bin", "launcher"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(world.psp_ok(&["verify", "r.psp"]).ends_with("an unknown key\n"));
}

#[test]
fn profile_buckpack_adds_zstd_and_symlinks() {
    let world = World::new();
    world.hello();
    std::os::unix::fs::symlink("x", world.path("data/link")).unwrap();
    world.file(
        "d.json",
        r#"{"id":"data","source":"data","target":"share","operations":"tar.zst","level":19,"profile":"buckpack"}"#,
    );
    world.psp_ok(&[
        "slot",
        "--spec",
        "d.json",
        "--payload",
        "d.payload",
        "--record",
        "d.record",
    ]);
    world.assemble(
        "b.psp",
        r#""command": "x", "profile": "buckpack", "env": {"X": "{workenv}"}"#,
    );
    world.psp_ok(&["extract-all", "b.psp", "out"]);
    assert_eq!(
        std::fs::read_link(world.path("out/01_data/share/link"))
            .unwrap()
            .to_str(),
        Some("x")
    );
    let inspected = world.psp_ok(&["inspect", "b.psp"]);
    assert!(
        inspected.contains("profile   buckpack\n") && inspected.contains(", tar.zst, "),
        "{inspected}"
    );
}
