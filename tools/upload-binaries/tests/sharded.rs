//! The index in pieces: a root and its shards, beside `index.json`.

mod world;

use std::fs;
use std::path::Path;

use binpkg::index::{Root, Search, Shard, pack, unpack};
use testkit::{TestPackage, WORDS};
use world::{World, done, index, refused, root, stderr, tree, upload};

/// An index as older tools wrote it: so many packages of so many names.
fn seed_index(names: usize, builds: usize) -> String {
    let mut records = Vec::new();
    for name in 0..names {
        for build in 0..builds {
            records.push(format!(
                r#"{{"name":"old{name:05}","version":"1.{build}","config_hash":"0000000a","file_hash":"0000000b",
                "filename":"old{name:05}-1.{build}-0000000a-bin.tar.gz","size":7}}"#
            ));
        }
    }
    let (total, packages) = (records.len(), records.join(","));
    format!(r#"{{"total":{total},"packages":[{packages}],"by_name":{{}}}}"#)
}

fn shard(mirror: &Path, name: &str) -> Shard {
    let name = name.parse().unwrap();
    let sha256 = root(mirror).shards[&name];
    Shard::parse(&fs::read(mirror.join(Shard::path(&sha256))).unwrap(), &name, &sha256).unwrap()
}

fn serial_of(mirror: &Path) -> (u64, u64) {
    let packed = fs::read(mirror.join(Root::PACKED_PATH)).unwrap();
    let packed = Root::parse(&unpack(&packed, Root::LARGEST).unwrap()).unwrap();
    let plain = root(mirror);
    assert_eq!(plain, packed);
    (index(mirror).serial, plain.serial)
}

fn zebra() -> TestPackage<'static> {
    TestPackage { name: "zebra", ..WORDS }
}

#[test]
fn root_and_shards_say_what_the_index_says() {
    let world = World::new();
    world.make("one", WORDS);
    world.make("two", zebra());
    world.make(
        "two",
        TestPackage {
            version: "2.0",
            ..WORDS
        },
    );
    done(&world.publish("one"));
    let old = root(&world.mirror());
    done(&world.publish("two"));
    let (mirror, new) = (world.mirror(), root(&world.mirror()));
    assert_eq!((new.serial, new.total, new.shards.len()), (2, 3, 2));
    let records = [
        shard(&mirror, "words").into_records(),
        shard(&mirror, "zebra").into_records(),
    ]
    .concat();
    assert_eq!(records, index(&mirror).packages());
    for sha256 in old.shards.values() {
        assert!(
            mirror.join(Shard::path(sha256)).is_file(),
            "whoever has the old root can still read it"
        );
    }
    let search = Search::parse(&fs::read(mirror.join(Search::PATH)).unwrap()).unwrap();
    let found: Vec<_> = search
        .entries()
        .map(|entry| format!("{} {}", entry.name, entry.version))
        .collect();
    assert_eq!(found, ["words 2.0", "zebra 1.0"]);
}

/// What is only in the index of an older tool goes into the root, too.
#[test]
fn an_index_without_a_root_is_taken_over() {
    let world = World::new();
    fs::create_dir_all(world.mirror()).unwrap();
    fs::write(world.mirror().join("index.json"), seed_index(2, 2)).unwrap();
    world.make("one", WORDS);
    let said = done(&world.publish("one"));
    assert!(said.ends_with("index    4 -> 5 packages\n"), "{said}");
    assert_eq!(serial_of(&world.mirror()), (1, 1));
    assert_eq!(shard(&world.mirror(), "old00001").records().len(), 2);
    assert_eq!(
        (index(&world.mirror()).packages().len(), root(&world.mirror()).total),
        (5, 5)
    );
}

/// A package that an older tool has published is not published again; another one under its name is refused.
#[test]
fn packages_of_older_tools() {
    let world = World::new();
    let file = world.make("one", WORDS);
    done(&world.publish("one"));
    let (config, content) = {
        let record = index(&world.mirror()).packages()[0].clone();
        (record.config_hash.to_string(), record.file_hash.to_string())
    };
    let size = fs::metadata(world.path().join("one").join(&file)).unwrap().len();
    fs::remove_dir_all(world.mirror().join("index")).unwrap();
    let seed = |content: &str| {
        format!(
            r#"{{"total":1,"packages":[{{"name":"words","version":"1.0","config_hash":"{config}","file_hash":"{content}",
            "filename":"{file}","size":{size}}}],"by_name":{{}}}}"#
        )
    };
    fs::write(world.mirror().join("index.json"), seed("00000000")).unwrap();
    refused(
        &world.publish("one"),
        5,
        "the mirror has another package under this name",
    );
    fs::write(world.mirror().join("index.json"), seed(&content)).unwrap();
    assert!(done(&world.publish("one")).starts_with("present  "));
    assert_eq!(root(&world.mirror()).total, 1);
}

