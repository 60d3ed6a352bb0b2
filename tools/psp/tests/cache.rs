//! `psp cache` over packages that were started.

mod world;

use std::fs;
use std::path::PathBuf;

use world::World;

/// A world in which `hello.psp` was started once, and the place of its entry in the cache.
fn started() -> (World, PathBuf) {
    let world = World::new();
    world.file("launcher", fs::read(testkit::program("psp-launcher")).unwrap());
    fs::create_dir(world.path("home")).unwrap();
    slots(&world);
    world.assemble("hello.psp", r#""command": "{workenv}/bin/hello""#);
    let entry = start(&world);
    (world, entry)
}

fn slots(world: &World) {
    world.file("hello.sh", "#!/bin/sh\necho hello\n").file("data/x", "x\n");
    for (name, rest) in [
        ("s", r#""source":"hello.sh","target":"bin/hello","permissions":"0755""#),
        ("d", r#""source":"data","target":"share","operations":"tgz""#),
    ] {
        let (spec, payload, record) = (
            format!("{name}.json"),
            format!("{name}.payload"),
            format!("{name}.record"),
        );
        world.file(&spec, format!(r#"{{"id":"{name}",{rest}}}"#));
        world.psp_ok(&["slot", "--spec", &spec, "--payload", &payload, "--record", &record]);
    }
}

fn start(world: &World) -> PathBuf {
    let done = world.run("hello.psp", &[]);
    assert_eq!((done.code, &*done.stdout, &*done.stderr), (Some(0), "hello\n", ""));
    let cache = world.path("home/.cache/flavor/buckpack");
    let mut entries = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.join("record").exists()).unwrap()
}

#[test]
fn the_same_users_edits_are_found_even_when_the_list_was_edited_too() {
    let (world, entry) = started();
    assert_eq!(world.psp_ok(&["cache", "verify"]), "ok       1 unpacked packages\n");

    // Same length, and the list says what is there now.
    let list = || fs::read_to_string(entry.join("files")).unwrap();
    let line = |list: &str| list.lines().find(|line| line.ends_with("share/x")).unwrap().to_owned();
    let (good, good_line) = (list(), line(&list()));
    fs::write(entry.join("workenv/share/x"), "y\n").unwrap();
    let crc = "5ff1395e";
    let forged = good.replace(&good_line, &format!("{crc} {}", good_line.split_once(' ').unwrap().1));
    let done = world.psp(&["cache", "verify"]);
    assert_eq!(done.code, Some(4), "{done:?}");
    let found = done.stdout;
    assert!(
        found.contains("share/x: expected mode 0644, sha256 73cb3858"),
        "{found}"
    );
    fs::write(entry.join("files"), &forged).unwrap();
    let done = world.psp(&["cache", "verify"]);
    assert_eq!((done.code, done.stdout), (Some(4), found.clone()));
    assert!(
        done.stderr.contains("1 files are not as they were unpacked"),
        "{}",
        done.stderr
    );

    // Without the package only the list is left; with it under another name, it is asked again.
    fs::rename(world.path("hello.psp"), world.path("moved.psp")).unwrap();
    let said = world.psp_ok(&["cache", "verify"]);
    assert!(
        said.starts_with("warning  hello 1.0: its package is not where it was"),
        "{said}"
    );
    let done = world.psp(&["cache", "verify", "--package", "moved.psp"]);
    assert_eq!((done.code, done.stdout), (Some(4), found));
}

#[test]
fn a_removed_file_another_mode_and_a_damaged_list_are_found() {
    let (world, entry) = started();
    fs::remove_file(entry.join("workenv/share/x")).unwrap();
    let mut mode = fs::metadata(entry.join("workenv/bin/hello")).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o700);
    fs::set_permissions(entry.join("workenv/bin/hello"), mode).unwrap();
    let done = world.psp(&["cache", "verify"]);
    assert_eq!(done.code, Some(4));
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert!(lines[0].contains("bin/hello: expected mode 0755, ") && lines[0].contains("found mode 0700, "));
    assert!(lines[1].ends_with("found nothing") && lines.len() == 2, "{lines:?}");

    fs::write(entry.join("files"), "nonsense\n").unwrap();
    let done = world.psp(&["cache", "verify"]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr.contains("line 1 is not `CRC32 SIZE MODE PATH`"),
        "{}",
        done.stderr
    );
}

#[test]
fn listing_and_cleaning() {
    let (world, entry) = started();
    let said = world.psp_ok(&["cache", "list"]);
    assert!(said.starts_with("hello 1.0, 23 bytes, unused for 0 days, "), "{said}");
    let done = world.psp(&["cache", "clean", "--days", "0"]);
    assert_eq!((done.code, &*done.stderr), (Some(0), "1 removed, 0 kept\n"));
    assert!(!entry.exists());
}
