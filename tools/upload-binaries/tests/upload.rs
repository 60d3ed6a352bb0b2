//! `upload-binaries`, the program itself, to a directory.

mod world;

use std::fs;
use std::path::{Path, PathBuf};

use binpkg::index::Shard;
use testkit::{TestPackage, WORDS};
use world::{World, done, index, refused, root, stderr, tree, upload};

#[test]
fn to_an_empty_mirror_and_again() {
    let world = World::new();
    let file = world.make("one", WORDS);
    let said = done(&world.publish("one"));
    assert_eq!(said.lines().last(), Some("index    0 -> 1 packages"));
    assert!(said.starts_with(&format!("new      {file} (")));
    let files: Vec<_> = tree(&world.mirror()).into_keys().collect();
    let root = root(&world.mirror());
    let shard = Shard::path(&root.shards[&"words".parse().unwrap()]);
    let expected = [
        "index/root.json".into(),
        "index/root.json.gz".into(),
        "index/search.json.gz".into(),
        shard,
        "index.json".into(),
        "w/SHA256SUMS".into(),
        format!("w/{file}"),
        format!("w/{file}.recipe.json"),
        format!("w/{file}.sha256"),
    ];
    assert_eq!(files, expected.map(PathBuf::from));
    let first = index(&world.mirror());
    let record = &first.packages()[0];
    assert_eq!((first.serial, record.published), (1, 1));
    assert_eq!(record.path.as_deref(), Some(format!("w/{file}").as_str()));
    assert_eq!(record.target.as_ref().unwrap().to_string(), "//test:words");

    let before = tree(&world.mirror());
    assert_eq!(
        done(&world.publish("one")),
        format!("present  {file}\nindex    1 -> 1 packages\n")
    );
    assert_eq!(tree(&world.mirror()), before, "nothing changes");
}

/// Never made up from where the files were put.
#[test]
fn public_addresses_where_they_are_known() {
    let world = World::new();
    let file = world.make("one", WORDS);
    let publish = |more: &[&str]| {
        let args = ["-s", "one", "-m", "mirror"];
        upload(world.path(), &[&args, more].concat())
    };
    let at = ["--public-url", "https://example.org/pkgs/"];
    let dry = done(&publish(&[&at[..], &["-n"]].concat()));
    assert!(!dry.contains("address"), "{dry}");
    let line = format!("address  https://example.org/pkgs/w/{file}");
    assert_eq!(done(&publish(&at)).lines().last(), Some(line.as_str()));
    // What was there before can be read, too.
    assert_eq!(
        done(&publish(&at)),
        format!("present  {file}\nindex    1 -> 1 packages\n{line}\n")
    );
    assert!(!done(&publish(&[])).contains("address"));

    let config = "[buckos]\nbinary_mirror = https://elsewhere.example.org\npublic_mirror = http://example.org/own\n";
    fs::write(world.path().join(".buckconfig"), config).unwrap();
    let found: serde_json::Value = serde_json::from_str(&done(&publish(&["--json"]))).unwrap();
    assert_eq!(
        found["addresses"],
        serde_json::json!([format!("http://example.org/own/w/{file}")])
    );
    let words = "--public-url is for readers: expected http:// or https://, found `host:/srv`";
    refused(&publish(&["--public-url", "host:/srv"]), 2, words);
}

#[test]
fn what_others_published_stays() {
    let world = World::new();
    world.make("one", WORDS);
    world.make(
        "two",
        TestPackage {
            version: "1.1",
            format: "zst",
            ..WORDS
        },
    );
    world.make("two", TestPackage { name: "Alpha", ..WORDS });
    done(&world.publish("one"));
    done(&world.publish("two"));
    let index = index(&world.mirror());
    let names: Vec<_> = index
        .packages()
        .iter()
        .map(|record| format!("{} {} {}", record.name, record.version, record.published))
        .collect();
    assert_eq!(names, ["Alpha 1.0 2", "words 1.0 1", "words 1.1 2"]);
    let sums = fs::read_to_string(world.mirror().join("w/SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 2);
    assert!(world.mirror().join("a").is_dir());
}

/// In its folder `binaries`, where there is one.
#[test]
fn the_place_of_binaries() {
    let world = World::new();
    world.make("one", WORDS);
    fs::create_dir_all(world.mirror().join("binaries")).unwrap();
    done(&world.publish("one"));
    assert_eq!(index(&world.mirror().join("binaries")).packages().len(), 1);
    let url = format!("file://{}", world.mirror().display());
    assert!(done(&upload(world.path(), &["-s", "one", "-m", &url])).starts_with("present  "));
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = World::new();
    let file = world.make("one", WORDS);
    let args = ["-s", "one", "-m", "mirror", "-n"];
    let said = done(&upload(world.path(), &args));
    assert!(
        said.contains(&file) && said.ends_with("index    0 -> 1 packages\n"),
        "{said}"
    );
    assert!(!world.mirror().exists());
    let said = done(&upload(world.path(), &[&args[..], &["--json"]].concat()));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["dry_run"], &said["new"][0]["file"], &said["packages_after"]),
        (&true.into(), &file.into(), &1.into())
    );
}

