//! `binpkg-tool fetch`, the program itself: exactly what the lock file pins, or nothing and a code that says why.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use testkit::{Answer, Server};

const TARBALL: &[u8] = b"bytes of a tarball";
const RECIPE: &[u8] = b"{\"a\":\"recipe\"}";

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn record() -> Json {
    json!({"name": "bash", "version": "5.3", "config_hash_full": hex(RECIPE), "content_hash_full": hex(b"manifest"),
        "sha256": hex(TARBALL), "size": TARBALL.len(), "path": "b/bash-5.3+x-bin.tar.gz"})
}

fn mirror() -> Server {
    Server::start(|path, _| match path {
        "/binaries/b/bash-5.3%2Bx-bin.tar.gz" => Answer::Bytes(TARBALL.into()),
        "/binaries/b/bash-5.3%2Bx-bin.tar.gz.recipe.json" => Answer::Bytes(RECIPE.into()),
        _ => Answer::Status(404, ""),
    })
}

fn fetch(dir: &Path, record: &Json, args: &[&str]) -> Output {
    fs::write(dir.join("record.json"), record.to_string()).unwrap();
    Command::new(testkit::program("binpkg-tool"))
        .args(["fetch", "--record", "record.json", "--out", "out"])
        .args(args)
        .current_dir(dir)
        .env_clear()
        // Not for us: the mirror is on this machine.
        .env("http_proxy", "http://127.0.0.1:1")
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_tarball_and_the_recipe() {
    let (world, server) = (tempfile::tempdir().unwrap(), mirror());
    let output = fetch(world.path(), &record(), &["--mirror", server.address()]);
    assert_eq!(stderr(&output), "Binary available: bash-5.3+x-bin.tar.gz\n");
    assert!(output.status.success() && output.stdout.is_empty());
    assert_eq!(fs::read(world.path().join("out")).unwrap(), TARBALL);
    let output = fetch(world.path(), &record(), &["--recipe", "--mirror", server.address()]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(fs::read(world.path().join("out")).unwrap(), RECIPE);
}

/// One field of the record at a time says something else than the mirror has.
#[test]
fn other_bytes_than_pinned() {
    let (world, server) = (tempfile::tempdir().unwrap(), mirror());
    let dead = "http://127.0.0.1:1";
    for (change, args, code, words) in [
        (
            json!({"sha256": hex(b"other")}),
            vec![],
            4,
            "`sha256` does not match (expected ",
        ),
        (
            json!({"size": 7}),
            vec![],
            4,
            "`size` does not match (expected 7 bytes, found 18)",
        ),
        (
            json!({"size": 70}),
            vec![],
            4,
            "`size` does not match (expected 70 bytes, found 18)",
        ),
        (
            json!({"config_hash_full": hex(b"x")}),
            vec!["--recipe"],
            4,
            "`sha256` does not match",
        ),
        (json!({"path": "b/zsh"}), vec![], 3, "not there"),
        (
            json!({"path": "b/zsh"}),
            vec!["--mirror", dead],
            6,
            "http://127.0.0.1:1: not readable now",
        ),
        (json!({"size": "7"}), vec![], 1, "cannot use record.json"),
        (json!({"url": "x"}), vec![], 1, "unknown field `url`"),
    ] {
        let mut record = record();
        for (key, value) in change.as_object().unwrap() {
            record[key] = value.clone();
        }
        let args = [&["--mirror", server.address()], &args[..]].concat();
        let output = fetch(world.path(), &record, &args);
        assert_eq!(output.status.code(), Some(code), "{change}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(words),
            "expected `{words}`, found {}",
            stderr(&output)
        );
        assert!(!world.path().join("out").exists(), "{change}");
    }
}

/// The vector of the reference: its record verifies with its key, so that the mirror is asked at all.
#[test]
fn signed_records() {
    let (world, server) = (tempfile::tempdir().unwrap(), mirror());
    let mut record = json!({"name": "bash", "version": "5.3",
        "config_hash_full": "868845397d188ff1b608a67161a0f48c33fc44e696bf4828059d4b789dc0da61",
        "content_hash_full": "f44b10b1b114dccc83c518c961de2a709ba1e79b7f6d1056b6040baef94428d9",
        "sha256": "db4b4d0d1cb480bf9aeea253771c00febe627f236765fa37d6a5614f079a3aa0", "size": 7, "path": "b/nowhere",
        "signatures": ["139e3940e64b5491 hha3diSBROPqopcaeedRSTWVlTVJNTRoTeatiXV1OvtXr7BNnANuf7H9tN5HjApOx2C3JzmLdvpip9utnyINBQ=="]});
    let key = "release O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=";
    let args = |keys: &[&str]| {
        let mut args = vec!["--mirror".to_owned(), server.address().to_owned()];
        args.extend(keys.iter().flat_map(|key| ["--key".to_owned(), (*key).to_owned()]));
        args
    };
    let code = |record: &Json, keys: &[&str]| {
        let args = args(keys);
        let output = fetch(
            world.path(),
            record,
            &args.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        (output.status.code(), stderr(&output))
    };
    assert_eq!(code(&record, &[key]).0, Some(3));
    assert!(!server.seen().is_empty());
    let asked = server.seen().len();
    let (exit, words) = code(&record, &[key, "-139e3940e64b5491"]);
    assert!(
        exit == Some(4) && words.contains("(none is trusted), found 139e3940e64b5491"),
        "{words}"
    );
    record["size"] = json!(8);
    let (exit, words) = code(&record, &[key]);
    assert!(
        exit == Some(4) && words.contains("the lock record of bash 5.3 does not verify"),
        "{words}"
    );
    record["signatures"] = json!([]);
    assert_eq!(code(&record, &[key]).0, Some(4));
    assert_eq!(server.seen().len(), asked, "nothing is asked for before it is trusted");
}
