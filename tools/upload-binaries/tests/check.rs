//! `upload-binaries check`: the index against the files, both ways.

mod world;

use std::fs;
use std::path::{Path, PathBuf};

use binpkg::index::{Root, Shard};
use testkit::{TestPackage, WORDS};
use world::{World, done, index, refused, root, stdout, tree, upload};

struct Mirror {
    world: World,
    file: String,
}

impl Mirror {
    fn new() -> Self {
        let world = World::new();
        let file = world.make("one", WORDS);
        world.make("one", TestPackage { name: "zebra", ..WORDS });
        done(&world.publish("one"));
        Self { world, file }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.world.mirror().join(path)
    }

    fn check(&self, args: &[&str]) -> std::process::Output {
        upload(self.world.path(), &[&["check", "mirror"], args].concat())
    }
}

/// A damage, what is said about it, whether only `--full` sees it, and whether `--fix` is enough.
type Damage = (fn(&Mirror), &'static str, bool, bool);

#[test]
fn each_kind_of_damage() {
    let damages: &[Damage] = &[
        (
            |m| fs::remove_file(m.path(&format!("w/{}", m.file))).unwrap(),
            "it is in the index, but not on the mirror",
            false,
            false,
        ),
        (
            |m| append(&m.path(&format!("w/{}", m.file))),
            " bytes, found ",
            false,
            false,
        ),
        (
            |m| flip(&m.path(&format!("w/{}", m.file))),
            "`sha256` does not match (expected ",
            true,
            false,
        ),
        (
            |m| append(&m.path(&format!("w/{}.recipe.json", m.file))),
            "`sha256` does not match (expected ",
            true,
            false,
        ),
        (
            |m| fs::remove_file(m.path(&format!("w/{}.sha256", m.file))).unwrap(),
            "it has no sidecar",
            false,
            false,
        ),
        (
            |m| fs::write(m.path(&format!("w/{}.sha256", m.file)), "x\n").unwrap(),
            "sidecar line 1: expected",
            false,
            false,
        ),
        (
            |m| {
                fs::remove_file(m.path("index.json")).unwrap();
                fs::remove_dir_all(m.path("index")).unwrap();
            },
            "it is on the mirror, but not in the index",
            false,
            true,
        ),
        (
            |m| {
                fs::remove_file(m.path(&format!("w/{}", m.file))).unwrap();
                fs::remove_file(m.path("index.json")).unwrap();
                fs::remove_dir_all(m.path("index")).unwrap();
            },
            "its tarball is not there",
            false,
            false,
        ),
        (
            |m| fs::write(m.path("index.json"), "{").unwrap(),
            "the index of the mirror, index.json: ",
            false,
            true,
        ),
        (
            |m| fs::write(m.path(Root::PATH), "{}").unwrap(),
            "the root of the index is not usable: missing field",
            false,
            true,
        ),
        (
            |m| fs::remove_file(m.path(Root::PACKED_PATH)).unwrap(),
            "are not of one serial",
            false,
            true,
        ),
        (
            |m| fs::remove_file(shard(m)).unwrap(),
            "which the root of the index names, is not on the mirror",
            false,
            true,
        ),
        (
            |m| fs::write(shard(m), "shard").unwrap(),
            "the shard of words does not belong to the root",
            false,
            true,
        ),
        (
            |m| {
                let text = fs::read_to_string(m.path("index.json")).unwrap();
                fs::write(m.path("index.json"), text.replace("//test:words", "//test:sword")).unwrap();
            },
            "it does not say what the shards say (2 packages there, 2 here)",
            false,
            true,
        ),
        (
            |m| append(&m.path("w/SHA256SUMS")),
            "it does not have the checksums of the index",
            false,
            true,
        ),
    ];
    for (damage, words, full, fixed) in damages {
        let mirror = Mirror::new();
        assert_eq!(done(&mirror.check(&["--full"])), "");
        damage(&mirror);
        if *full {
            assert_eq!(done(&mirror.check(&[])), "", "{words}");
        }
        let output = mirror.check(&["--full"]);
        refused(&output, 4, "; --fix makes the index again from the files");
        assert!(stdout(&output).contains(words), "{words}: {}", stdout(&output));
        let output = mirror.check(&["--full", "--fix"]);
        assert_eq!(output.status.success(), *fixed, "{words}: {}", stdout(&output));
        let output = mirror.check(&["--full"]);
        assert_eq!(output.status.success(), *fixed, "{words}: {}", stdout(&output));
    }
}

fn shard(mirror: &Mirror) -> PathBuf {
    let sha256 = root(&mirror.world.mirror()).shards[&"words".parse().unwrap()];
    mirror.path(&Shard::path(&sha256))
}

fn append(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.push(b'\n');
    fs::write(path, bytes).unwrap();
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// What is made again is what was there; only since when, nobody knows any more.
#[test]
fn the_index_made_again_equals_the_index() {
    let mirror = Mirror::new();
    let before = tree(&mirror.world.mirror());
    fs::remove_file(mirror.path("index.json")).unwrap();
    fs::remove_dir_all(mirror.path("index")).unwrap();
    done(&mirror.check(&["--fix"]));
    assert!(tree(&mirror.world.mirror()) == before);
    // A mirror without faults is left alone.
    done(&mirror.check(&["--fix", "--full"]));
    assert!(tree(&mirror.world.mirror()) == before);
    assert_eq!(done(&mirror.check(&["--json"])), "{\"ok\":true,\"findings\":[]}\n");
    assert_eq!(index(&mirror.world.mirror()).serial, 1);
}

#[test]
fn an_expired_index_is_a_fault() {
    let mirror = Mirror::new();
    for (file, key) in [("index.json", "  \"total\""), (Root::PATH, "  \"total\"")] {
        let text = fs::read_to_string(mirror.path(file)).unwrap();
        let expires = format!("  \"expires\": \"2020-01-01T00:00:00Z\",\n{key}");
        fs::write(mirror.path(file), text.replacen(key, &expires, 1)).unwrap();
    }
    fs::remove_file(mirror.path(Root::PACKED_PATH)).unwrap();
    let output = mirror.check(&[]);
    refused(&output, 4, "mirror has 2 faults");
    assert!(
        stdout(&output).contains("it has expired at 2020-01-01T00:00:00Z; sign it again"),
        "{}",
        stdout(&output)
    );
}

/// A mistyped address makes no mirror.
#[test]
fn where_nothing_was_published() {
    let mirror = Mirror::new();
    let key = "keys/flavor-private.key";
    done(&upload(mirror.world.path(), &["keygen"]));
    for args in [
        &["check", "miror"][..],
        &["check", "miror", "--fix"],
        &["sign", "miror", "--sign-key", key],
        &["refresh", "miror", "--sign-key", key],
        &["-s", "one", "-i", "-m", "miror"],
    ] {
        let output = upload(mirror.world.path(), args);
        refused(&output, 3, "nothing was ever published at miror");
        assert!(!mirror.world.path().join("miror").exists());
    }
}
