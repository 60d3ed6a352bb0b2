use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::testing::{TestPackage, World};

fn package() -> TestPackage {
    TestPackage::new("p", "1")
        .file("usr/a", "aaaa")
        .file("usr/b", "bbbb")
        .program("usr/run", "run")
        .link("usr/l", "a")
        .config("etc/p.conf", "x")
        .directory("usr/empty")
}

fn findings(world: &World, depth: Depth) -> Vec<String> {
    let database = world.database();
    let found = database.verify(&database.ids().unwrap(), depth).unwrap();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn every_kind_of_damage() {
    type Harm = fn(&World);
    let kinds: [(&str, Harm); 9] = [
        ("p@0: /usr/a is missing", |world| {
            fs::remove_file(world.path("usr/a")).unwrap()
        }),
        ("p@0: /usr/empty is missing", |world| {
            fs::remove_dir(world.path("usr/empty")).unwrap()
        }),
        ("p@0: /usr/a is a link: expected a file", |world| {
            fs::remove_file(world.path("usr/a")).unwrap();
            symlink("b", world.path("usr/a")).unwrap();
        }),
        ("p@0: /usr/a is a directory: expected a file", |world| {
            fs::remove_file(world.path("usr/a")).unwrap();
            fs::create_dir(world.path("usr/a")).unwrap();
        }),
        ("p@0: /usr/a has 3 bytes: expected 4", |world| {
            world.write("usr/a", "xxx")
        }),
        ("p@0: /usr/a has other bytes: expected 61be55", |world| {
            world.write("usr/a", "xxxx")
        }),
        ("p@0: /usr/run has the mode 0711: expected 0755", |world| {
            fs::set_permissions(world.path("usr/run"), fs::Permissions::from_mode(0o711)).unwrap();
        }),
        ("p@0: /usr/l leads to b: expected a", |world| {
            fs::remove_file(world.path("usr/l")).unwrap();
            symlink("b", world.path("usr/l")).unwrap();
        }),
        ("p@0: /etc/p.conf (configuration) has other bytes", |world| {
            world.write("etc/p.conf", "y")
        }),
    ];
    for (words, harm) in kinds {
        let world = World::new();
        world.install(&[&package()]).unwrap();
        for depth in [Depth::Quick, Depth::Full] {
            assert_eq!(findings(&world, depth), [""; 0]);
        }
        harm(&world);
        for depth in [Depth::Quick, Depth::Full] {
            let found = findings(&world, depth);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(words), "{found:?}");
        }
    }
}

#[test]
fn the_owner() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let world = World::new();
    world.install(&[&package()]).unwrap();
    if std::os::unix::fs::lchown(world.path("usr/l"), Some(1), Some(2)).is_err() {
        // Root of a namespace that has no other users.
        return;
    }
    assert_eq!(
        findings(&world, Depth::Quick),
        ["p@0: /usr/l belongs to 1:2: expected 0:0"]
    );
}

#[test]
fn a_time_that_changed_is_no_damage_by_itself() {
    let world = World::new();
    world.install(&[&package()]).unwrap();
    world.write("usr/a", "aaaa");
    assert_eq!(findings(&world, Depth::Quick), [""; 0]);
}

/// What only a full look finds: the size and the time are as before.
#[test]
fn a_quick_look_trusts_size_and_time() {
    let world = World::new();
    world.install(&[&package()]).unwrap();
    let time = fs::metadata(world.path("usr/a")).unwrap().modified().unwrap();
    world.write("usr/a", "xxxx");
    fs::File::options()
        .write(true)
        .open(world.path("usr/a"))
        .unwrap()
        .set_modified(time)
        .unwrap();
    assert_eq!(findings(&world, Depth::Quick), [""; 0]);
    assert_eq!(findings(&world, Depth::Full).len(), 1);
}

#[test]
fn damage_of_the_database() {
    type Harm = fn(&std::path::Path);
    let kinds: [(&str, Harm); 5] = [
        ("extra: is no part of the database", |entry| {
            fs::write(entry.join("extra"), "x").unwrap()
        }),
        ("MANIFEST: expected the content hash", |entry| {
            fs::write(entry.join("MANIFEST"), "binpkg-manifest/1\n").unwrap();
        }),
        ("MANIFEST: expected a manifest of ASCII lines", |entry| {
            fs::write(entry.join("MANIFEST"), "").unwrap()
        }),
        ("METADATA.json: METADATA.json is not usable", |entry| {
            fs::write(entry.join("METADATA.json"), "{}").unwrap()
        }),
        ("origin.json: unexpected JSON", |entry| {
            fs::write(entry.join("origin.json"), "{}").unwrap()
        }),
    ];
    for (words, harm) in kinds {
        let world = World::new();
        world.install(&[&package()]).unwrap();
        let database = world.database();
        harm(&database.entry(&database.ids().unwrap()[0]));
        let found = findings(&world, Depth::Full);
        assert!(found.iter().any(|line| line.contains(words)), "{words}: {found:?}");
    }
}

#[test]
fn repair_writes_only_what_is_damaged() {
    let world = World::new();
    world.install(&[&package()]).unwrap();
    let whole = world.snapshot();
    fs::remove_file(world.path("usr/a")).unwrap();
    fs::remove_dir(world.path("usr/empty")).unwrap();
    fs::set_permissions(world.path("usr/run"), fs::Permissions::from_mode(0o600)).unwrap();
    world.write("etc/p.conf", "mine");
    let inode = |path: &str| std::os::unix::fs::MetadataExt::ino(&fs::metadata(world.path(path)).unwrap());
    let untouched = inode("usr/b");
    let database = world.database();
    let found = database.verify(&database.ids().unwrap(), Depth::Full).unwrap();
    assert_eq!(found.len(), 4);
    let damaged = found
        .iter()
        .filter(|finding| finding.is_damage())
        .filter_map(|finding| match finding {
            Finding::File { path, .. } => Some(path.clone()),
            Finding::Database { .. } => None,
        });
    let damaged: std::collections::BTreeSet<_> = damaged.collect();
    assert_eq!(damaged.len(), 3);
    let lock = world.lock(&database);
    let mut transaction = crate::Transaction::new(&database, &lock).unwrap();
    transaction.repair(world.incoming(&package()), damaged).unwrap();
    transaction.check().unwrap().commit(|_| {}).unwrap();
    assert_eq!(world.read("etc/p.conf"), "mine");
    assert_eq!(inode("usr/b"), untouched);
    world.write("etc/p.conf", "x");
    assert_eq!(world.snapshot(), whole);
    assert_eq!(findings(&world, Depth::Full), [""; 0]);

    let mut transaction = crate::Transaction::new(&database, &lock).unwrap();
    let other = TestPackage::new("p", "1").file("usr/a", "other");
    let error = transaction.repair(world.incoming(&other), [].into()).unwrap_err();
    assert!(
        error.is_unverified() && error.to_string().starts_with("expected a tarball of p@0"),
        "{error}"
    );
}
