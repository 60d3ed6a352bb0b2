use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::elf::tests::elf;
use super::*;
use crate::tarball::testing::scan;

const NEEDED: u64 = 1;
const SONAME: u64 = 14;
const RUNPATH: u64 = 29;

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, bytes).unwrap();
    let mode = if path.contains("bin/") { 0o755 } else { 0o644 };
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

fn library(soname: &str) -> Vec<u8> {
    elf(true, false, &[(SONAME, soname)])
}

fn interface(root: &Path) -> (Vec<String>, Vec<String>) {
    let payload = scan(root, "[]");
    let places = Places {
        kind: payload.kind(),
        prefix: "/usr",
        libdir: "lib64",
    };
    let found = Interface::of(&payload, places).unwrap();
    let needs = found
        .needs
        .into_iter()
        .map(|(name, path)| format!("{name} {path}"))
        .collect();
    (found.provides.into_iter().collect(), needs)
}

#[test]
fn programs_libraries_and_package_config() {
    let world = tempfile::tempdir().unwrap();
    let root = world.path();
    put(
        root,
        "usr/bin/tool",
        &elf(
            true,
            false,
            &[(NEEDED, "libtool.so.1"), (NEEDED, "libc.so.6"), (NEEDED, "libplug.so")],
        ),
    );
    put(root, "usr/bin/script", b"#!/bin/sh\n");
    put(root, "usr/bin/two words", b"#!/bin/sh\n");
    put(root, "usr/share/notes", b"text");
    put(root, "usr/lib64/libtool.so.1.2", &library("libtool.so.1"));
    put(root, "usr/lib/tool/libplug.so", &library("libplug.so"));
    put(root, "usr/lib64/pkgconfig/tool.pc", b"");
    symlink("tool", root.join("usr/bin/alias")).unwrap();
    symlink("../share/notes", root.join("usr/bin/notes")).unwrap();
    symlink("missing", root.join("usr/bin/dangling")).unwrap();
    fs::write(root.join("usr/bin/data"), "").unwrap();
    let (provides, needs) = interface(root);
    assert_eq!(
        provides,
        ["bin:alias", "bin:script", "bin:tool", "pc:tool", "so:libtool.so.1"]
    );
    // A plugin is nobody else's library, and the program does not look where it is.
    assert_eq!(needs, ["libc.so.6 usr/bin/tool", "libplug.so usr/bin/tool"]);
}

#[test]
fn the_own_search_path_counts() {
    for (place, found) in [
        ("$ORIGIN/../lib/tool", true),
        ("${ORIGIN}/../lib/tool", true),
        ("/usr/lib/tool", true),
        ("/usr/lib/linked", true),
        ("$ORIGIN", false),
        ("/opt", false),
        ("relative", false),
    ] {
        let world = tempfile::tempdir().unwrap();
        let root = world.path();
        put(
            root,
            "usr/bin/tool",
            &elf(
                false,
                true,
                &[(NEEDED, "libplug.so"), (RUNPATH, &format!("/none:{place}"))],
            ),
        );
        put(root, "usr/lib/tool/libplug.so", &library("libplug.so"));
        symlink("tool", root.join("usr/lib/linked")).unwrap();
        assert_eq!(interface(root).1.is_empty(), found, "{place}");
    }
}

#[test]
fn paths_below_a_prefix() {
    let world = tempfile::tempdir().unwrap();
    let root = world.path();
    put(
        root,
        "tool/bin/tool",
        &elf(true, false, &[(NEEDED, "libplug.so"), (RUNPATH, "/usr/tool/private")]),
    );
    put(root, "tool/private/libplug.so", &library("libplug.so"));
    let (provides, needs) = interface(root);
    assert_eq!((provides, needs), (vec!["bin:tool".to_owned()], vec![]));
}
