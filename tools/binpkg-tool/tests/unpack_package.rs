//! `binpkg-tool unpack-package`, the program itself: the tree of a package that `binpkg-tool pack` made, or nothing.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

fn tool(dir: &Path, args: &[&str]) -> Output {
    Command::new(testkit::program("binpkg-tool"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn done(output: &Output) {
    assert_eq!((output.status.code(), stderr(output).as_str()), (Some(0), ""));
}

/// A folder with a packed tool and its lock record.
fn world() -> tempfile::TempDir {
    world_with(|_| ())
}

/// The same, after a change of what is packed.
fn world_with(change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    let dir = world.path();
    fs::create_dir_all(dir.join("tree/usr/bin")).unwrap();
    fs::write(dir.join("tree/usr/bin/tool"), "#!/bin/sh\n").unwrap();
    symlink("/usr/bin/tool", dir.join("tree/usr/bin/alias")).unwrap();
    change(dir);
    let files = [
        (
            "payload.json",
            json!({"source": "tree", "name": "tool", "kind": "", "place": "", "permissions": [{"path": "usr/bin/tool", "mode": "4711"}]}),
        ),
        (
            "about.json",
            json!({"target": "//tool:tool", "relocatable": false, "prefix_in": [], "runtime_deps": [],
            "platform_libraries": [], "missing_libraries": [], "slot": "0", "license": "", "homepage": "", "description": ""}),
        ),
        (
            "in.json",
            json!({"schema": "binpkg-recipe/1", "kind": "pack", "epoch": 1, "name": "tool", "version": "1", "use": {},
            "platform": {}, "toolchain": {}, "sources": [{"dest": "", "sha256": {"$sha256": "MANIFEST"}, "strip": 0}],
            "patches": [], "phases": [], "env": {}, "deps": [], "tools": [], "transforms": [],
            "permissions": [{"path": "usr/bin/tool", "mode": "4711"}],
            "layout": {"kind": "root", "prefix": "/usr", "libdir": "lib"}}),
        ),
    ];
    for (name, value) in files {
        fs::write(dir.join(name), value.to_string()).unwrap();
    }
    let listed = tool(
        dir,
        &[
            "manifest",
            "--payload",
            "payload.json",
            "--out",
            "MANIFEST",
            "--kind-out",
            "kind",
        ],
    );
    assert_eq!(listed.status.code(), Some(0), "{}", stderr(&listed));
    done(&tool(
        dir,
        &["hash", "in.json", "--recipe-out", "recipe.json", "--hash-out", "hash"],
    ));
    let pack = [
        "pack",
        "--payload",
        "payload.json",
        "--recipe",
        "recipe.json",
        "--about",
        "about.json",
        "--tarball",
        "tarball",
    ];
    done(&tool(
        dir,
        &[
            &pack[..],
            &[
                "--sidecar",
                "sidecar",
                "--manifest",
                "manifest",
                "--metadata",
                "metadata",
            ],
        ]
        .concat(),
    ));
    let sidecar = fs::read_to_string(dir.join("sidecar")).unwrap();
    let metadata: Json = serde_json::from_str(&fs::read_to_string(dir.join("metadata")).unwrap()).unwrap();
    let record = json!({"name": "tool", "version": "1", "config_hash_full": metadata["config_hash_full"],
        "content_hash_full": metadata["content_hash_full"], "sha256": sidecar[..64],
        "size": fs::metadata(dir.join("tarball")).unwrap().len(), "path": "t/tool.tar.gz"});
    fs::write(dir.join("record.json"), record.to_string()).unwrap();
    world
}

const UNPACK: [&str; 6] = ["unpack-package", "tarball", "--record", "record.json", "--out", "out"];

/// The tree that was packed comes out; of its modes, what a store keeps.
#[test]
fn what_was_packed_comes_out() {
    let world = world();
    let dir = world.path();
    done(&tool(
        dir,
        &[&UNPACK[..], &["--manifest", "listed", "--metadata", "described"]].concat(),
    ));
    assert_eq!(
        fs::read(dir.join("listed")).unwrap(),
        fs::read(dir.join("MANIFEST")).unwrap()
    );
    assert_eq!(
        fs::read(dir.join("described")).unwrap(),
        fs::read(dir.join("metadata")).unwrap()
    );
    assert_eq!(
        fs::read_link(dir.join("out/usr/bin/alias")).unwrap(),
        Path::new("/usr/bin/tool")
    );
    let payload = json!({"source": "out", "name": "tool", "kind": "", "place": "", "permissions": [{"path": "usr/bin/tool", "mode": "4711"}]});
    fs::write(dir.join("again.json"), payload.to_string()).unwrap();
    done(&tool(
        dir,
        &[
            "manifest",
            "--payload",
            "again.json",
            "--out",
            "again",
            "--kind-out",
            "kind",
        ],
    ));
    assert_eq!(
        fs::read(dir.join("again")).unwrap(),
        fs::read(dir.join("MANIFEST")).unwrap()
    );
}

/// What is changed in the record, how, and what is said then.
type Case = (&'static str, fn(&mut Json, &str), &'static str);

#[test]
fn every_field_of_the_record_counts() {
    let zeros = "0".repeat(64);
    let cases: [Case; 6] = [
        (
            "size",
            |r, _| r["size"] = json!(r["size"].as_u64().unwrap() + 1),
            "`size`: expected ",
        ),
        (
            "sha256",
            |r, zeros| r["sha256"] = json!(zeros),
            "`sha256`: expected 0000",
        ),
        (
            "name",
            |r, _| r["name"] = json!("other"),
            "`name`: expected other, found tool",
        ),
        (
            "version",
            |r, _| r["version"] = json!("2"),
            "`version`: expected 2, found 1",
        ),
        (
            "config hash",
            |r, zeros| r["config_hash_full"] = json!(zeros),
            "`config_hash_full`: expected 0000",
        ),
        (
            "content hash",
            |r, zeros| r["content_hash_full"] = json!(zeros),
            "`content_hash_full`: expected 0000",
        ),
    ];
    let world = world();
    let dir = world.path();
    let record = fs::read_to_string(dir.join("record.json")).unwrap();
    for (what, change, words) in cases {
        let mut json: Json = serde_json::from_str(&record).unwrap();
        change(&mut json, &zeros);
        fs::write(dir.join("record.json"), json.to_string()).unwrap();
        let output = tool(dir, &UNPACK);
        assert_eq!(output.status.code(), Some(4), "{what}");
        let said = stderr(&output);
        assert!(
            said.starts_with("binpkg-tool: error: tarball is not ") && said.contains(words),
            "{what}: {said}"
        );
        assert!(!dir.join("out").exists());
    }
}

/// A name from elsewhere whose version has a hyphen reads as another package; what counts is in the package.
#[test]
fn a_foreign_file_name_says_nothing() {
    let world = world();
    let dir = world.path();
    let name = "tool-1-2-86884539-bin.tar.gz";
    let read: binpkg::names::FileName = name.parse().unwrap();
    assert_eq!((read.name().as_str(), read.version().as_str()), ("tool-1", "2"));
    fs::rename(dir.join("tarball"), dir.join(name)).unwrap();
    let unpack = [&["unpack-package", name], &UNPACK[2..]].concat();
    // As its name has it: there is no such package.
    let good = fs::read_to_string(dir.join("record.json")).unwrap();
    let mut record: Json = serde_json::from_str(&good).unwrap();
    (record["name"], record["version"]) = (json!("tool-1"), json!("2"));
    fs::write(dir.join("record.json"), record.to_string()).unwrap();
    let output = tool(dir, &unpack);
    assert_eq!(output.status.code(), Some(4));
    assert!(
        stderr(&output).contains("`name`: expected tool-1, found tool\n"),
        "{}",
        stderr(&output)
    );
    // As its metadata have it.
    fs::write(dir.join("record.json"), good).unwrap();
    done(&tool(dir, &unpack));
    assert!(dir.join("out/usr/bin/tool").exists());
}

/// Two names that are one where letter case does not count: told where it does.
#[test]
fn names_that_differ_only_in_case() {
    let world = world_with(|dir| fs::write(dir.join("tree/usr/bin/Tool"), "").unwrap());
    let output = tool(world.path(), &UNPACK);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        stderr(&output),
        "binpkg-tool: warning: `usr/bin/Tool` and `usr/bin/tool` are one file where letter case does not count\n"
    );
}

#[test]
fn a_truncated_tarball_leaves_nothing() {
    let world = world();
    let dir = world.path();
    let bytes = fs::read(dir.join("tarball")).unwrap();
    fs::write(dir.join("tarball"), &bytes[..bytes.len() - 1]).unwrap();
    let before = fs::read_dir(dir).unwrap().count();
    let output = tool(dir, &UNPACK);
    assert_eq!(output.status.code(), Some(4));
    let expected = format!(
        "binpkg-tool: error: tarball is not tool 1 of the lock file\n  caused by: `size`: expected {} bytes, found {}\n",
        bytes.len(),
        bytes.len() - 1
    );
    assert_eq!(stderr(&output), expected);
    assert_eq!(fs::read_dir(dir).unwrap().count(), before);
}
