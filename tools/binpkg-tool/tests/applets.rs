//! `binpkg-tool applets` and `binpkg-tool host-identity`, the program itself.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn tool(dir: &Path, args: &[&str]) -> Output {
    Command::new(testkit::program("binpkg-tool"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", dir.join("bin"))
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A program that answers to any argument with `text`.
fn program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\nprintf '{text}'\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_link_for_every_name() {
    let world = tempfile::tempdir().unwrap();
    program(&world.path().join("box"), "[\\nar\\nbox\\nsh\\n");
    let output = tool(
        world.path(),
        &["applets", "--program", "box", "--without", "ar", "--out", "out"],
    );
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    let mut found: Vec<_> = fs::read_dir(world.path().join("out/bin"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_owned(), fs::read_link(&path).ok()))
        .collect();
    found.sort();
    let link = Some("box".into());
    assert_eq!(
        found,
        [("[".into(), link.clone()), ("box".into(), None), ("sh".into(), link)]
    );
}

#[test]
fn names_that_are_none() {
    for text in ["", "../x\\n", "a\\n\\nb\\n"] {
        let world = tempfile::tempdir().unwrap();
        program(&world.path().join("box"), text);
        let output = tool(world.path(), &["applets", "--program", "box", "--out", "out"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            stderr(&output).contains("box --list: expected one name a line"),
            "{}",
            stderr(&output)
        );
        assert!(!world.path().join("out").exists());
    }
}

#[test]
fn the_machine_in_one_line() {
    let world = tempfile::tempdir().unwrap();
    program(&world.path().join("bin/cc"), "cc 12.2\\nmore words\\n");
    program(&world.path().join("bin/make"), "make 4.3\\n");
    let output = tool(
        world.path(),
        &["host-identity", "--program", "cc", "--program", "make", "--out", "out"],
    );
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert_eq!(
        fs::read_to_string(world.path().join("out")).unwrap(),
        "host cc: cc 12.2; make: make 4.3\n"
    );
    let output = tool(world.path(), &["host-identity", "--program", "ld", "--out", "none"]);
    assert!(
        stderr(&output).contains("ld is not on PATH; install it, or use the pinned toolchain"),
        "{}",
        stderr(&output)
    );
    assert!(!world.path().join("none").exists());
}
