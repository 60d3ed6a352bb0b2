//! Files on their way into the cache: what comes, and what is there already.

mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use digest::Sha256;
use mirror::download::Options;
use testkit::{Answer, Server};
use world::{BYTES, PATH, World, fast, file, good, wanted};

#[test]
fn a_file_comes_once() {
    let server = Server::start(|path, _| good(path));
    let world = World::new(&[&server]);
    assert_eq!(std::fs::read(world.fetch().unwrap()).unwrap(), BYTES);
    assert_eq!(world.files(), [Sha256::of(BYTES).hex()]);
    assert!(
        world
            .said()
            .contains(&format!("started at 0 from {}", server.address()))
    );
    assert!(world.fetch().is_ok());
    assert_eq!(server.seen().len(), 1, "the second time it is there");
}

#[test]
fn a_file_comes_from_a_folder() {
    let mirror = tempfile::tempdir().unwrap();
    std::fs::create_dir(mirror.path().join("b")).unwrap();
    std::fs::write(mirror.path().join(PATH), BYTES).unwrap();
    let world = World::at(&[&mirror.path().display().to_string()]);
    assert_eq!(std::fs::read(world.fetch().unwrap()).unwrap(), BYTES);
}

#[test]
fn a_cached_file_is_hashed_before_it_is_used() {
    let server = Server::start(|path, _| good(path));
    let world = World::new(&[&server]);
    let path = world.fetch().unwrap();
    std::fs::write(&path, "the tarball of BASH").unwrap();
    assert_eq!(std::fs::read(world.fetch().unwrap()).unwrap(), BYTES);
    assert!(world.said().contains("other bytes under its name"));
    std::fs::write(&path, "the tarball of BASH").unwrap();
    let error = world.fetch_offline().unwrap_err();
    assert!(
        error.is_not_there() && error.to_string().contains("offline nothing is fetched"),
        "{error}"
    );
}

#[test]
fn offline_asks_nobody() {
    let server = Server::start(|path, _| good(path));
    let world = World::new(&[&server]);
    assert!(world.fetch_offline().is_err());
    assert!(server.seen().is_empty() && world.files().is_empty());
    world.fetch().unwrap();
    assert!(world.fetch_offline().is_ok());
}

#[test]
fn without_mirrors_only_the_cache_counts() {
    let world = World::at(&[]);
    let error = world.fetch().unwrap_err();
    assert!(
        error.is_unreadable() && error.to_string().contains("no mirror is configured"),
        "{error}"
    );
}

#[test]
fn a_cache_that_cannot_be_written() {
    let server = Server::start(|path, _| good(path));
    let world = World::new(&[&server]);
    std::fs::write(world.folder().join("files"), "no folder").unwrap();
    let error = world.fetch().unwrap_err();
    assert!(!error.is_unverified() && !error.is_unreadable() && !error.is_not_there());
    assert!(error.to_string().starts_with("cannot open "), "{error}");
}

/// Who comes second waits for the first, and takes what it brought.
#[test]
fn two_at_once_download_once() {
    let server = Server::start(|path, _| {
        std::thread::sleep(Duration::from_millis(300));
        good(path)
    });
    let world = World::new(&[&server]);
    std::thread::scope(|scope| {
        let both = [scope.spawn(|| world.fetch()), scope.spawn(|| world.fetch())];
        for one in both {
            assert!(one.join().unwrap().is_ok());
        }
    });
    assert_eq!(server.seen().len(), 1);
    assert!(world.said().contains("waiting for another download of it"));
    assert_eq!(world.files(), [Sha256::of(BYTES).hex()]);
}

/// Eight files of each of two hosts: four come from each at a time, and of one host the largest first.
#[test]
fn side_by_side_within_limits() {
    let most = Arc::new(AtomicUsize::new(0));
    let counting = |most: Arc<AtomicUsize>| {
        let now = AtomicUsize::new(0);
        Server::start(move |path, _| {
            let busy = now.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(busy, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(30));
            now.fetch_sub(1, Ordering::SeqCst);
            let number: usize = path.rsplit('/').next().unwrap().parse().unwrap();
            Answer::Bytes(vec![b'x'; number])
        })
    };
    let server = counting(Arc::clone(&most));
    let world = World::new(&[&server]);
    let wanted: Vec<_> = (1..=12)
        .map(|size| file(&format!("b/{size}"), &vec![b'x'; size]))
        .collect();
    assert!(world.fetch_all(&wanted, fast()).iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 4);

    let server = counting(Arc::new(AtomicUsize::new(0)));
    let world = World::new(&[&server]);
    let options = Options { jobs: 1, ..fast() };
    let paths = world.fetch_all(&wanted, options);
    let sizes: Vec<_> = paths
        .into_iter()
        .map(|path| std::fs::read(path.unwrap()).unwrap().len())
        .collect();
    assert_eq!(sizes, Vec::from_iter(1..=12), "in the order of the question");
    let order: Vec<_> = (1..=12).rev().map(|size| format!("/binaries/b/{size}")).collect();
    assert_eq!(server.seen(), order);
}

#[test]
fn every_file_has_its_own_end() {
    let server = Server::start(|path, _| match path {
        "/binaries/b/lie" => Answer::Bytes(b"other bytes, too long".into()),
        path => good(path),
    });
    let world = World::new(&[&server]);
    let outcomes = world.fetch_all(&[file("b/lie", b"bytes"), wanted(), file("b/none", b"none")], fast());
    assert!(outcomes[0].as_ref().unwrap_err().is_unverified());
    assert!(outcomes[1].is_ok());
    assert!(outcomes[2].as_ref().unwrap_err().is_not_there());
    let said = world.said();
    for line in ["lie failed", "none failed", "bash-5.3-86884539-bin.tar.gz finished"] {
        assert_eq!(said.lines().filter(|other| *other == line).count(), 1, "{line}: {said}");
    }
}
