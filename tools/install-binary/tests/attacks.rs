//! A mirror in the hands of somebody who means harm: whatever it says is refused with exit code 4, and nothing changes in the root.
#![cfg(unix)]

mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::{TestPackage, WORDS};
use world::World;

fn package(name: &'static str, version: &'static str) -> TestPackage<'static> {
    TestPackage { name, version, ..WORDS }
}

fn upload(world: &World, args: &[&str]) -> String {
    let output = Command::new(testkit::program("upload-binaries"))
        .args(args)
        .current_dir(world.path(""))
        .output()
        .unwrap();
    let said = world.said(&output);
    assert_eq!(said.code, Some(0), "{args:?}: {}", said.stderr);
    said.stdout
}

/// A signed mirror that has been read once: `words` 1.0, and since then 1.1. What it was before is in `old`.
struct Attacked {
    world: World,
    key: String,
}

impl Attacked {
    fn new() -> Self {
        let world = World::new();
        let key = upload(&world, &["keygen", "--out-dir", "keys", "--name", "release"])
            .trim()
            .to_owned();
        let attacked = Self { world, key };
        attacked.publish("one", package("words", "1.0"));
        attacked.world.done(&[
            "words@1.0",
            "-n",
            "--key",
            &attacked.key,
            "-m",
            "../mirror",
            "--root",
            "../root",
        ]);
        copy(&attacked.world.path("mirror"), &attacked.world.path("old"));
        attacked.publish("two", package("words", "1.1"));
        attacked
    }

    fn publish(&self, folder: &str, package: TestPackage<'_>) {
        self.world.make(folder, package);
        upload(
            &self.world,
            &["-s", folder, "-m", "mirror", "--sign-key", "keys/flavor-private.key"],
        );
        upload(
            &self.world,
            &["sign", "mirror", "--sign-key", "keys/flavor-private.key"],
        );
    }

    fn args<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [more, &["--key", &self.key, "-m", "../mirror", "--root", "../root"]].concat()
    }

    /// Installs, with what was kept of the mirror a minute old.
    fn refused(&self, more: &[&str], words: &str) {
        self.forget();
        self.world.refused(&self.args(more), 4, words);
    }

    fn installs(&self, more: &[&str]) {
        self.forget();
        self.world.done(&self.args(more));
    }

    /// Forgets the answers of the mirror, but not the serials that were seen.
    fn forget(&self) {
        let _ = fs::remove_dir_all(self.world.path("home/.cache/buckos-binaries/index"));
    }

    fn mirror(&self, name: &str) -> PathBuf {
        self.world.path("mirror").join(name)
    }

    /// The file of a version on the mirror.
    fn tarball(&self, version: &str) -> PathBuf {
        let start = format!("words-{version}-");
        let found = fs::read_dir(self.mirror("w"))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        found
            .into_iter()
            .find(|path| world::name(path).starts_with(&start) && path.extension().is_some_and(|end| end == "gz"))
            .unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &place),
            false => drop(fs::copy(&path, &place).unwrap()),
        }
    }
}

#[test]
fn what_is_signed_is_installed() {
    let attacked = Attacked::new();
    attacked.installs(&["words@1.1"]);
    let origin = fs::read_to_string(attacked.world.path("root/var/lib/binpkg/installed/words@0/origin.json")).unwrap();
    let origin: serde_json::Value = serde_json::from_str(&origin).unwrap();
    assert_eq!(origin["key"].as_str().unwrap().len(), 16, "{origin}");
    // A file of keys does as well, named by an option or by the project.
    let keys = format!("# ours\n\n{}\n", attacked.key);
    fs::write(attacked.world.path("here/keys.txt"), keys).unwrap();
    let args = ["words@1.0", "-m", "../mirror", "--root", "../root", "-n"];
    attacked.world.done(&[&args[..], &["--key", "keys.txt"]].concat());
    fs::write(
        attacked.world.path("here/.buckconfig"),
        "[buckos]\ntrusted_keys = keys.txt\n",
    )
    .unwrap();
    attacked.world.done(&args);
    // Whoever is not trusted has signed nothing.
    fs::write(
        attacked.world.path("here/keys.txt"),
        "release O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=\n",
    )
    .unwrap();
    attacked.forget();
    attacked.world.refused(
        &args,
        4,
        "is signed by a key that is not trusted: expected a signature by 139e3940e64b5491, found ",
    );
    attacked.world.done(&[&args[..], &["--allow-unsigned"]].concat());
}

#[test]
fn an_index_that_is_rolled_back() {
    let attacked = Attacked::new();
    attacked.installs(&["words@1.1", "-n"]);
    for folder in ["index", "index.json", "index.json.sig"] {
        let place = attacked.mirror(folder);
        match place.is_dir() {
            true => fs::remove_dir_all(&place).unwrap(),
            false => fs::remove_file(&place).unwrap(),
        }
    }
    copy(&attacked.world.path("old"), &attacked.world.path("mirror"));
    attacked.refused(&["words@1.0"], " was rolled back: expected a serial of at least ");
}

#[test]
fn an_index_that_is_frozen() {
    let attacked = Attacked::new();
    // Properly signed, and long ago.
    fs::remove_dir_all(attacked.mirror("index")).unwrap();
    let mut index: serde_json::Value =
        serde_json::from_slice(&fs::read(attacked.mirror("index.json")).unwrap()).unwrap();
    index["expires"] = "2020-01-01T00:00:00Z".into();
    let index = index.to_string();
    let key: binpkg::sign::SecretKey = fs::read_to_string(attacked.world.path("keys/flavor-private.key"))
        .unwrap()
        .parse()
        .unwrap();
    fs::write(
        attacked.mirror("index.json.sig"),
        format!("{}\n", key.sign_index(index.as_bytes())),
    )
    .unwrap();
    fs::write(attacked.mirror("index.json"), index).unwrap();
    attacked.refused(&["words@1.1"], " has expired at ");
    // It may still be looked at.
    attacked.forget();
    let said = attacked.world.run(&attacked.args(&["words", "--list"]));
    assert_eq!(
        (said.code, said.stdout.lines().count()),
        (Some(0), 2),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("warning: ") && said.stderr.contains(" has expired at "),
        "{}",
        said.stderr
    );
}

