//! Every row of the table in section 14.4, and of section 13.4 what can be in the way.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use binpkg::metadata::LayoutKind;

use crate::testing::{TestPackage, World};
use crate::{InstallError, InstallOptions, Transaction};

fn refused(world: &World, packages: &[&TestPackage]) -> String {
    // So that the database is there before.
    drop(world.lock(&world.database()));
    let before = world.snapshot();
    let error = world.install(packages).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(world.snapshot(), before, "nothing was changed");
    world.assert_clean();
    error.to_string()
}

#[test]
fn a_directory_is_shared_as_it_is() {
    let world = World::new();
    fs::create_dir_all(world.path("usr/share")).unwrap();
    fs::set_permissions(world.path("usr/share"), fs::Permissions::from_mode(0o700)).unwrap();
    world
        .install(&[&TestPackage::new("a", "1").file("usr/share/a", "a")])
        .unwrap();
    world
        .install(&[&TestPackage::new("b", "1").file("usr/share/b", "b")])
        .unwrap();
    assert_eq!(world.snapshot()["usr/share"], "directory 0700");
    world.remove(&["a"]).unwrap();
    assert_eq!(world.read("usr/share/b"), "b");
    world.remove(&["b"]).unwrap();
    assert!(!world.path("usr/share").exists());
}

#[test]
fn an_empty_directory_that_another_package_has_stays() {
    let world = World::new();
    let both = |name: &str| TestPackage::new(name, "1").directory("usr/share/plugins");
    world.install(&[&both("a"), &both("b")]).unwrap();
    world.remove(&["a"]).unwrap();
    assert!(world.path("usr/share/plugins").is_dir());
    world.remove(&["b"]).unwrap();
    assert!(!world.path("usr").exists());
}

#[test]
fn a_file_of_a_package_that_stays() {
    let world = World::new();
    world
        .install(&[&TestPackage::new("a", "1").file("usr/x", "a").file("usr/y", "y")])
        .unwrap();
    let text = refused(
        &world,
        &[&TestPackage::new("b", "1").file("usr/x", "b").file("usr/y", "y")],
    );
    assert!(text.contains("2 things are in the way"), "{text}");
    assert!(text.contains("b@0: /usr/x belongs to a@0\n"), "{text}");
    assert!(text.contains("b@0: /usr/y belongs to a@0; it is identical"), "{text}");
    // Even one that somebody deleted.
    fs::remove_file(world.path("usr/x")).unwrap();
    let text = refused(&world, &[&TestPackage::new("b", "1").file("usr/x", "b")]);
    assert!(text.contains("/usr/x belongs to a@0"), "{text}");
    // As a directory, and a file where it has a directory.
    let text = refused(&world, &[&TestPackage::new("b", "1").file("usr/y/z", "b")]);
    assert!(text.contains("/usr/y belongs to a@0"), "{text}");
    let text = refused(
        &world,
        &[&TestPackage::new("b", "1").kind(LayoutKind::Root).file("usr", "b")],
    );
    assert!(text.contains("/usr is a directory of a@0"), "{text}");
}

#[test]
fn a_file_moves_from_one_package_to_another() {
    let world = World::new();
    world
        .install(&[&TestPackage::new("a", "1").file("usr/x", "x").file("usr/a", "a")])
        .unwrap();
    let (a, b) = (
        TestPackage::new("a", "2").file("usr/a", "a2"),
        TestPackage::new("b", "1").file("usr/x", "x2"),
    );
    // Whichever comes first.
    world.install(&[&b, &a]).unwrap();
    assert_eq!((world.read("usr/x"), world.read("usr/a")), ("x2".into(), "a2".into()));
    world.remove(&["a"]).unwrap();
    assert_eq!(world.read("usr/x"), "x2");
    world.assert_clean();
}

#[test]
fn an_identical_file_of_nobody_is_adopted() {
    let world = World::new();
    world.write("usr/x", "x");
    symlink("x", world.path("usr/l")).unwrap();
    let package = TestPackage::new("a", "1").file("usr/x", "x").link("usr/l", "x");
    let outcome = world.install(&[&package]).unwrap();
    let adopted: Vec<_> = outcome.adopted.iter().map(ToString::to_string).collect();
    assert_eq!(adopted, ["/usr/l", "/usr/x"]);
    world.remove(&["a"]).unwrap();
    assert!(!world.path("usr/x").exists(), "it belonged to the package");
}

#[test]
fn a_different_file_of_nobody() {
    for (name, make) in [
        ("bytes", (|world| world.write("usr/x", "other")) as fn(&World)),
        ("mode", |world| {
            world.write("usr/x", "x");
            fs::set_permissions(world.path("usr/x"), fs::Permissions::from_mode(0o600)).unwrap();
        }),
        ("link", |world| {
            fs::create_dir(world.path("usr")).unwrap();
            symlink("y", world.path("usr/x")).unwrap();
        }),
    ] {
        let world = World::new();
        make(&world);
        let package = TestPackage::new("a", "1").file("usr/x", "x");
        let text = refused(&world, &[&package]);
        assert!(
            text.contains("a@0: /usr/x is a different file that belongs to no package"),
            "{name}: {text}"
        );
        let overwrite = |pattern: &str| InstallOptions {
            overwrite: vec![glob::Pattern::new(pattern).unwrap()],
            ..InstallOptions::default()
        };
        assert!(world.install_with(&[&package], &overwrite("/usr/y*")).is_err());
        let before = world.snapshot();
        world.install_with(&[&package], &overwrite("/usr/*")).unwrap();
        assert_eq!(world.snapshot()["usr/x"], "file 0644 x");
        // The old file is in the store.
        let database = world.database();
        let lock = world.lock(&database);
        let mut transaction = Transaction::new(&database, &lock).unwrap();
        transaction.roll_back(1).unwrap();
        transaction.check().unwrap().commit(|_| {}).unwrap();
        assert_eq!(world.snapshot(), before, "{name}");
    }
}

