use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::testing::{TestPackage, World};

fn version(number: &str) -> TestPackage {
    TestPackage::new("p", number)
        .program("usr/bin/p", number)
        .file("usr/share/data", number)
        .link("usr/l", number)
        .file(&format!("usr/share/only{number}"), number)
}

#[test]
fn of_install_upgrade_and_removal() {
    let world = World::new();
    let nothing = world.snapshot();
    world.install(&[&version("1")]).unwrap();
    let first = world.snapshot();
    world.install(&[&version("2")]).unwrap();
    let second = world.snapshot();
    world.remove(&["p"]).unwrap();

    world.roll_back(1).unwrap();
    assert_eq!(world.snapshot(), second, "the removal");
    world.roll_back(1).unwrap();
    assert_eq!(world.snapshot(), nothing, "the rollback of the removal");
    // Removed, installed 2, installed 1, and so on: the whole history at once.
    world.roll_back(3).unwrap();
    assert_eq!(world.snapshot(), second, "the removal once more");
    world.roll_back(5).unwrap();
    assert_eq!(world.snapshot(), first, "everything since the first version");
    let database = world.database();
    let installed = database.expect(&database.find("p").unwrap()).unwrap();
    assert_eq!(installed.metadata.version.as_str(), "1");
    assert!(installed.origin.explicit);
    assert_eq!(database.verify(&[installed.id], crate::Depth::Full).unwrap(), []);
    world.assert_clean();
    let asked = world.roll_back(100).unwrap_err();
    assert!(asked.is_not_found());
    assert!(asked.to_string().contains("expected at most 7 transactions"), "{asked}");
}

#[test]
fn what_somebody_changed_comes_back_as_it_was() {
    let world = World::new();
    world.install(&[&version("1")]).unwrap();
    world.write("usr/share/data", "changed by hand");
    fs::set_permissions(world.path("usr/bin/p"), fs::Permissions::from_mode(0o711)).unwrap();
    fs::remove_file(world.path("usr/share/only1")).unwrap();
    fs::remove_file(world.path("usr/l")).unwrap();
    std::os::unix::fs::symlink("elsewhere", world.path("usr/l")).unwrap();
    let before = world.snapshot();
    world.install(&[&version("2")]).unwrap();
    world.roll_back(1).unwrap();
    assert_eq!(world.snapshot(), before, "an upgrade");
    world.remove(&["p"]).unwrap();
    world.roll_back(1).unwrap();
    assert_eq!(world.snapshot(), before, "a removal");
}

#[test]
fn adopted_files_stay() {
    let world = World::new();
    world.write("usr/share/data", "1");
    let before = world.snapshot();
    world.install(&[&version("1")]).unwrap();
    world.roll_back(1).unwrap();
    assert_eq!(world.snapshot(), before);
    world.install(&[&version("1")]).unwrap();
    world.install(&[&version("2")]).unwrap();
    world.roll_back(2).unwrap();
    assert_eq!(world.snapshot(), before, "also when an upgrade had replaced them");
}

#[test]
fn several_packages_and_a_file_that_moved() {
    let world = World::new();
    world
        .install(&[
            &TestPackage::new("a", "1").file("usr/x", "x"),
            &TestPackage::new("b", "1").file("usr/b", "b"),
        ])
        .unwrap();
    let before = world.snapshot();
    world
        .install(&[
            &TestPackage::new("a", "2").file("usr/a", "a"),
            &TestPackage::new("b", "2").file("usr/x", "b2"),
        ])
        .unwrap();
    world.roll_back(1).unwrap();
    assert_eq!(world.snapshot(), before);
    assert_eq!(world.installed(), ["a@0", "b@0"]);
}

#[test]
fn history_is_shortened_and_with_it_the_store() {
    let world = World::new();
    for n in 0..13 {
        world.install(&[&version(&n.to_string())]).unwrap();
    }
    let database = world.database();
    assert_eq!(database.history().unwrap().len(), 10);
    let stored = |content: &str| database.store().path(&digest::Sha256::of(content.as_bytes())).exists();
    assert!(!stored("1") && stored("2"));
    let lock = world.lock(&database);
    assert!(database.forget_history(&lock, 1).unwrap() > 0);
    assert!(!stored("10") && stored("11"));
    drop(lock);
    world.roll_back(1).unwrap();
    assert_eq!(world.read("usr/bin/p"), "11");
}

#[test]
fn a_store_that_lost_a_file_changes_nothing() {
    let world = World::new();
    world.install(&[&version("1")]).unwrap();
    world.install(&[&version("2")]).unwrap();
    let before = world.snapshot();
    let path = world.database().store().path(&digest::Sha256::of(b"1"));
    fs::write(&path, "2").unwrap();
    let error = world.roll_back(1).unwrap_err();
    assert!(error.to_string().contains("is no longer kept in the store"), "{error}");
    fs::remove_file(path).unwrap();
    let error = world.roll_back(1).unwrap_err();
    assert!(error.to_string().contains("is no longer kept in the store"), "{error}");
    assert_eq!(world.snapshot(), before);
    world.assert_clean();
}

/// What a package had replaced comes back even when its directory went with the package.
#[test]
fn a_file_of_nobody_in_a_directory_that_is_gone() {
    let world = World::new();
    world.write("usr/x/deep/f", "mine");
    let before = world.snapshot();
    let force = crate::InstallOptions {
        force: true,
        ..crate::InstallOptions::default()
    };
    world
        .install_with(&[&TestPackage::new("p", "1").file("usr/x/deep/f", "theirs")], &force)
        .unwrap();
    world.remove(&["p"]).unwrap();
    assert_eq!(world.snapshot(), [].into());
    world.roll_back(2).unwrap();
    assert_eq!(world.snapshot(), before);
    world.assert_clean();
}
