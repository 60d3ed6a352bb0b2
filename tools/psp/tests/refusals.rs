//! What wrong input to the building commands gets: one sentence, the right code, no output.

mod world;

use snapbox::{Data, assert_data_eq, str};
use world::{World, package};

/// Assembles with `change` made to the world and the specification; nothing may appear.
fn assembling(more: &str, change: impl Fn(&World), code: i32, stderr: impl Into<Data>) {
    let world = World::new();
    world.hello();
    world.file("package.json", package(more));
    change(&world);
    let done = world.psp(&["assemble", "--spec", "package.json", "--out", "out.psp"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{}", done.stderr);
    assert_data_eq!(done.stderr, stderr.into());
    assert!(!world.path("out.psp").exists());
}

fn refused(more: &str, stderr: impl Into<Data>) {
    assembling(&format!("\"command\": \"x\", {more}"), |_| (), 1, stderr);
}

#[test]
fn a_slot_id_twice() {
    let twice = |world: &World| {
        let text = String::from_utf8(world.read("package.json")).unwrap();
        world.file(
            "package.json",
            text.replace("d.payload", "s.payload").replace("d.record", "s.record"),
        );
    };
    assembling(
        r#""command": "x""#,
        twice,
        1,
        str![[r#"
psp: error: slot id `script` is used twice (slots 0 and 1): give each slot its own

"#]],
    );
}

#[test]
fn a_launcher_for_another_platform() {
    let change = |world: &World| {
        let mut elf = vec![0; 64];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        elf[18] = 183;
        let text = String::from_utf8(world.read("package.json")).unwrap();
        world
            .file("launcher", elf)
            .file("package.json", text.replace("\"any\"", "\"linux_amd64\""));
    };
    assembling(
        r#""command": "x""#,
        change,
        1,
        str![[r#"
psp: error: the launcher is for another platform (expected `linux_amd64`, found `linux_arm64`)

"#]],
    );
}

#[test]
fn a_missing_launcher() {
    let change = |world: &World| std::fs::remove_file(world.path("launcher")).unwrap();
    assembling(
        r#""command": "x""#,
        change,
        3,
        str![[r#"
psp: error: cannot read the launcher launcher
  caused by: No such file or directory (os error 2)

"#]],
    );
}

#[test]
fn a_payload_that_is_not_what_its_record_says() {
    let longer = |world: &World| {
        world.file("s.payload", "something else, and longer");
    };
    assembling(
        r#""command": "x""#,
        longer,
        1,
        str![[r#"
psp: error: slot `script`
  caused by: s.payload does not match its record (expected 21 bytes, found 26): make it again

"#]],
    );
    let other = |world: &World| {
        world.file("s.payload", "#!/bin/sh\necho jello\n");
    };
    assembling(
        r#""command": "x""#,
        other,
        1,
        str![[r#"
psp: error: s.payload does not match its record (expected sha256 [..], found [..]): make it again

"#]],
    );
}

#[test]
fn unknown_keys_of_a_specification() {
    refused(
        r#""mood": "good""#,
        str![[r#"
psp: error: package.json is not the expected JSON
  caused by: unknown field `mood`, expected one of [..]

"#]],
    );
}

#[test]
fn reserved_custom_metadata() {
    let change = |world: &World| {
        world.file("meta.json", r#"{"slots": []}"#);
    };
    assembling(
        r#""command": "x", "metadata": "meta.json""#,
        change,
        1,
        str![[r#"
psp: error: custom metadata: key `slots` belongs to the builder; choose another name

"#]],
    );
}

#[test]
fn rules_of_the_flavorpack_profile() {
    refused(
        r#""env": {"X": "{workenv}/x"}"#,
        str![[r#"
psp: error: profile `flavorpack`: `env` without placeholders (use the variable FLAVOR_WORKENV, or profile `buckpack`): `X`, found `{workenv}`

"#]],
    );
    refused(
        r#""setup_commands": ["true"]"#,
        str![[r#"
psp: error: profile `flavorpack`: with `setup_commands`, `cache_validation` with check_file and expected_content, written by the last command, found no `cache_validation`

"#]],
    );
    refused(
        r#""policy": {"require_env": ["é"]}"#,
        str![[r#"
psp: error: profile `flavorpack`: `policy` in ASCII without <, > and &, found `é`

"#]],
    );
    refused(
        r#""workenv_directories": [{"path": "bin/x"}]"#,
        str![[r#"
psp: error: profile `flavorpack`: `workenv_directories` beside the top-level directories of slots: `bin/x`, found slot `script` below the same one

"#]],
    );
    assembling(
        r#""command": "a \"\" b""#,
        |_| (),
        1,
        str![[r#"
psp: error: profile `flavorpack`: `command` without backslashes and empty quoted words, found `a "" b`

"#]],
    );
}

#[test]
fn directories_outside_of_the_tree() {
    refused(
        r#""workenv_directories": [{"path": "../x"}]"#,
        str![[r#"
psp: error: expected a relative path without `..`, found `../x`

"#]],
    );
    refused(
        r#""workenv_directories": [{"path": "/x"}]"#,
        str![[r#"
psp: error: expected a relative path without `..`, found `/x`

"#]],
    );
}

#[test]
fn policies_with_unknown_keys() {
    refused(
        r#""policy": {"refuse_rot": true}"#,
        str![[r#"
psp: error: package.json is not the expected JSON
  caused by: unknown field `refuse_rot`, expected one of [..]

"#]],
    );
}

/// Stores one slot; nothing may appear.
fn storing(spec: &str, change: impl Fn(&World), code: i32, stderr: impl Into<Data>) {
    let world = World::new();
    world.file("file", "x").file("tree/x", "x").file("slot.json", spec);
    change(&world);
    let before = world.names();
    let done = world.psp(&["slot", "--spec", "slot.json", "--payload", "p", "--record", "r"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{}", done.stderr);
    assert_data_eq!(done.stderr, stderr.into());
    assert_eq!(world.names(), before);
}

#[test]
fn slots_that_cannot_be_stored() {
    let nothing = |_: &World| ();
    storing(
        r#"{"id":"s","source":"missing"}"#,
        nothing,
        3,
        str![[r#"
psp: error: slot `s`
  caused by: cannot open missing
  caused by: No such file or directory (os error 2)

"#]],
    );
    storing(
        r#"{"id":"s","source":"tree"}"#,
        nothing,
        1,
        str![[r#"
psp: error: slot `s`
  caused by: source: expected a file (a directory needs `tar` or `tgz` in `operations`), found the directory tree

"#]],
    );
    storing(
        r#"{"id":"s","source":"file","operations":"brotli"}"#,
        nothing,
        1,
        str![[r#"
psp: error: unknown operations `brotli` (expected one of [..])

"#]],
    );
    storing(
        r#"{"id":"s","source":"file","operations":"xz"}"#,
        nothing,
        1,
        str![[r#"
psp: error: slot `s`
  caused by: profile `flavorpack`: `operations` must be one of none, gzip, tar, tgz (others need profile `buckpack`), found `xz`

"#]],
    );
    storing(
        r#"{"id":"s","source":"file","permissions":"4755"}"#,
        nothing,
        1,
        str![[r#"
psp: error: `permissions` must be octal text from 0000 to 0777, found `4755`

"#]],
    );
    let link = |world: &World| std::os::unix::fs::symlink("/etc", world.path("tree/link")).unwrap();
    storing(
        r#"{"id":"s","source":"tree","operations":"tgz"}"#,
        link,
        1,
        str![[r#"
psp: error: slot `s`
  caused by: cannot pack
  caused by: symlink [..]/tree/link leads to /etc: expected a target inside [..]/tree

"#]],
    );
}

/// The headers of a Windows program of 64 bits, without sections.
fn pe(is_library: bool, subsystem: u16) -> Vec<u8> {
    let mut bytes = b"MZ".to_vec();
    bytes.resize(0x3c, 0);
    bytes.extend(64u32.to_le_bytes());
    bytes.extend(b"PE\0\0");
    let (optional_size, characteristics) = (240u16, if is_library { 0x2022u16 } else { 0x22 });
    bytes.extend(0x8664u16.to_le_bytes());
    bytes.resize(64 + 4 + 16, 0);
    bytes.extend([optional_size.to_le_bytes(), characteristics.to_le_bytes()].concat());
    let optional = bytes.len();
    bytes.extend(0x20bu16.to_le_bytes());
    bytes.resize(optional + 68, 0);
    bytes.extend(subsystem.to_le_bytes());
    bytes.resize(optional + 108, 0);
    bytes.extend(16u32.to_le_bytes());
    bytes.resize(optional + usize::from(optional_size), 0);
    bytes
}

/// Stores `file` as a slot for Windows; the other fields of its specification are given.
fn stored_for_windows(file: &str, bytes: &[u8], fields: &str) -> (Option<i32>, String) {
    let world = World::new();
    world.file(file, bytes).file(
        "slot.json",
        format!(r#"{{"id": "s", "platform": "windows_amd64", {fields}}}"#),
    );
    let done = world.psp(&["slot", "--spec", "slot.json", "--payload", "p", "--record", "r"]);
    assert_eq!(world.path("p").exists(), done.code == Some(0));
    (done.code, done.stderr)
}

#[test]
fn programs_that_windows_does_not_start_by_their_names() {
    const CONSOLE: u16 = 3;
    let program = pe(false, CONSOLE);
    let (code, stderr) = stored_for_windows(
        "app",
        &program,
        r#""source": "app", "target": "bin/app", "purpose": "code""#,
    );
    assert_eq!(code, Some(1));
    assert_data_eq!(
        stderr,
        str![[r#"
psp: error: slot `s`: cannot execute binary file: `bin/app` is a program, and Windows starts none whose name does not end in .exe; call it `bin/app.exe`

"#]]
    );
    let tree = r#""source": "tree", "target": "x", "operations": "tgz", "purpose": "code""#;
    let (code, stderr) = stored_for_windows("tree/bin/app-1.0", &program, tree);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("call it `bin/app-1.0.exe`"), "{stderr}");
    // In a tar the file keeps its name, whatever the target.
    let tar = r#""source": "app", "target": "x.exe", "operations": "tar", "purpose": "code""#;
    let (code, stderr) = stored_for_windows("app", &program, tar);
    assert_eq!(code, Some(1), "{stderr}");
    // Without a target it is called as the slot's id.
    let unnamed = r#""source": "app.exe", "purpose": "code""#;
    let (code, stderr) = stored_for_windows("app.exe", &program, unnamed);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("call it `s.exe`"), "{stderr}");
    let data = r#""source": "app", "target": "app", "purpose": "data""#;
    let (code, stderr) = stored_for_windows("app", &program, data);
    assert_eq!(code, Some(0));
    assert!(stderr.starts_with("psp: warning: slot `s`: cannot execute"), "{stderr}");
}

#[test]
fn programs_that_windows_starts_and_files_that_are_none() {
    let (native, console) = (1, 3);
    let cases = [
        ("app", r#""target": "bin/app.exe""#, pe(false, console)),
        ("App.EXE", r#""target": "bin/App.EXE""#, pe(false, console)),
        ("app.exe", r#""operations": "tar""#, pe(false, console)),
        ("lib", r#""target": "lib.pyd""#, pe(true, console)),
        ("driver", r#""target": "x.sys""#, pe(false, native)),
        ("text", r#""target": "text""#, b"MZ is how this text begins".to_vec()),
    ];
    for (file, fields, bytes) in cases {
        let fields = format!(r#""source": "{file}", {fields}, "purpose": "code""#);
        assert_eq!(
            stored_for_windows(file, &bytes, &fields),
            (Some(0), String::new()),
            "{fields}"
        );
    }
}

#[test]
fn targets_that_lead_outside() {
    for target in ["../x", "/x", "{workenv}/../x"] {
        let world = World::new();
        world.hello().file(
            "s.json",
            format!(r#"{{"id":"script","source":"hello.sh","target":"{target}"}}"#),
        );
        world.psp_ok(&[
            "slot",
            "--spec",
            "s.json",
            "--payload",
            "s.payload",
            "--record",
            "s.record",
        ]);
        world.file("package.json", package(r#""command": "x""#));
        let done = world.psp(&["assemble", "--spec", "package.json", "--out", "out.psp"]);
        let inner = target.trim_start_matches("{workenv}/");
        let expected =
            format!("psp: error: slot `script`\n  caused by: expected a relative path without `..`, found `{inner}`\n");
        assert_eq!((done.code, done.stderr), (Some(1), expected));
        assert!(!world.path("out.psp").exists());
    }
}

#[test]
fn keys_that_do_not_belong_together() {
    let world = World::new();
    let (one, two) = (pspf::PrivateKey::from_seed("1"), pspf::PrivateKey::from_seed("2"));
    world
        .hello()
        .file("private.pem", one.to_pem())
        .file("public.pem", two.public().to_pem().unwrap());
    world.file("m.json", r#"{"package": {"name": "m", "version": "1"}}"#);
    let flags = ["build", "-m", "m.json", "-o", "out.psp", "--launcher-bin", "launcher"];
    let done = world.psp(
        &[
            &flags[..],
            &["--private-key", "private.pem", "--public-key", "public.pem"],
        ]
        .concat(),
    );
    assert_eq!(done.code, Some(1));
    assert_data_eq!(
        done.stderr,
        str![[r#"
psp: error: the public key does not belong to the private key (expected fingerprint [..], found [..])

"#]]
    );
    assert!(!world.path("out.psp").exists());
}
