//! `package-binary`, the program itself, with an engine that answers as Buck2 and fawn do. Real engines: `tests/graph`.
#![cfg(unix)]

mod world;

use std::fs;
use std::process::Command;

use serde_json::{Value as Json, json};
use testkit::{TestPackage, WORDS};
use world::{World, done, names, refused, stderr};

#[test]
fn one_target() {
    let world = World::new();
    world.report("report.json", &[("root//a:words", world.built(&WORDS))]);
    let said = done(&world.run(&["//a:words"]));
    let files = names(&world.path("project/folder/binaries"));
    let [tarball, recipe, sidecar] = &files[..] else {
        panic!("expected three files, found {files:?}")
    };
    assert_eq!(
        (recipe, sidecar),
        (&format!("{tarball}.recipe.json"), &format!("{tarball}.sha256"))
    );
    assert!(
        said.starts_with("words 1.0 config ") && said.ends_with(&format!("./binaries/{tarball}\n")),
        "{said}"
    );
    let checked = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", sidecar])
        .current_dir(world.path("project/folder/binaries"))
        .status();
    assert!(checked.unwrap().success());
    assert!(
        world
            .asked()
            .contains("build root//a:words[recipe] root//a:words[tarball] root//a:words[sha256] --build-report")
    );
}

#[test]
fn a_pattern_formats_and_json() {
    let world = World::new();
    let base = TestPackage { name: "base", ..WORDS };
    let mut entries = Vec::new();
    for package in [WORDS, base] {
        let gz = world.built(&package);
        let zst = world.built(&TestPackage {
            format: "zst",
            ..package
        });
        let mut outputs = json!({"recipe": gz["outputs"]["recipe"]});
        for (format, entry) in [("gz", &gz), ("zst", &zst)] {
            for what in ["tarball", "sha256"] {
                outputs[format!("{format}|{what}")] = entry["outputs"][what].clone();
            }
        }
        entries.push(json!({"success": "SUCCESS", "errors": [], "outputs": outputs}));
    }
    world.report(
        "report.json",
        &[
            ("root//a:base", entries[1].clone()),
            ("root//a:words", entries[0].clone()),
        ],
    );
    let said = done(&world.run(&["//a/...", "--format", "both", "-o", "out", "--json", "-j", "7"]));
    let said: Json = serde_json::from_str(&said).unwrap();
    let found: Vec<_> = said
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["target"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("root//a:base", "base"),
            ("root//a:base", "base"),
            ("root//a:words", "words"),
            ("root//a:words", "words")
        ]
    );
    assert_eq!(said[0]["config_hash_full"].as_str().unwrap().len(), 64);
    let files = names(&world.path("project/folder/out"));
    assert_eq!(files.iter().filter(|name| name.ends_with(".tar.zst")).count(), 2);
    assert_eq!(files.len(), 12);
    let asked = world.asked();
    assert!(
        asked.contains("root//a:base[gz][tarball] root//a:base[gz][sha256] root//a:base[zst][tarball]")
            && asked.contains(" -j 7 --build-report"),
        "{asked}"
    );
}

/// Modifiers follow the sub-target, as engines want it.
#[test]
fn modifiers() {
    let world = World::new();
    world.sub_targets(
        "__a_words_linux_musl",
        &fs::read_to_string(world.path("subtargets/__a_words")).unwrap(),
    );
    world.report("report.json", &[("root//a:words", world.built(&WORDS))]);
    done(&world.run(&["//a:words?linux-musl"]));
    assert!(
        world
            .asked()
            .contains("build root//a:words[recipe]?linux-musl root//a:words[tarball]?linux-musl")
    );
}

#[test]
fn what_works_is_packaged_and_what_fails_is_said() {
    let world = World::new();
    let broken = json!({"success": "FAIL", "errors": [{"message_content": "1"}], "outputs": {}});
    world.report(
        "report.json",
        &[("root//a:base", broken), ("root//a:words", world.built(&WORDS))],
    );
    let output = world.run(&["//a/..."]);
    refused(&output, 1, "package-binary: error: root//a:base failed: it broke\n");
    refused(
        &output,
        1,
        "package-binary: error: 1 of 2 targets failed: root//a:base\n",
    );
    assert_eq!(names(&world.path("project/folder/binaries")).len(), 3);
}

/// Two spellings of a version that are one in a file name.
#[test]
fn versions_with_one_file_name() {
    let world = World::new();
    let version = |version| TestPackage { version, ..WORDS };
    world.report("report.json", &[("root//a:words", world.built(&version("1.0-rc1")))]);
    done(&world.run(&["//a:words"]));
    let before = names(&world.path("project/folder/binaries"));
    // The same again is no other spelling.
    done(&world.run(&["//a:words"]));
    world.report("report.json", &[("root//a:words", world.built(&version("1.0_rc1")))]);
    refused(
        &world.run(&["//a:words"]),
        1,
        "./binaries has version 1.0-rc1 of words, which in file names is the same as 1.0_rc1; give one of them another version",
    );
    assert_eq!(names(&world.path("project/folder/binaries")), before);
}

