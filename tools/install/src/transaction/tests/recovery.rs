//! Transactions that end in the middle; the kill loops of `tests/install/run` look at every system call.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::testing::{TestPackage, World};
use crate::transaction::journal::Journal;
use crate::{Depth, InstallError, InstallOptions, Place, Recovered, Transaction};

fn version(number: &str) -> TestPackage {
    TestPackage::new("p", number)
        .file("usr/share/a", number)
        .file(&format!("usr/new{number}/b"), number)
        .link("usr/l", number)
}

/// Prepares a transaction and leaves it there, as a kill would.
fn interrupted(world: &World, package: &TestPackage, committing: bool) {
    let database = world.database();
    let lock = world.lock(&database);
    let mut transaction = Transaction::new(&database, &lock).unwrap();
    transaction
        .install(world.incoming(package), InstallOptions::default())
        .unwrap();
    let checked = transaction.check().unwrap();
    let journal = Journal::create(&database, checked.plan.clone()).unwrap();
    checked.prepare(&journal, &mut |_| {}).unwrap();
    if committing {
        journal.commit().unwrap();
    }
}

fn recover(world: &World) -> Recovered {
    let database = world.database();
    let lock = world.lock(&database);
    database.recover(&lock).unwrap()
}

#[test]
fn before_the_point_of_no_return_everything_is_undone() {
    let world = World::new();
    world.install(&[&version("1")]).unwrap();
    let before = world.snapshot();
    interrupted(&world, &version("2"), false);
    assert_ne!(world.snapshot(), before, "something is prepared");
    let error = world.install(&[&version("3")]).unwrap_err();
    assert!(error.needs_recovery());
    assert!(
        error.to_string().contains("(test) was interrupted; finish or undo it"),
        "{error}"
    );
    assert!(matches!(recover(&world), Recovered::Undone(_)));
    assert_eq!(world.snapshot(), before);
    world.assert_clean();
    assert_eq!(recover(&world), Recovered::Nothing, "twice is once");
    world.install(&[&version("3")]).unwrap();
}

#[test]
fn after_it_everything_is_finished() {
    let expected = World::new();
    expected.install(&[&version("2")]).unwrap();
    let world = World::new();
    world.install(&[&version("1")]).unwrap();
    interrupted(&world, &version("2"), true);
    assert!(matches!(recover(&world), Recovered::Finished(_)));
    assert_eq!(world.snapshot(), expected.snapshot());
    world.assert_clean();
    assert_eq!(recover(&world), Recovered::Nothing);
    let database = world.database();
    assert_eq!(database.verify(&database.ids().unwrap(), Depth::Full).unwrap(), []);
    assert_eq!(database.history().unwrap().len(), 2);
    world.roll_back(1).unwrap();
    assert_eq!(world.read("usr/share/a"), "1");
}

/// A journal that was never seen, or is done, is nothing to recover.
#[test]
fn hidden_journals_are_swept() {
    let world = World::new();
    world.install(&[&version("1")]).unwrap();
    let journal = world.database().directory().join("journal");
    for name in [".new-000002-00000000", ".done-000001-00000000"] {
        fs::create_dir(journal.join(name)).unwrap();
        fs::write(journal.join(name).join("plan"), "half a pl").unwrap();
    }
    world.install(&[&version("2")]).unwrap();
    world.assert_clean();
}

#[test]
fn two_at_once() {
    let world = World::new();
    let database = world.database();
    let lock = world.lock(&database);
    let error = world.database().lock("other", Duration::ZERO).unwrap_err();
    assert!(error.is_locked(), "{error}");
    drop(lock);
    // Many that wait, each with a package of its own.
    std::thread::scope(|scope| {
        for n in 0..4 {
            let world = &world;
            scope.spawn(move || {
                let database = world.database();
                let lock = database.lock("wait", Duration::from_secs(60)).unwrap();
                let mut transaction = Transaction::new(&database, &lock).unwrap();
                let package = TestPackage::new(&format!("p{n}"), "1").file(&format!("usr/share/p{n}"), "x");
                transaction
                    .install(world.incoming(&package), InstallOptions::default())
                    .unwrap();
                transaction.check().unwrap().commit(|_| {}).unwrap();
            });
        }
    });
    assert_eq!(world.installed(), ["p0@0", "p1@0", "p2@0", "p3@0"]);
    world.assert_clean();
}

#[test]
fn the_list_of_owners_can_be_thrown_away() {
    let world = World::new();
    world.install(&[&version("1")]).unwrap();
    world
        .install(&[&TestPackage::new("q", "1").file("usr/q", "q")])
        .unwrap();
    let owner = || {
        let path = crate::TargetPath::absolute("/usr/q".as_ref()).unwrap();
        let owners = world.database().owners_of(&path).unwrap();
        owners.iter().map(|owner| owner.package.to_string()).collect::<Vec<_>>()
    };
    let owners = world.database().directory().join("owners");
    let before = fs::read_to_string(&owners).unwrap();
    assert_eq!(owner(), ["q@0"]);
    fs::remove_file(&owners).unwrap();
    assert_eq!(owner(), ["q@0"]);
    assert_eq!(fs::read_to_string(&owners).unwrap(), before, "it is made again");
    // One that does not fit what is installed.
    fs::write(&owners, "binpkg-owners/1 0.000000000\nusr/q f nobody@0\n").unwrap();
    assert_eq!(owner(), ["q@0"]);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn the_database_can_be_copied_away() {
    let world = World::new();
    world.install(&[&version("1")]).unwrap();
    let beside = tempfile::tempdir().unwrap();
    let copy_to = beside.path().join("state");
    copy(world.database().directory(), &copy_to);
    fs::remove_dir_all(world.database().directory()).unwrap();
    assert_eq!(world.installed(), [""; 0]);
    let place = Place::new(world.root(), "/usr".as_ref(), Some(copy_to)).unwrap();
    let database = crate::Database::open(place).unwrap();
    assert_eq!(database.verify(&database.ids().unwrap(), Depth::Full).unwrap(), []);
    let lock = world.lock(&database);
    let mut transaction = Transaction::new(&database, &lock).unwrap();
    transaction
        .install(world.incoming(&version("2")), InstallOptions::default())
        .unwrap();
    transaction.check().unwrap().commit(|_| {}).unwrap();
    assert_eq!(world.read("usr/share/a"), "2");
}

#[test]
fn another_format_is_left_alone() {
    let world = World::new();
    world.install(&[&version("1")]).unwrap();
    fs::write(world.database().directory().join("version"), "2\n").unwrap();
    let place = Place::new(world.root(), "/usr".as_ref(), None).unwrap();
    let error = crate::Database::open(place).unwrap_err();
    assert!(matches!(error, InstallError::Database { .. }));
    assert!(
        error.to_string().contains("expected the format 1, found `2`"),
        "{error}"
    );
}