/// The same recipe with other content: a build that is not reproducible.
#[test]
fn other_content_under_the_same_name_is_refused() {
    let world = World::new();
    let file = world.make("one", WORDS);
    done(&world.publish("one"));
    let before = tree(&world.mirror());
    // Our own tool packs nothing that its recipe does not say, so the record on the mirror is changed.
    let mut index = fs::read_to_string(world.mirror().join("index.json")).unwrap();
    let content = index.split("\"content_hash_full\":\"").nth(1).unwrap()[..64].to_owned();
    index = index.replace(&content, &format!("{}{}", &content[..8], "0".repeat(56)));
    fs::write(world.mirror().join("index.json"), &index).unwrap();
    world.make("one", TestPackage { name: "zebra", ..WORDS });
    let output = world.publish("one");
    refused(
        &output,
        5,
        "the mirror has other content under this name (content hash ",
    );
    refused(&output, 5, "raise `revision`");
    refused(&output, 5, &file);
    fs::write(world.mirror().join("index.json"), &before[Path::new("index.json")]).unwrap();
    assert_eq!(
        tree(&world.mirror()),
        before,
        "the good package was not published, either"
    );
}

/// Two builds of one version whose config hashes begin alike: the second gets a longer name, whoever comes first, and keeps it.
#[test]
fn short_forms_that_are_alike() {
    let world = World::new();
    let build = |recipe| TestPackage { recipe, ..WORDS };
    // Found by trying; a field more in every recipe takes another pair.
    let (one, two) = ("\"revision\":9177,", "\"revision\":32939,");
    let first = world.make("one", build(one));
    let second = world.make("two", build(two));
    assert_eq!(first, second, "their names are equal");
    let hash = |source: &str| {
        let sidecar = fs::read_to_string(world.path().join(source).join(format!("{first}.sha256"))).unwrap();
        sidecar.split("# Config Hash Full: ").nth(1).unwrap()[..64].to_owned()
    };
    let (one, two) = (hash("one"), hash("two"));
    assert!(one[..8] == two[..8] && one[..12] != two[..12]);
    done(&world.publish("one"));
    done(&world.publish("two"));
    let longer = first.replace(&two[..8], &two[..12]);
    let names: Vec<_> = index(&world.mirror())
        .packages()
        .iter()
        .map(|record| (record.filename.clone(), record.config_hash.to_string()))
        .collect();
    let mut expected = [(one.clone(), first.clone(), 8), (two.clone(), longer.clone(), 12)];
    expected.sort();
    let expected = expected.map(|(hash, name, digits)| (name, hash[..digits].to_owned()));
    assert_eq!(names, expected);
    let sidecar = fs::read_to_string(world.mirror().join("w").join(format!("{longer}.sha256"))).unwrap();
    assert!(
        sidecar.contains(&format!("  {longer}\n# Config Hash: {}\n", &two[..12])),
        "{sidecar}"
    );
    assert!(sidecar.contains(&format!("# Config Hash Full: {two}\n")), "{sidecar}");
    // Again, one after the other and both at once: nothing changes.
    let before = tree(&world.mirror());
    for source in ["one", "two", "."] {
        let folder = world.path().join(source);
        let output = upload(
            world.path(),
            &[
                "--source",
                folder.to_str().unwrap(),
                "--mirror",
                world.mirror().to_str().unwrap(),
            ],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(tree(&world.mirror()), before);
    }
    // The index that is made from the files knows the longer name, too.
    done(&upload(world.path(), &["-s", "one", "-m", "mirror", "-i"]));
    assert_eq!(tree(&world.mirror()), before);
}

/// Two spellings of a version that are one in a file name: the second is refused, whether the first is published or beside it.
#[test]
fn versions_with_one_file_name_are_refused() {
    let version = |version| TestPackage { version, ..WORDS };
    let world = World::new();
    let first = world.make("both", version("1.0-rc1"));
    let second = world.make("both", version("1.0_rc1"));
    assert_eq!(first.find("-1.0_rc1-"), second.find("-1.0_rc1-"));
    let words = "has the same form in file names; publish this one under another version";
    refused(&world.publish("both"), 5, words);
    assert!(!world.mirror().join("index.json").exists());
    world.make("one", version("1.0-rc1"));
    done(&world.publish("one"));
    world.make("two", version("1.0_rc1"));
    refused(
        &world.publish("two"),
        5,
        "version 1.0-rc1 has the same form in file names",
    );
    // The same again is no other spelling.
    done(&world.publish("one"));
}

#[test]
fn one_bad_package_stops_all() {
    let world = World::new();
    world.make("one", WORDS);
    let bad = world.make("one", TestPackage { version: "2", ..WORDS });
    let worse = world.make("one", TestPackage { version: "3", ..WORDS });
    let path = |file: &str, suffix: &str| world.path().join("one").join(format!("{file}{suffix}"));
    let mut bytes = fs::read(path(&bad, "")).unwrap();
    bytes[9] ^= 1;
    fs::write(path(&bad, ""), &bytes).unwrap();
    fs::write(path(&worse, ".recipe.json"), "{}").unwrap();
    let output = world.publish("one");
    refused(&output, 4, "nothing was published, because of 2 packages:");
    refused(&output, 4, &format!("{bad} does not verify"));
    refused(&output, 4, &format!("{worse}.recipe.json to have the config hash "));
    assert!(!world.mirror().exists());
    fs::remove_file(path(&bad, ".sha256")).unwrap();
    refused(&world.publish("one"), 4, &format!("cannot read one/{bad}.sha256"));
    // Under another name than its own.
    let third = world.make("two", WORDS);
    let renamed = third.replace("words", "sword");
    for suffix in ["", ".sha256", ".recipe.json"] {
        fs::rename(
            world.path().join("two").join(format!("{third}{suffix}")),
            world.path().join("two").join(format!("{renamed}{suffix}")),
        )
        .unwrap();
    }
    refused(&world.publish("two"), 4, &format!("to be called `{third}`"));
}

#[test]
fn wrong_usage_and_nothing_to_do() {
    let world = World::new();
    fs::create_dir(world.path().join("empty")).unwrap();
    refused(&world.publish("empty"), 3, "no binary package in empty");
    refused(&upload(world.path(), &["-s", "empty"]), 2, "--mirror");
    world.make("one", WORDS);
    for (mirror, words) in [
        (
            "https://example.org",
            "expected a directory, file:// or USER@HOST:/PATH for a mirror to publish to, found https://example.org",
        ),
        (
            "s3://bucket",
            "expected a directory, USER@HOST:/PATH, or an address that begins",
        ),
        ("user@host:srv", "expected an absolute path in USER@HOST:/PATH"),
    ] {
        refused(&upload(world.path(), &["-s", "one", "-m", mirror]), 2, words);
    }
    fs::create_dir(world.mirror()).unwrap();
    fs::write(world.mirror().join("index.json"), "no index").unwrap();
    refused(&world.publish("one"), 1, "the index of the mirror");
    assert_eq!(tree(&world.mirror()).len(), 1);
}

#[test]
fn one_writer_at_a_time() {
    let world = World::new();
    world.make("one", WORDS);
    fs::create_dir(world.mirror()).unwrap();
    fs::write(
        world.mirror().join(".lock"),
        "host elsewhere process 1 since 2 token 3\n",
    )
    .unwrap();
    refused(
        &world.publish("one"),
        7,
        "the mirror is locked by another process (host elsewhere process 1 since 2 token 3",
    );
    let output = upload(world.path(), &["-s", "one", "-m", "mirror", "--break-lock"]);
    assert!(
        output.status.success() && stderr(&output).contains("took over the lock"),
        "{}",
        stderr(&output)
    );
    assert!(!world.mirror().join(".lock").exists());
}

/// What a killed run leaves is no obstacle to the next one.
#[test]
fn an_interrupted_publication_goes_on() {
    let world = World::new();
    let file = world.make("one", WORDS);
    done(&world.publish("one"));
    let before = tree(&world.mirror());
    let forget = || {
        fs::remove_file(world.mirror().join("index.json")).unwrap();
        fs::remove_dir_all(world.mirror().join("index")).unwrap();
    };
    forget();
    fs::remove_file(world.mirror().join(format!("w/{file}.sha256"))).unwrap();
    done(&world.publish("one"));
    assert_eq!(tree(&world.mirror()), before);
    // A leftover with other bytes is named, and stays.
    forget();
    fs::write(world.mirror().join("w").join(&file), "other").unwrap();
    refused(&world.publish("one"), 5, "has other bytes than the one to be published");
    assert!(!world.mirror().join("index.json").exists());
}

#[test]
fn the_index_alone() {
    let world = World::new();
    let file = world.make("one", WORDS);
    world.make("one", TestPackage { version: "2", ..WORDS });
    assert_eq!(
        done(&upload(world.path(), &["-s", "one", "-i"])),
        "one/index.json (2 packages)\n"
    );
    assert_eq!(index(&world.path().join("one")).packages().len(), 2);
    done(&upload(world.path(), &["-s", "one", "-i", "--staging-dir", "staging"]));
    assert_eq!(index(&world.path().join("staging")), index(&world.path().join("one")));
    // That of a mirror is made from its files, and remembers since when they are there.
    done(&world.publish("one"));
    let before = tree(&world.mirror());
    done(&upload(world.path(), &["-s", "one", "-m", "mirror", "-i"]));
    assert_eq!(tree(&world.mirror()), before);
    fs::remove_file(world.mirror().join("w").join(&file)).unwrap();
    done(&upload(world.path(), &["-s", "one", "-m", "mirror", "-i"]));
    let rebuilt = index(&world.mirror());
    assert_eq!(
        (
            rebuilt.packages().len(),
            rebuilt.serial,
            rebuilt.packages()[0].published
        ),
        (1, 2, 1)
    );
}
