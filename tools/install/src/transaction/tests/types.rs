//! File, link and directory in each other's place.

use std::fs;

use crate::testing::{TestPackage, World};

fn package(number: &str) -> TestPackage {
    TestPackage::new("p", number).file("usr/keep", "k")
}

fn file(number: &str) -> TestPackage {
    package(number).file("usr/x", "file")
}

fn link(number: &str) -> TestPackage {
    package(number).link("usr/x", "keep")
}

fn directory(number: &str) -> TestPackage {
    package(number)
        .file("usr/x/sub/a", "a")
        .file("usr/x/b", "b")
        .directory("usr/x/empty")
}

#[test]
fn from_each_to_each_and_back() {
    let kinds: [fn(&str) -> TestPackage; 3] = [file, link, directory];
    for (from, one) in kinds.iter().enumerate() {
        for (to, two) in kinds.iter().enumerate() {
            let world = World::new();
            world.install(&[&one("1")]).unwrap();
            let before = world.snapshot();
            world.install(&[&two("2")]).unwrap();
            let after = world.snapshot();
            let fresh = World::new();
            fresh.install(&[&two("2")]).unwrap();
            assert_eq!(after, fresh.snapshot(), "{from} to {to}");
            world.assert_clean();
            world.roll_back(1).unwrap();
            assert_eq!(world.snapshot(), before, "back from {to} to {from}");
            world.assert_clean();
            world.remove(&["p"]).unwrap();
            assert_eq!(world.snapshot(), [].into());
        }
    }
}

#[test]
fn a_directory_that_holds_something_else_stays() {
    for foreign in ["usr/x/foreign", "usr/x/sub/foreign", "usr/x/other/foreign"] {
        for next in [file("2"), link("2")] {
            let world = World::new();
            world.install(&[&directory("1")]).unwrap();
            world.write(foreign, "mine");
            let before = world.snapshot();
            let error = world.install(&[&next]).unwrap_err();
            assert!(error.is_conflict());
            assert!(
                error
                    .to_string()
                    .contains("/usr/x is a directory that is to become something else"),
                "{error}"
            );
            assert_eq!(world.snapshot(), before);
            world.assert_clean();
        }
    }
}

#[test]
fn a_directory_of_two_packages_needs_both() {
    let world = World::new();
    let other = |number: &str| TestPackage::new("q", number).file("usr/x/q", "q");
    world.install(&[&directory("1"), &other("1")]).unwrap();
    let error = world.install(&[&link("2")]).unwrap_err();
    assert!(error.to_string().contains("/usr/x is a directory of q@0"), "{error}");
    let moved = TestPackage::new("q", "2").file("usr/q", "q");
    world.install(&[&link("2"), &moved]).unwrap();
    assert_eq!(fs::read_link(world.path("usr/x")).unwrap().to_str(), Some("keep"));
    assert_eq!(world.read("usr/q"), "q");
    world.assert_clean();
}

#[test]
fn a_link_to_a_directory_becomes_the_directory() {
    let world = World::new();
    let one = TestPackage::new("p", "1")
        .link("usr/doc", "share")
        .file("usr/share/a", "a");
    world.install(&[&one]).unwrap();
    let two = TestPackage::new("p", "2")
        .file("usr/doc/b", "b")
        .file("usr/share/a", "a");
    world.install(&[&two]).unwrap();
    assert!(!world.path("usr/doc").is_symlink());
    assert_eq!(world.read("usr/doc/b"), "b");
    assert!(!world.path("usr/share/b").exists());
    world.assert_clean();
}

#[test]
fn a_link_that_comes_with_what_is_reached_through_it() {
    let world = World::new();
    let base = TestPackage::new("base", "1")
        .link("lib", "usr/lib")
        .directory("usr/lib");
    let libc = TestPackage::new("libc", "1").file("lib/libc.so", "c");
    // Whichever comes first.
    world.install(&[&libc, &base]).unwrap();
    assert_eq!(world.read("usr/lib/libc.so"), "c");
    assert!(world.path("lib").is_symlink());
    world.remove(&["libc"]).unwrap();
    assert!(!world.path("usr/lib/libc.so").exists() && world.path("usr/lib").is_dir());
}

#[test]
fn nothing_leaves_the_root_through_links_of_the_target() {
    let world = World::new();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(world.path("usr")).unwrap();
    std::os::unix::fs::symlink(outside.path(), world.path("usr/lib")).unwrap();
    std::os::unix::fs::symlink("../../../..", world.path("usr/up")).unwrap();
    let package = TestPackage::new("p", "1")
        .file("usr/lib/x", "x")
        .file("usr/up/etc/y", "y");
    world.install(&[&package]).unwrap();
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(
        world.read(&format!("{}/x", outside.path().display())),
        "x",
        "an absolute target means the root"
    );
    assert_eq!(world.read("etc/y"), "y");
}
