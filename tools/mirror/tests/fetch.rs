//! What a mirror may do to us, each fault against a server that commits it.

use std::path::Path;
use std::time::Duration;

use digest::Sha256;
use mirror::fetch::{FetchError, Fetcher, Pin, Size};
use mirror::{Address, Mirror};
use testkit::{Answer, Server};

const BYTES: &[u8] = b"the tarball of bash";
const PATH: &str = "b/bash-5.3-86884539-bin.tar.gz";

fn mirrors(addresses: &[&str]) -> Vec<Mirror> {
    addresses
        .iter()
        .map(|text| text.parse::<Address>().unwrap().mirror())
        .collect()
}

/// What `fetch` says, the warnings on its way, and what is in the folder of the output afterwards.
struct Outcome {
    result: Result<(), FetchError>,
    warnings: Vec<String>,
    content: Option<Vec<u8>>,
}

fn fetch(addresses: &[&str], size: Size) -> Outcome {
    let world = tempfile::tempdir().unwrap();
    let out = world.path().join("out");
    let mut warnings = Vec::new();
    let mut warn = |text: &str| warnings.push(text.to_owned());
    let sha256 = Sha256::of(BYTES);
    let mirrors = mirrors(addresses);
    let mut fetcher = Fetcher::new(&mirrors, &mut warn);
    fetcher.pause = Duration::from_millis(1);
    let result = fetcher.fetch(PATH, &Pin { sha256, size }, &out);
    let content = std::fs::read(&out).ok();
    let files = std::fs::read_dir(world.path()).unwrap().count();
    assert_eq!(files, usize::from(content.is_some()), "nothing but the output is left");
    assert_eq!(content.is_some(), result.is_ok(), "an output if and only if it worked");
    if let Some(content) = &content {
        assert_eq!(content, BYTES);
    }
    Outcome {
        result,
        warnings,
        content,
    }
}

fn exactly() -> Size {
    Size::Exactly(BYTES.len() as u64)
}

fn good(path: &str) -> Answer {
    match path.strip_prefix("/binaries/") {
        Some(path) if path == PATH => Answer::Bytes(BYTES.into()),
        _ => Answer::Status(404, ""),
    }
}

fn refused(answer: Answer, size: Size, words: &str) {
    let server = Server::start(move |path, _| match path.starts_with("/binaries/") {
        true => answer.clone(),
        false => Answer::Status(404, ""),
    });
    let error = fetch(&[server.address()], size).result.unwrap_err();
    assert!(error.to_string().contains(words), "expected `{words}`, found `{error}`");
    assert!(error.to_string().contains(server.address()), "{error}");
    // The next mirror saves it.
    let second = Server::start(|path, _| good(path));
    let outcome = fetch(&[server.address(), second.address()], size);
    assert!(outcome.result.is_ok());
    assert!(
        outcome
            .warnings
            .last()
            .unwrap()
            .ends_with(&format!("trying {}", second.address()))
    );
}

#[test]
fn from_the_place_of_binaries_or_from_the_base() {
    let server = Server::start(|path, _| good(path));
    assert!(fetch(&[server.address()], exactly()).content.is_some());
    assert!(
        fetch(&[&format!("{}/binaries/", server.address())], exactly())
            .content
            .is_some()
    );
    assert_eq!(server.seen(), vec![format!("/binaries/{PATH}"); 2]);

    let flat = Server::start(|path, _| match path.strip_prefix('/') {
        Some(PATH) => Answer::Bytes(BYTES.into()),
        _ => Answer::Status(404, ""),
    });
    assert!(fetch(&[flat.address()], exactly()).content.is_some());
    assert_eq!(flat.seen(), [format!("/binaries/{PATH}"), format!("/{PATH}")]);
}

#[test]
fn from_a_directory() {
    let world = tempfile::tempdir().unwrap();
    let letter = world.path().join("binaries/b");
    std::fs::create_dir_all(&letter).unwrap();
    std::fs::write(letter.join(Path::new(PATH).file_name().unwrap()), BYTES).unwrap();
    for address in [
        world.path().display().to_string(),
        format!("file://{}", world.path().display()),
        format!("file://{}/binaries", world.path().display()),
    ] {
        assert!(fetch(&[&address], exactly()).content.is_some(), "{address}");
    }
}

#[test]
fn lies() {
    let other = || b"THE tarball of bash".to_vec();
    refused(Answer::Bytes(other()), exactly(), "`sha256` does not match (expected ");
    refused(
        Answer::Unannounced(other()),
        Size::AtMost(100),
        "`sha256` does not match (expected ",
    );
    let page = b"<html>not found</html>".to_vec();
    refused(
        Answer::Bytes(page),
        exactly(),
        "`size` does not match (expected 19 bytes, found 22)",
    );
    let longer = [BYTES, b"more"].concat();
    refused(
        Answer::Unannounced(longer),
        exactly(),
        "`size` does not match (expected 19 bytes, found more)",
    );
    let shorter = BYTES[..7].to_vec();
    refused(
        Answer::Unannounced(shorter),
        exactly(),
        "`size` does not match (expected 19 bytes, found 7)",
    );
    refused(
        Answer::Announce(1 << 40, BYTES.into()),
        exactly(),
        "`size` does not match",
    );
    refused(
        Answer::Announce(1 << 40, BYTES.into()),
        Size::AtMost(100),
        "`size` does not match (expected 100 bytes",
    );
}

#[test]
fn faults() {
    refused(Answer::Status(404, ""), exactly(), ": not there");
    refused(Answer::Status(403, ""), exactly(), ": refused: status 403");
    refused(Answer::Status(401, ""), exactly(), ": refused: status 401");
    refused(Answer::Status(500, ""), exactly(), ": not readable now: status 500");
    refused(Answer::Cut(BYTES.into(), 7), exactly(), "broke off after 7 bytes");
    refused(Answer::Close, exactly(), ": not readable now: ");
    refused(
        Answer::Status(429, "Retry-After: 86400\r\n"),
        exactly(),
        ": refused: status 429",
    );
    refused(
        Answer::Status(302, "Location: /binaries/again\r\n"),
        exactly(),
        ": refused: ",
    );
}

#[test]
fn what_may_pass_is_tried_again_and_nothing_else() {
    let server = Server::start(|_, before| match before {
        0 => Answer::Status(503, "Retry-After: 0\r\n"),
        1 => Answer::Cut(BYTES.into(), 7),
        2 => Answer::Close,
        _ => Answer::Bytes(BYTES.into()),
    });
    let outcome = fetch(&[server.address()], exactly());
    assert!(outcome.result.is_ok());
    assert_eq!(server.seen().len(), 4);
    assert!(
        outcome.warnings[0].ends_with("not readable now: status 503; asking again")
            || outcome.warnings[0].ends_with("status 503; asking again"),
        "{:?}",
        outcome.warnings
    );

    for status in [401, 403] {
        let server = Server::start(move |_, _| Answer::Status(status, ""));
        assert!(fetch(&[server.address()], exactly()).result.is_err());
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn nobody_there() {
    let error = fetch(&["http://127.0.0.1:1"], exactly()).result.unwrap_err();
    assert!(
        error.to_string().contains("http://127.0.0.1:1: not readable now"),
        "{error}"
    );
    assert!(!error.is_not_there() && !error.is_unverified());
    let error = fetch(&[], exactly()).result.unwrap_err();
    assert!(error.to_string().contains("no mirror is configured"), "{error}");
    let world = tempfile::tempdir().unwrap();
    let error = fetch(&[world.path().to_str().unwrap()], exactly()).result.unwrap_err();
    assert!(error.is_not_there(), "{error}");
}