/// Killed between two files of the index: the newer one is right, and the next run brings the others up to it.
#[test]
fn whichever_file_is_newest_counts() {
    let world = World::new();
    let mirror = world.mirror();
    world.make("one", WORDS);
    world.make("two", zebra());
    done(&world.publish("one"));
    let files = ["index.json", Root::PATH, Root::PACKED_PATH];
    let old = files.map(|file| fs::read(mirror.join(file)).unwrap());
    done(&world.publish("two"));
    let after = tree(&mirror);
    for written in 1..3 {
        // Of three files, so many were replaced before the end came.
        for number in written..3 {
            fs::write(mirror.join(files[number]), &old[number]).unwrap();
        }
        let said = done(&world.publish("two"));
        assert!(said.starts_with("present  zebra-1.0-"), "{said}");
        assert!(tree(&mirror) == after, "after {written} files");
    }
    // And a list that somebody lost is written again.
    fs::remove_file(mirror.join("index.json")).unwrap();
    done(&world.publish("one"));
    assert!(tree(&mirror) == after);
    fs::remove_file(mirror.join(Root::PACKED_PATH)).unwrap();
    done(&world.publish("one"));
    assert!(tree(&mirror) == after);
}

/// Above 20,000 packages `index.json` points to the root, and only the shards of the published names are read.
#[test]
fn a_large_mirror() {
    let world = World::new();
    let mirror = world.mirror();
    fs::create_dir_all(&mirror).unwrap();
    fs::write(mirror.join("index.json"), seed_index(100, 201)).unwrap();
    world.make("one", WORDS);
    let said = done(&world.publish("one"));
    assert!(said.ends_with("index    20100 -> 20101 packages\n"), "{said}");
    let pointer = "{\n  \"schema\": 2,\n  \"serial\": 1,\n  \"root\": \"index/root.json\"\n}\n";
    assert_eq!(fs::read_to_string(mirror.join("index.json")).unwrap(), pointer);
    assert_eq!((root(&mirror).serial, root(&mirror).total), (1, 20101));
    assert_eq!(shard(&mirror, "old00099").records().len(), 201);

    // No other shard is asked for.
    let others = mirror.join("index/shards");
    let kept = mirror.join(Shard::path(&root(&mirror).shards[&"words".parse().unwrap()]));
    let bytes = fs::read(&kept).unwrap();
    fs::remove_dir_all(&others).unwrap();
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::write(&kept, bytes).unwrap();
    world.make(
        "two",
        TestPackage {
            version: "2.0",
            ..WORDS
        },
    );
    // Killed after the pointer was written, which says nothing by itself: the serial is used again.
    fs::write(
        mirror.join("index.json"),
        pointer.replace("\"serial\": 1", "\"serial\": 2"),
    )
    .unwrap();
    done(&world.publish("two"));
    assert_eq!((root(&mirror).serial, root(&mirror).total), (2, 20102));
    assert_eq!(shard(&mirror, "words").records().len(), 2);
    let before = tree(&mirror);
    assert!(done(&world.publish("two")).starts_with("present  "));
    assert!(tree(&mirror) == before);
}

#[test]
fn files_of_the_index_that_are_none() {
    let world = World::new();
    let mirror = world.mirror();
    world.make("one", WORDS);
    world.make("two", zebra());
    done(&world.publish("one"));
    let whole = tree(&mirror);
    let newer = fs::read_to_string(mirror.join(Root::PATH))
        .unwrap()
        .replace("\"schema\": 2", "\"schema\": 3");
    for (file, bytes, words) in [
        (
            Root::PATH,
            newer.as_bytes(),
            "has schema 3; reading it takes another tool",
        ),
        (Root::PATH, b"{}", "the root of the index is not usable"),
        (
            Root::PACKED_PATH,
            b"root",
            "index/root.json.gz of the mirror: expected one gzip stream",
        ),
        (
            Root::PACKED_PATH,
            &pack(b"[]").unwrap(),
            "the root of the index is not usable",
        ),
        ("index.json", b"{", "the index of the mirror, index.json"),
    ] {
        let place = mirror.join(file);
        let good = fs::read(&place).unwrap();
        fs::write(&place, bytes).unwrap();
        refused(&world.publish("two"), 1, words);
        fs::write(&place, good).unwrap();
        assert!(tree(&mirror) == whole, "{file} {words}");
    }
    // A shard is needed for its name alone, and only if the list of all records is not there.
    fs::remove_file(mirror.join("index.json")).unwrap();
    let place = mirror.join(Shard::path(&root(&mirror).shards[&"words".parse().unwrap()]));
    fs::write(&place, "shard").unwrap();
    refused(
        &world.publish("one"),
        1,
        "the shard of words does not belong to the root",
    );
    fs::remove_file(&place).unwrap();
    refused(
        &world.publish("one"),
        1,
        "which the root of the index names, is not on the mirror",
    );
    let pointer = "{\"schema\": 2, \"serial\": 1, \"root\": \"index/root.json\"}";
    fs::write(mirror.join("index.json"), pointer).unwrap();
    for file in [Root::PATH, Root::PACKED_PATH] {
        fs::remove_file(mirror.join(file)).unwrap();
    }
    let output = upload(world.path(), &["-s", "one", "-m", "mirror", "-n"]);
    refused(&output, 1, "points to index/root.json, which is not there");
    assert!(stderr(&output).contains("check --fix"));
}
