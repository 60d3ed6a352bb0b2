//! Section 14.6, end to end.

use std::fs;

use crate::testing::{TestPackage, World};

fn version(number: &str, content: &str) -> TestPackage {
    TestPackage::new("daemon", number)
        .config("etc/daemon.conf", content)
        .file("usr/x", number)
}

/// What is there after an upgrade from `old` to `new` when somebody had `disk`: the file, and the one beside it.
fn upgrade(old: &str, disk: Option<&str>, new: &str) -> (Option<String>, Option<String>) {
    let world = World::new();
    world.install(&[&version("1", old)]).unwrap();
    match disk {
        Some(disk) => world.write("etc/daemon.conf", disk),
        None => fs::remove_file(world.path("etc/daemon.conf")).unwrap(),
    }
    let before = world.snapshot();
    world.install(&[&version("2", new)]).unwrap();
    let read = |path: &str| fs::read_to_string(world.path(path)).ok();
    let found = (read("etc/daemon.conf"), read("etc/daemon.conf.new"));
    world.assert_clean();
    // Back again, whatever the row.
    world.roll_back(1).unwrap();
    assert_eq!(world.snapshot(), before, "{old} {disk:?} {new}");
    found
}

#[test]
fn every_row() {
    let is = |file: &str| (Some(file.to_owned()), None);
    assert_eq!(upgrade("a", Some("a"), "b"), is("b"), "nobody changed it");
    assert_eq!(upgrade("a", Some("b"), "b"), is("b"), "somebody was ahead");
    assert_eq!(upgrade("a", Some("c"), "a"), is("c"), "only somebody changed it");
    assert_eq!(
        upgrade("a", Some("c"), "b"),
        (Some("c".into()), Some("b".into())),
        "both did"
    );
    assert_eq!(upgrade("a", None, "b"), (None, None), "deleted is deleted");
    assert_eq!(upgrade("a", None, "a"), (None, None), "deleted is deleted");
}

#[test]
fn what_was_changed_survives_its_package() {
    let world = World::new();
    world.install(&[&version("1", "a")]).unwrap();
    world.write("etc/daemon.conf", "mine");
    let outcome = world.remove(&["daemon"]).unwrap();
    let left: Vec<_> = outcome.left.iter().map(ToString::to_string).collect();
    assert_eq!(left, ["/etc/daemon.conf"]);
    assert_eq!(world.read("etc/daemon.conf"), "mine");
    assert!(!world.path("usr").exists());
    // It is not in the way when the package comes back.
    let outcome = world.install(&[&version("2", "b")]).unwrap();
    assert_eq!((outcome.kept.len(), outcome.beside.len()), (1, 1));
    assert_eq!(
        (world.read("etc/daemon.conf"), world.read("etc/daemon.conf.new")),
        ("mine".into(), "b".into())
    );
    // The file beside goes with the package, unless somebody changed it, too.
    world.remove(&["daemon"]).unwrap();
    assert_eq!(
        world.snapshot().into_keys().collect::<Vec<_>>(),
        ["etc", "etc/daemon.conf"]
    );
}

#[test]
fn what_was_not_changed_goes() {
    let world = World::new();
    world.install(&[&version("1", "a")]).unwrap();
    let outcome = world.remove(&["daemon"]).unwrap();
    assert_eq!(outcome.left, []);
    assert_eq!(world.snapshot(), [].into());
}

#[test]
fn deleted_stays_deleted_over_many_versions() {
    let world = World::new();
    world.install(&[&version("1", "a")]).unwrap();
    fs::remove_file(world.path("etc/daemon.conf")).unwrap();
    for number in ["2", "3"] {
        world.install(&[&version(number, number)]).unwrap();
        assert!(!world.path("etc/daemon.conf").exists());
        let database = world.database();
        let findings = database.verify(&database.ids().unwrap(), crate::Depth::Full).unwrap();
        assert_eq!(findings, [], "somebody wanted it so");
    }
}