#[test]
fn what_is_no_package() {
    let world = World::new();
    refused(
        &world.run(&["//a:tool"]),
        3,
        "//a:tool is no binary package: it has no sub-target `tarball`. Add one beside it: binary_package(name = \"tool-package\"",
    );
    refused(
        &world.run(&["//empty/..."]),
        3,
        "no target of //empty/... is a binary package",
    );
    let output = world.run(&["//nowhere:x"]);
    refused(&output, 3, "no target matches //nowhere:x\n");
    refused(&output, 3, "audit ended with exit status: 3; its words are above");
    refused(&world.run(&["//a:words"]), 1, "build ended with exit status: 3");
    refused(&world.run(&[]), 2, "TARGET");
    refused(&world.run(&["//a:words", "--upload"]), 2, "--mirror-url");
    assert!(!world.path("project/folder/binaries").exists());
}

#[test]
fn published_at_once() {
    let world = World::new();
    world.report("report.json", &[("root//a:words", world.built(&WORDS))]);
    let output = world.run(&["//a:words", "-u", "-m", "../mirror"]);
    assert!(
        stderr(&output).ends_with("package-binary: 1 published on ../mirror, 0 were there already\n"),
        "{}",
        stderr(&output)
    );
    done(&output);
    let files = names(&world.path("project/mirror"));
    assert_eq!(files, ["index", "index.json", "w"]);
    refused(
        &world.run(&["//a:words", "-u", "-m", "https://example.org"]),
        2,
        "expected a directory, file:// or USER@HOST:/PATH",
    );
}

#[test]
fn why_hashes_differ() {
    let world = World::new();
    let one = WORDS.make(&world.path("one"));
    let two = TestPackage {
        recipe: "\"revision\":1,",
        ..WORDS
    }
    .make(&world.path("two"));
    world.report("report.json", &[("root//a:words", world.built(&WORDS))]);
    let (one, two) = (one.to_str().unwrap(), two.to_str().unwrap());
    assert!(done(&world.run(&["explain", one, two])).starts_with("revision: "));
    assert!(done(&world.run(&["explain", "//a:words", &format!("{two}.recipe.json")])).starts_with("revision: "));
    assert_eq!(done(&world.run(&["explain", "//a:words", one])), "");
}

fn with_manifest(world: &World, mut entry: Json, name: &str, words: &str) -> Json {
    let sha256 = digest::Sha256::of(words.as_bytes());
    let manifest = format!("binpkg-manifest/1\nf 0644 {} {sha256} words\n", words.len());
    fs::write(world.path("project/buck-out").join(name), manifest).unwrap();
    fs::write(
        world.path("project/buck-out/hash"),
        format!("{}\n", digest::Sha256::of(b"recipe")),
    )
    .unwrap();
    entry["outputs"]["manifest"] = json!([format!("buck-out/{name}")]);
    entry["outputs"]["config-hash"] = json!(["buck-out/hash"]);
    entry
}

#[test]
fn two_builds_are_compared() {
    let world = World::new();
    let entry = world.built(&WORDS);
    fs::create_dir_all(world.path("project/target")).unwrap();
    fs::write(world.path("project/target/large"), "").unwrap();
    let first = with_manifest(&world, entry.clone(), "first", "same");
    world.report("report.json", &[("root//a:words", first.clone())]);
    world.report("report-elsewhere.json", &[("root//a:words", first)]);
    let said = done(&world.run(&["reproduce", "//a:words"]));
    assert!(
        said.starts_with("root//a:words is reproducible: content hash "),
        "{said}"
    );
    let asked = world.asked();
    let second = asked
        .lines()
        .find(|line| line.contains("elsewhere/") && line.contains(": build "))
        .unwrap();
    assert!(
        second.contains("/project/folder tr_TR.UTF-8: build ")
            && second.contains(" -c buckos.prefer_binaries=never -j 1 "),
        "{second}"
    );
    assert!(
        asked
            .lines()
            .any(|line| line.contains("elsewhere/") && line.ends_with(": kill"))
    );

    let second = with_manifest(&world, entry, "second", "other words");
    world.report("report-elsewhere.json", &[("root//a:words", second)]);
    let output = world.run(&["reproduce", "//a:words"]);
    refused(
        &output,
        4,
        "//a:words is not reproducible: 1 paths differ between two builds:\n  words: file 0644 of 4 bytes ",
    );
}

#[test]
fn compared_with_what_is_published() {
    let world = World::new();
    let tarball = WORDS.make(&world.path("source"));
    let entry = world.built(&WORDS);
    let made = with_manifest(&world, entry, "first", "same");
    world.report("report.json", &[("root//a:words", made)]);
    let uploaded = Command::new(testkit::program("upload-binaries"))
        .args(["-q", "-s"])
        .arg(world.path("source"))
        .arg("-m")
        .arg(world.path("mirror"))
        .output();
    assert!(uploaded.unwrap().status.success());
    let mirror = world.path("mirror");
    let args = [
        "reproduce",
        "//a:words",
        "--no-second-build",
        "--against",
        mirror.to_str().unwrap(),
    ];
    refused(&world.run(&args), 3, "has no package of the config hash ");
    let sidecar = fs::read_to_string(format!("{}.sha256", tarball.display())).unwrap();
    let hash = sidecar
        .lines()
        .find_map(|line| line.strip_prefix("# Config Hash Full: "))
        .unwrap();
    fs::write(world.path("project/buck-out/hash"), format!("{hash}\n")).unwrap();
    refused(&world.run(&args), 4, "has another content hash: expected ");
    let unpacked = Command::new("tar")
        .arg("-xOf")
        .arg(&tarball)
        .arg("MANIFEST")
        .output()
        .unwrap();
    fs::write(world.path("project/buck-out/first"), unpacked.stdout).unwrap();
    assert!(done(&world.run(&args)).contains("is reproducible"));
}
