//! `install-binary lock`, the program itself.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use binpkg::lock::Lock;
use binpkg::sign::{KeyId, SignatureLine, TrustedKey};
use ed25519_dalek::{Signer, SigningKey};
use testkit::{Answer, Server, TestPackage, WORDS};

struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// A project, and a mirror with three packages, two of which the project has.
    fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let source = world.path("source");
        for (name, version) in [("words", "1.0"), ("words", "1.1"), ("base", "7"), ("other", "1")] {
            TestPackage { name, version, ..WORDS }.make(&source);
        }
        world.publish("mirror");
        fs::create_dir_all(world.path("project/below")).unwrap();
        let engine = "#!/bin/sh\necho \"$@\" >>\"$(dirname \"$0\")/asked\"\n\
            echo '[{\"name\": \"w\", \"package_name\": \"words\"}, {\"name\": \"b\", \"package_name\": \"base\"}, {\"name\": \"x\"},\
            {\"package_name\": {\"select\": 1}}]'\n";
        fs::write(world.path("engine"), engine).unwrap();
        fs::set_permissions(world.path("engine"), fs::Permissions::from_mode(0o755)).unwrap();
        world.settings(&world.path("mirror").display().to_string());
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self, mirrors: &str) {
        fs::write(
            self.path("project/.buckconfig"),
            format!("[buckos]\n  binary_mirror = {mirrors}\n"),
        )
        .unwrap();
    }

    fn publish(&self, mirror: &str) {
        let output = Command::new(testkit::program("upload-binaries"))
            .args(["-s", "source", "-m", mirror])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }

    /// Puts the index in one file in place, as mirrors without shards have it.
    fn index(&self, text: impl AsRef<[u8]>) {
        let _ = fs::remove_dir_all(self.path("mirror/index"));
        fs::write(self.path("mirror/index.json"), text).unwrap();
    }

    fn lock(&self, args: &[&str]) -> Output {
        Command::new(testkit::program("install-binary"))
            .arg("lock")
            .args(args)
            .current_dir(self.path("project/below"))
            .env_clear()
            .env("FAWN", self.path("engine"))
            .output()
            .unwrap()
    }

    fn file(&self) -> PathBuf {
        self.path("project/binaries.lock.json")
    }

    fn locked(&self) -> Lock {
        Lock::parse(&fs::read(self.file()).unwrap()).unwrap()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn done(output: &Output) -> String {
    assert_eq!((output.status.code(), stderr(output).as_str()), (Some(0), ""));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output, code: i32, words: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    assert!(
        stderr(output).contains(words),
        "expected `{words}`, found {}",
        stderr(output)
    );
}

fn names(lock: &Lock) -> Vec<String> {
    lock.packages()
        .iter()
        .map(|record| format!("{} {}", record.name, record.version))
        .collect()
}

#[test]
fn the_packages_of_the_project_and_no_others() {
    let world = World::new();
    assert!(done(&world.lock(&[])).ends_with("binaries.lock.json: 3 added, 0 removed, 0 kept\n"));
    let lock = world.locked();
    assert_eq!(names(&lock), ["base 7", "words 1.0", "words 1.1"]);
    assert_eq!(
        (lock.serial, &lock.mirrors),
        (1, &vec![world.path("mirror").display().to_string()])
    );
    assert_eq!(
        fs::read_to_string(world.path("asked")).unwrap(),
        "targets --json //...\n"
    );
    let record = &lock.packages()[0];
    let tarball = fs::read(world.path("mirror").join(&record.path)).unwrap();
    assert_eq!(
        (digest::Sha256::of(&tarball), tarball.len() as u64),
        (record.sha256, record.size)
    );
    assert_eq!(
        digest::Sha256::of(&fs::read(world.path("mirror").join(format!("{}.recipe.json", record.path))).unwrap()),
        record.config_hash_full
    );

    let before = fs::metadata(world.file()).unwrap().modified().unwrap();
    assert!(done(&world.lock(&["--check", "//a/...", "b//:"])).ends_with("0 added, 0 removed, 3 kept\n"));
    assert_eq!(fs::metadata(world.file()).unwrap().modified().unwrap(), before);
    assert!(
        fs::read_to_string(world.path("asked"))
            .unwrap()
            .ends_with("targets --json //a/... b//:\n")
    );
}

#[test]
fn looking_without_writing() {
    let world = World::new();
    assert!(done(&world.lock(&["-n"])).ends_with(": 3 added, 0 removed, 0 kept\n"));
    assert!(!world.file().exists());
    refused(
        &world.lock(&["--check"]),
        1,
        "is not up to date (3 added, 0 removed, 0 kept)",
    );
    done(&world.lock(&["--package", "other", "-o", "../other.json"]));
    assert_eq!(
        names(&Lock::parse(&fs::read(world.path("project/other.json")).unwrap()).unwrap()),
        ["other 1"]
    );
}

/// The second mirror adds what the first one has not; one that is silent takes nothing away.
#[test]
fn several_mirrors() {
    let world = World::new();
    fs::remove_dir_all(world.path("source")).unwrap();
    TestPackage {
        name: "base",
        version: "8",
        format: "zst",
        ..WORDS
    }
    .make(&world.path("source"));
    world.publish("second");
    let both = format!("{}, {}", world.path("mirror").display(), world.path("second").display());
    world.settings(&both);
    done(&world.lock(&[]));
    let all = ["base 7", "base 8", "words 1.0", "words 1.1"];
    assert_eq!(names(&world.locked()), all);
    fs::rename(world.path("second"), world.path("away")).unwrap();
    let output = world.lock(&[]);
    assert!(
        output.status.success()
            && stderr(&output).contains("warning: ")
            && stderr(&output).contains("second cannot be read, and is left out: cannot read index.json: not there")
    );
    assert_eq!(names(&world.locked()), all);
    fs::rename(world.path("mirror"), world.path("away too")).unwrap();
    refused(&world.lock(&[]), 6, "no mirror can be read: ");
    assert_eq!(names(&world.locked()), all);
}

#[test]
fn an_index_that_takes_packages_back_is_refused() {
    let world = World::new();
    let old = fs::read(world.path("mirror/index.json")).unwrap();
    TestPackage {
        name: "base",
        version: "9",
        ..WORDS
    }
    .make(&world.path("source"));
    world.publish("mirror");
    done(&world.lock(&[]));
    assert_eq!(world.locked().serial, 2);
    world.index(&old);
    refused(
        &world.lock(&[]),
        4,
        "index.json was rolled back: expected a serial of at least 2, found 1",
    );
    let text = String::from_utf8(old).unwrap();
    world.index(text.replace("\"serial\": 1", "\"serial\": 9000000"));
    refused(&world.lock(&[]), 4, "jumped from serial 2 to 9000000");
    let expired = text.replace(
        "\"serial\": 1",
        "\"serial\": 3,\n  \"expires\": \"2020-01-01T00:00:00Z\"",
    );
    world.index(expired);
    refused(&world.lock(&[]), 4, "index.json has expired at 2020-01-01T00:00:00Z");
    world.index("{");
    refused(&world.lock(&[]), 4, "the index is not usable");
    assert_eq!(world.locked().serial, 2);
}

/// An index with the seed's keys only: the sidecars say the rest.
#[test]
fn an_index_of_an_older_tool() {
    let world = World::new();
    done(&world.lock(&[]));
    let expected = world.locked();
    let index: serde_json::Value = serde_json::from_slice(&fs::read(world.path("mirror/index.json")).unwrap()).unwrap();
    let keys = ["name", "version", "config_hash", "file_hash", "filename", "size"];
    let packages: Vec<serde_json::Value> = index["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            keys.iter()
                .map(|key| ((*key).to_owned(), record[key].clone()))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
        .collect();
    let seed = serde_json::json!({"total": packages.len(), "packages": packages, "by_name": {}});
    world.index(seed.to_string());
    fs::remove_file(world.file()).unwrap();
    done(&world.lock(&[]));
    assert_eq!(world.locked().packages(), expected.packages());
    let sidecar = world
        .path("mirror")
        .join(format!("{}.sha256", expected.packages()[0].path));
    fs::write(&sidecar, "").unwrap();
    refused(&world.lock(&[]), 4, "found an empty file");
}

/// A mirror with too many packages for one file: its index.json only says where the root is.
#[test]
fn an_index_in_shards_only() {
    let world = World::new();
    done(&world.lock(&[]));
    let expected = world.locked();
    let pointer = "{\"schema\": 2, \"serial\": 1, \"root\": \"index/root.json\"}";
    fs::write(world.path("mirror/index.json"), pointer).unwrap();
    fs::remove_file(world.file()).unwrap();
    done(&world.lock(&["--cache-dir", "cache"]));
    assert_eq!(world.locked(), expected);
    assert!(world.path("project/below/cache/index/shards").is_dir());
}

#[test]
fn over_http() {
    let world = World::new();
    let files = world.path("mirror");
    let server = Server::start(
        move |path, _| match fs::read(files.join(Path::new(path).strip_prefix("/").unwrap())) {
            Ok(bytes) => Answer::Bytes(bytes),
            Err(_) => Answer::Status(404, ""),
        },
    );
    let args = ["-m", server.address()];
    refused(&world.lock(&args), 2, "anybody on the way to http://127.0.0.1:");
    done(&world.lock(&[&args[..], &["--allow-insecure"]].concat()));
    assert_eq!(
        (world.locked().packages().len(), &world.locked().mirrors[0][..]),
        (3, server.address())
    );
}

/// With keys, an index that nobody trusted signed does not count, whatever is in it.
#[test]
fn unsigned_where_signatures_count() {
    let world = World::new();
    let key = "release O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=";
    refused(
        &world.lock(&["--key", key]),
        4,
        "index/root.json is not signed: expected a signature by a trusted key (139e3940e64b5491), found none",
    );
    fs::write(world.path("mirror/index/root.json.sig"), "nonsense\n").unwrap();
    refused(
        &world.lock(&["--key", key]),
        4,
        "the signatures of index/root.json are not usable: expected a signature as",
    );
    refused(
        &world.lock(&["--key", "nonsense"]),
        2,
        "cannot read the keys in nonsense; a key itself is `<name> <base64>`",
    );
    assert!(!world.file().exists());
}

/// The index and one of its packages are signed: that one is taken, with its signature, and the others are left out.
#[test]
fn signed_by_a_trusted_key() {
    let world = World::new();
    let secret = SigningKey::from_bytes(&[7; 32]);
    let key = secret.verifying_key();
    let trusted = TrustedKey {
        name: "test".into(),
        key,
    }
    .to_string();
    done(&world.lock(&[]));
    let signed = world.locked().packages()[0].clone();
    let index = fs::read_to_string(world.path("mirror/index.json")).unwrap();
    let sha256 = format!("\"sha256\":\"{}\",", signed.sha256);
    let line = signed.statement().sign(&secret);
    let index = index.replace(&sha256, &format!("{sha256}\"signatures\":[\"{line}\"],"));
    world.index(&index);
    let line = SignatureLine {
        key_id: KeyId::of(&key),
        signature: secret.sign(format!("binpkg-index/1\n{index}").as_bytes()),
    };
    fs::write(world.path("mirror/index.json.sig"), format!("{line}\n")).unwrap();

    let output = world.lock(&["--key", &trusted]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stderr(&output)
            .matches(" is not signed: expected a signature by a trusted key")
            .count(),
        2
    );
    let lock = world.locked();
    assert_eq!(names(&lock), ["base 7"]);
    assert_eq!(lock.packages()[0].signatures.len(), 1);
    // A revoked key, and a signature of another index.
    let revoked = format!("-{}", KeyId::of(&key));
    refused(
        &world.lock(&["--key", &trusted, "--key", &revoked]),
        4,
        "index.json is signed by a key that was revoked: expected a signature by nobody",
    );
    fs::write(
        world.path("mirror/index.json"),
        index.replace("\"serial\": 1", "\"serial\": 2"),
    )
    .unwrap();
    refused(
        &world.lock(&["--key", &trusted]),
        4,
        "index.json is not what was signed",
    );
}

#[test]
fn what_is_missing_is_said() {
    let world = World::new();
    world.settings("");
    refused(
        &world.lock(&[]),
        2,
        "no mirror: set `[buckos] binary_mirror` in .buckconfig",
    );
    world.settings("user@host:/srv");
    refused(
        &world.lock(&[]),
        2,
        "expected a mirror that builds can read, a directory or a web server, found user@host:/srv",
    );
    world.settings(&world.path("mirror").display().to_string());
    fs::write(world.path("engine"), "#!/bin/sh\necho '[]'\n").unwrap();
    refused(&world.lock(&[]), 3, "no target of //... is a package");
    fs::write(world.path("engine"), "#!/bin/sh\necho words >&2\nexit 3\n").unwrap();
    refused(&world.lock(&[]), 1, "targets ended with exit status: 3");
    fs::write(world.file(), "{}").unwrap();
    refused(&world.lock(&[]), 1, "cannot use ");
}
