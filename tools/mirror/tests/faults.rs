//! What a mirror may do to a download, each fault against a server that commits it: the file comes from the next mirror, or there is
//! one clear error.

mod world;

use std::net::TcpListener;
use std::time::Duration;

use mirror::Access;
use mirror::download::{Cache, DownloadError, Silent};
use mirror::{Address, Downloads};
use testkit::{Answer, File, Server};
use world::{BYTES, World, fast, file, good, wanted};

/// A server that gives up soon on.
fn impatient() -> Access {
    Access {
        silence: Duration::from_millis(250),
        ..Access::default()
    }
}

/// A mirror that answers the same whatever is below `binaries/`.
fn always(answer: Answer) -> Server {
    Server::start(move |path, _| match path.starts_with("/binaries/") {
        true => answer.clone(),
        false => Answer::Status(404, ""),
    })
}

/// The error of a mirror alone; with another mirror after it, the file comes.
fn fails(address: &str, words: &str) -> DownloadError {
    let second = Server::start(|path, _| good(path));
    let world = World::by(&[address, second.address()], &impatient());
    assert_eq!(std::fs::read(world.fetch().unwrap()).unwrap(), BYTES, "{words}");
    let said = world.said();
    assert!(said.contains(&format!("; trying {}", second.address())), "{said}");

    let world = World::by(&[address], &impatient());
    let error = world.fetch().unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(words) && text.contains(address),
        "expected `{words}`, found `{text}`"
    );
    assert!(
        text.starts_with("cannot fetch bash-5.3-86884539-bin.tar.gz from any mirror: "),
        "{text}"
    );
    let files = world.files();
    assert!(files.iter().all(|name| name.contains(".part")), "{files:?}");
    error
}

fn is_unreadable(answer: Answer, words: &str) {
    assert!(fails(always(answer).address(), words).is_unreadable(), "{words}");
}

fn is_unverified(answer: Answer, words: &str) {
    assert!(fails(always(answer).address(), words).is_unverified(), "{words}");
}

#[test]
fn a_server_that_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(fails(&address, "not readable now: ").is_unreadable());
}

#[test]
fn statuses() {
    assert!(fails(always(Answer::Status(404, "")).address(), ": not there").is_not_there());
    is_unreadable(Answer::Status(500, ""), "not readable now: status 500");
    is_unreadable(
        Answer::Status(503, "Retry-After: 0\r\n"),
        "not readable now: status 503",
    );
    is_unreadable(Answer::Status(429, "Retry-After: 86400\r\n"), "refused: status 429");
    is_unreadable(Answer::Status(403, ""), "refused: status 403");
    is_unreadable(Answer::Status(401, ""), "status 401: it wants a name and a password");
    is_unreadable(Answer::Status(206, ""), "refused: status 206");
    is_unreadable(Answer::Status(304, ""), "refused: status 304");
}

#[test]
fn broken_transfers() {
    is_unreadable(Answer::Close, "not readable now: ");
    is_unreadable(Answer::Cut(BYTES.into(), 7), "broke off after 7 bytes");
    is_unreadable(Answer::StallFile(File::new(BYTES), 7), "broke off after 7 bytes");
    is_unreadable(Answer::StallFile(File::new(BYTES), 0), "broke off after 0 bytes");
    let slow = Answer::Trickle(BYTES.into(), Duration::from_millis(100));
    is_unreadable(slow, "slower than 1 kB/s");
    is_unreadable(Answer::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec()), "not readable now: ");
}

#[test]
fn lies() {
    let page = b"<html>please log in</html>".to_vec();
    is_unverified(
        Answer::Bytes(page),
        "`size` does not match (expected 19 bytes, found 26)",
    );
    is_unverified(
        Answer::Bytes(b"THE tarball of bash".to_vec()),
        "`sha256` does not match",
    );
    is_unverified(
        Answer::Announce(1 << 40, BYTES.into()),
        "expected 19 bytes, found 1099511627776",
    );
    is_unverified(
        Answer::Unannounced([BYTES, b"!"].concat()),
        "expected 19 bytes, found more",
    );
    is_unverified(Answer::Unannounced(BYTES[..18].into()), "expected 19 bytes, found 18");
}

#[test]
fn redirects_that_lead_nowhere() {
    is_unreadable(
        Answer::Redirect("/binaries/again".into()),
        "redirected more than 10 times",
    );
    is_unreadable(
        Answer::Redirect("file:///etc/passwd".into()),
        "redirected to no address",
    );
    is_unreadable(Answer::Status(302, ""), "redirected to no address");
    let server = always(Answer::Redirect("https://me:secret@127.0.0.1/".into()));
    let error = fails(server.address(), "redirected to no address").to_string();
    assert!(!error.contains("secret"), "{error}");
    let server = always(Answer::Redirect("/binaries/again".into()));
    assert!(World::new(&[&server]).fetch().is_err());
    assert_eq!(server.seen().len(), 11);
}

/// What may pass is tried three times more, and nothing else.
#[test]
fn how_often_a_mirror_is_asked() {
    for (answer, times) in [
        (Answer::Status(500, ""), 4),
        (Answer::Status(408, ""), 4),
        (Answer::Close, 4),
        (Answer::Cut(BYTES.into(), 7), 4),
        (Answer::Status(401, ""), 1),
        (Answer::Status(403, ""), 1),
        (Answer::Status(404, ""), 1),
        (Answer::Bytes(b"THE tarball of bash".to_vec()), 1),
    ] {
        let server = always(answer.clone());
        assert!(World::at(&[&format!("{}/binaries", server.address())]).fetch().is_err());
        assert_eq!(server.seen().len(), times, "{answer:?}");
    }
}

/// After three failures in a row, the other mirror is asked first, and this one once a file at most.
#[test]
fn a_mirror_that_fails_is_asked_last() {
    let bad = always(Answer::Status(500, ""));
    let second = Server::start(|path, _| match path {
        "/binaries/b/only" => Answer::Status(404, ""),
        path => good(path),
    });
    let world = World::new(&[&bad, &second]);
    let outcomes = world.fetch_all(
        &[wanted(), file("b/only", b"only")],
        mirror::download::Options { jobs: 1, ..fast() },
    );
    assert!(outcomes[0].is_ok());
    let error = outcomes[1].as_ref().unwrap_err();
    assert!(error.is_unreadable(), "the first one may have it: {error}");
    assert_eq!(bad.seen().len(), 5);
    let said = world.said();
    assert_eq!(
        said.matches("has failed three times in a row, and is asked last from now on")
            .count(),
        1,
        "{said}"
    );
}

#[test]
fn what_is_not_there_is_asked_for_once_a_run() {
    let server = always(Answer::Status(404, ""));
    let cache = tempfile::tempdir().unwrap();
    let address: Address = format!("{}/binaries", server.address()).parse().unwrap();
    let mirrors = [address.mirror()];
    let downloads = Downloads::new(&mirrors, Cache::new(cache.path()), fast());
    for _ in 0..2 {
        let error = downloads.fetch(&wanted(), &Silent).unwrap_err();
        assert!(
            error.is_not_there() && error.to_string().contains(": not there"),
            "{error}"
        );
    }
    assert_eq!(server.seen().len(), 1);
}