/// Old shards below a new root: each of its own is signed for, but they do not belong together.
#[test]
fn an_index_that_is_mixed() {
    let attacked = Attacked::new();
    let shards = |folder: &str| {
        let mut found = Vec::new();
        for letter in fs::read_dir(attacked.world.path(folder).join("index/shards")).unwrap() {
            found.extend(
                fs::read_dir(letter.unwrap().path())
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
        found
    };
    let old = fs::read(&shards("old")[0]).unwrap();
    for shard in shards("mirror") {
        fs::write(shard, &old).unwrap();
    }
    attacked.refused(&["words@1.0"], "words");
}

#[test]
fn a_key_that_was_revoked() {
    let attacked = Attacked::new();
    let ids = upload(
        &attacked.world,
        &["sign", "mirror", "--sign-key", "keys/flavor-private.key"],
    );
    drop(ids);
    let signatures = fs::read_to_string(attacked.mirror("index.json.sig")).unwrap();
    let revoked = format!("-{}", signatures.split(' ').next().unwrap());
    attacked.refused(&["words@1.0", "--key", &revoked], "was revoked");
}

/// The mirror's words about the packages are signed, and the bytes are others.
#[test]
fn other_bytes_under_a_signed_name() {
    let attacked = Attacked::new();
    let (one, two) = (attacked.tarball("1.0"), attacked.tarball("1.1"));
    let good = fs::read(&one).unwrap();
    // The package itself under another name; the sidecar goes with it.
    for suffix in ["", ".sha256"] {
        fs::copy(
            format!("{}{suffix}", two.display()),
            format!("{}{suffix}", one.display()),
        )
        .unwrap();
    }
    attacked.refused(&["words@1.0"], "does not match");
    // As long as the right one.
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    fs::write(&one, &flipped).unwrap();
    attacked.refused(&["words@1.0"], "`sha256` does not match");
    let cache = attacked.world.path("home/.cache/buckos-binaries/files");
    assert!(fs::read_dir(&cache).unwrap().count() == 0, "nothing of it is kept");
    fs::write(&one, &good).unwrap();
    attacked.installs(&["words@1.0"]);
}

/// Without keys only checksums count, and a mirror of an older tool has them in its sidecars alone.
struct Old {
    world: World,
    sidecar: PathBuf,
    hash: String,
}

impl Old {
    fn new() -> Self {
        let world = World::new();
        let file = world.make("source", package("words", "1.0"));
        world.make("source", package("words", "1.1"));
        world.publish("source", "mirror");
        let index: serde_json::Value =
            serde_json::from_slice(&fs::read(world.path("mirror/index.json")).unwrap()).unwrap();
        let keys = ["name", "version", "config_hash", "file_hash", "filename", "size"];
        let cut = |record: &serde_json::Value| {
            let pairs = keys.iter().map(|key| ((*key).to_owned(), record[key].clone()));
            serde_json::Value::Object(pairs.collect())
        };
        let packages: Vec<_> = index["packages"].as_array().unwrap().iter().map(cut).collect();
        let index = serde_json::json!({"total": packages.len(), "packages": packages, "by_name": {}});
        fs::write(world.path("mirror/index.json"), index.to_string()).unwrap();
        fs::remove_dir_all(world.path("mirror/index")).unwrap();
        Self {
            sidecar: world.path(&format!("mirror/w/{file}.sha256")),
            hash: file.split('-').nth(2).unwrap().to_owned(),
            world,
        }
    }

    fn args(&self) -> [&str; 7] {
        ["words", "-c", &self.hash, "-m", "../mirror", "--root", "../root"]
    }
}

#[test]
fn a_mirror_of_an_older_tool() {
    let old = Old::new();
    // What it runs on nobody says, so it has to be named.
    let without = ["words@1.0", "-m", "../mirror", "--root", "../root"];
    old.world.refused(
        &without,
        3,
        "the index does not say what it runs on; name it with --config-hash",
    );
    old.world.done(&old.args());
    assert_eq!(old.world.names("root"), ["usr/share/words/words"]);
}

#[test]
fn a_sidecar_that_is_swapped() {
    let old = Old::new();
    let good = fs::read_to_string(&old.sidecar).unwrap();
    let refused = |text: &str, words: &str| {
        fs::write(&old.sidecar, text).unwrap();
        old.world.refused(&old.args(), 4, words);
    };
    let digest = &good[..64];
    refused(&good.replace(digest, &"0".repeat(64)), "`sha256` does not match");
    refused(
        &good.replace("Package: words", "Package: sword"),
        "expected `Package` to be words, as the index says, found sword",
    );
    refused(
        &good.replace("Version: 1.0", "Version: 1.1"),
        "expected `Version` to be 1.0, as the index says, found 1.1",
    );
    refused(
        &good.replace(&format!("Hash: {}", old.hash), "Hash: 00000000"),
        "expected `Config Hash` to be the beginning of",
    );
    refused("", "found an empty file");
    let other = old
        .world
        .names("mirror")
        .into_iter()
        .find(|name| name.contains("words-1.1-") && name.ends_with(".sha256"))
        .unwrap();
    refused(
        &fs::read_to_string(old.world.path("mirror").join(other)).unwrap(),
        "expected the checksum of `words-1.0-",
    );
}