#[test]
fn a_directory_of_nobody() {
    let world = World::new();
    fs::create_dir_all(world.path("usr/x")).unwrap();
    let text = refused(&world, &[&TestPackage::new("a", "1").file("usr/x", "x")]);
    assert!(
        text.contains("/usr/x is a directory that belongs to no package"),
        "{text}"
    );
    world.write("usr/f", "f");
    let text = refused(&world, &[&TestPackage::new("a", "1").file("usr/f/x", "x")]);
    assert!(
        text.contains("/usr/f is to be a directory, and a file that belongs to no package is there"),
        "{text}"
    );
    let force = InstallOptions {
        force: true,
        ..InstallOptions::default()
    };
    world
        .install_with(&[&TestPackage::new("a", "1").file("usr/f/x", "x")], &force)
        .unwrap();
    assert_eq!(world.read("usr/f/x"), "x");
    world.assert_clean();
}

#[test]
fn two_packages_of_one_transaction() {
    let world = World::new();
    let (a, b) = (
        TestPackage::new("a", "1").file("usr/x", "x"),
        TestPackage::new("b", "1").file("usr/x", "x"),
    );
    let text = refused(&world, &[&a, &b]);
    assert!(text.contains("b@0: /usr/x is in a@0, too"), "{text}");
    let c = TestPackage::new("c", "1").file("usr/x/y", "y");
    let text = refused(&world, &[&a, &c]);
    assert!(text.contains("/usr/x is in a@0, too"), "{text}");
    let error = world.install(&[&a, &a]).unwrap_err();
    assert_eq!(error.to_string(), "a@0 is named twice in one transaction");
}

#[test]
fn two_paths_on_one_place() {
    let world = World::with_prefix("/opt/p");
    let text = refused(
        &world,
        &[&TestPackage::new("a", "1").file("usr/bin/x", "1").file("bin/x", "2")],
    );
    assert!(
        text.contains("/opt/p/bin/x is where two paths of the package end up"),
        "{text}"
    );
    let world = World::new();
    fs::create_dir_all(world.path("usr/lib")).unwrap();
    symlink("usr/lib", world.path("lib")).unwrap();
    let text = refused(
        &world,
        &[&TestPackage::new("a", "1").file("usr/lib/x", "1").file("lib/x", "2")],
    );
    assert!(
        text.contains("/usr/lib/x is where two paths of the package end up"),
        "{text}"
    );
}

#[test]
fn the_database_and_the_names_of_transactions() {
    let world = World::new();
    let text = refused(
        &world,
        &[&TestPackage::new("a", "1").file("var/lib/binpkg/owners", "x")],
    );
    assert!(text.contains("/var/lib/binpkg/owners is in the database"), "{text}");
    let text = refused(&world, &[&TestPackage::new("a", "1").file("usr/.binpkg-1-1", "x")]);
    assert!(
        text.contains("/usr/.binpkg-1-1 has a name that only transactions may use"),
        "{text}"
    );
    let world = World::with_prefix("/opt/p");
    let text = refused(
        &world,
        &[&TestPackage::new("a", "1")
            .kind(LayoutKind::Prefix)
            .file(".binpkg/x", "x")],
    );
    assert!(text.contains("is in the database"), "{text}");
}

#[test]
fn a_prefix_that_was_not_built_for() {
    let package = TestPackage::new("a", "1").file("usr/x", "x").not_relocatable();
    let world = World::with_prefix("/opt/p");
    let text = refused(&world, &[&package]);
    assert!(
        text.contains("/opt/p is the prefix, and the package was built for /usr"),
        "{text}"
    );
    let force = InstallOptions {
        force_prefix: true,
        ..InstallOptions::default()
    };
    world.install_with(&[&package], &force).unwrap();
    assert_eq!(world.read("opt/p/x"), "x");
    World::new().install(&[&package]).unwrap();
}

#[test]
fn all_conflicts_at_once() {
    let world = World::new();
    let mut package = TestPackage::new("a", "1");
    for n in 0..30 {
        world.write(&format!("usr/f{n}"), "other");
        package = package.file(&format!("usr/f{n}"), "ours");
    }
    let InstallError::Conflicts(conflicts) = world.install(&[&package]).unwrap_err() else {
        panic!("expected conflicts")
    };
    assert_eq!(conflicts.0.len(), 30);
    assert_eq!(conflicts.to_string().lines().count(), 1 + 20 + 1);
}

#[test]
fn directories_above_the_prefix_go_with_the_last_package() {
    let world = World::with_prefix("/opt/p");
    let package = |name: &str| {
        TestPackage::new(name, "1")
            .kind(LayoutKind::Prefix)
            .file(&format!("share/{name}"), "x")
    };
    world.install(&[&package("a")]).unwrap();
    world.install(&[&package("b")]).unwrap();
    world.remove(&["a"]).unwrap();
    assert_eq!(world.read("opt/p/share/b"), "x");
    world.remove(&["b"]).unwrap();
    assert_eq!(
        world.snapshot().into_keys().collect::<Vec<_>>(),
        ["opt", "opt/p"],
        "the database is in the prefix"
    );
}
