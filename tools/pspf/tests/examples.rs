//! Every example is built and its package looked at.

#![allow(dead_code, reason = "the examples' own main functions are not called")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pspf::{PackageFile, extract_slot};
use serde_json::Value;
use tempfile::TempDir;

#[path = "../examples/batch.rs"]
mod batch;
#[path = "../examples/ci_metadata.rs"]
mod ci_metadata;
#[path = "../examples/custom_metadata.rs"]
mod custom_metadata;
#[path = "../examples/error_handling.rs"]
mod error_handling;
#[path = "../examples/incremental.rs"]
mod incremental;
#[path = "../examples/operation_chain.rs"]
mod operation_chain;
#[path = "../examples/platform_choice.rs"]
mod platform_choice;
#[path = "../examples/several_slots.rs"]
mod several_slots;
#[path = "../examples/signing.rs"]
mod signing;
#[path = "../examples/simple.rs"]
mod simple;
#[path = "../examples/surroundings.rs"]
mod surroundings;

/// A folder with some files in it.
fn world(files: &[(&str, &str)]) -> TempDir {
    let world = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = world.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    world
}

/// The metadata of a package that verifies.
fn metadata(path: &Path) -> Value {
    let file = PackageFile::open(path).unwrap();
    let report = file.verify().unwrap();
    assert!(report.is_ok() && report.sealed, "{report:?}");
    serde_json::from_slice(file.package().unwrap().metadata_json()).unwrap()
}

#[test]
fn simple_package() {
    let world = world(&[("app/bin/myapp", "program"), ("launcher", "#!/bin/sh\n")]);
    let out = world.path().join("out.psp");
    simple::build(&world.path().join("app"), &world.path().join("launcher"), &out).unwrap();
    assert_eq!(metadata(&out)["execution"]["command"], "\"{workenv}/bin/myapp\"");
    let tree = world.path().join("tree");
    extract_slot(&PackageFile::open(&out).unwrap(), "application", &tree).unwrap();
    assert_eq!(fs::read_to_string(tree.join("bin/myapp")).unwrap(), "program");
}

#[test]
fn operation_chains() {
    let world = world(&[("data/x", &"text ".repeat(10_000))]);
    let (gz, zst) = (world.path().join("gz.psp"), world.path().join("zst.psp"));
    operation_chain::build(&world.path().join("data"), &gz, &zst).unwrap();
    assert_eq!(metadata(&gz)["slots"][0]["operations"], "tgz");
    assert_eq!(metadata(&zst)["slots"][0]["operations"], "tar.zst");
    assert_eq!(metadata(&zst)["profile"], "buckpack");
}

#[test]
fn several_slots_with_purposes() {
    let world = world(&[
        ("runtime/lib/r", "r"),
        ("app.sh", "#!/bin/sh\n"),
        ("resources/icon", "i"),
    ]);
    let out = world.path().join("out.psp");
    several_slots::build(world.path(), &out).unwrap();
    let slots = metadata(&out)["slots"].clone();
    let field = |name: &str| [0, 1, 2].map(|slot| slots[slot][name].as_str().unwrap_or_default().to_owned());
    assert_eq!(field("purpose"), ["runtime", "code", "media"]);
    assert_eq!(field("lifecycle"), ["runtime", "startup", "runtime"]);
    assert_eq!(field("target"), ["{workenv}", "bin/app", "{workenv}"]);
    let tree = world.path().join("tree");
    extract_slot(&PackageFile::open(&out).unwrap(), "resources", &tree).unwrap();
    assert!(tree.join("share/app/icon").is_file());
}

#[test]
fn metadata_of_ones_own() {
    let world = world(&[]);
    let out = world.path().join("out.psp");
    custom_metadata::build(&out).unwrap();
    let metadata = metadata(&out);
    assert_eq!(metadata["custom"]["license"], "MIT");
    assert_eq!(
        (&metadata["build"]["builder"], &metadata["build"]["tool"]),
        (&"custom-builder".into(), &"buckpack".into())
    );
    assert_eq!(metadata["package"]["description"], "My custom application");
}

#[test]
fn signing_with_files() {
    let key = pspf::PrivateKey::from_seed("release");
    let world = world(&[
        ("keys/flavor-private.key", &key.to_pem()),
        ("keys/flavor-public.key", &key.public().to_pem().unwrap()),
    ]);
    let (built, released) = (world.path().join("built.psp"), world.path().join("released.psp"));
    signing::build_and_release(&world.path().join("keys"), &built, &released).unwrap();
    assert_eq!(metadata(&built)["signing"]["key"], "seed");
    assert_eq!(metadata(&released)["signing"]["key"], "file");
}

#[test]
fn platforms() {
    let world = world(&[]);
    let launcher = |name: &str, machine: u8| -> PathBuf {
        let mut elf = vec![0; 64];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        elf[18] = machine;
        fs::write(world.path().join(name), elf).unwrap();
        world.path().join(name)
    };
    let mut launchers = BTreeMap::from([("linux_amd64", launcher("a", 62)), ("linux_arm64", launcher("b", 183))]);
    assert_eq!(platform_choice::build(&launchers, world.path()).unwrap().len(), 2);
    assert_eq!(
        metadata(&world.path().join("myapp-linux_arm64.psp"))["build"]["platform"]["arch"],
        "arm64"
    );
    launchers.insert("darwin_arm64", launcher("c", 62));
    let error = platform_choice::build(&launchers, world.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the launcher is for another platform (expected `darwin_arm64`, found `linux_amd64`)"
    );
}

#[test]
fn errors_tell_a_story() {
    let world = world(&[]);
    let missing = world.path().join("missing");
    let lines = error_handling::build(&missing, &world.path().join("out.psp")).unwrap_err();
    assert_eq!(
        lines,
        [
            "slot `data`".to_owned(),
            format!("caused by: cannot open {}", missing.display()),
            "caused by: No such file or directory (os error 2)".to_owned(),
            "advice: make what slot `data` needs first".to_owned(),
        ]
    );
}

#[test]
fn batches() {
    let world = world(&[]);
    let names: Vec<String> = (0..8).map(|number| format!("app{number}")).collect();
    let configs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    for (written, name) in batch::build_all(&configs, world.path()).into_iter().zip(&names) {
        assert_eq!(metadata(&written.unwrap().path)["package"]["name"], name.as_str());
    }
}

#[test]
fn continuous_integration() {
    let world = world(&[]);
    let variable = |name: &str| match name {
        "CI_PROJECT_NAME" => Some("app".to_owned()),
        "CI_COMMIT_SHA" => Some("0123abcd".to_owned()),
        "SOURCE_DATE_EPOCH" => Some("86400".to_owned()),
        _ => None,
    };
    let out = ci_metadata::build(variable, world.path()).unwrap();
    assert_eq!(out.file_name().unwrap(), "app-dev.psp");
    let build = metadata(&out)["build"].clone();
    assert_eq!(
        (&build["commit"], &build["pipeline_id"]),
        (&"0123abcd".into(), &Value::Null)
    );
    assert_eq!(build["timestamp"], "1970-01-02T00:00:00Z");
    let file = PackageFile::open(&out).unwrap();
    assert_eq!(file.package().unwrap().index().build_timestamp.get(), 86400);
}

#[test]
fn incremental_builds() {
    let world = world(&[("parts/a/x", "one"), ("parts/b/x", "two")]);
    let (parts, cache) = (world.path().join("parts"), world.path().join("cache"));
    let build = |name: &str| {
        let out = world.path().join(name);
        incremental::build(&parts, &cache, &out).unwrap();
        metadata(&out);
        fs::read(out).unwrap()
    };
    let names = || {
        let mut names: Vec<_> = fs::read_dir(&cache)
            .unwrap()
            .map(|item| item.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    let first = build("1.psp");
    let entries = names();
    assert_eq!(entries.len(), 4);
    assert!(build("2.psp") == first && names() == entries);
    fs::write(parts.join("b/x"), "three").unwrap();
    assert!(build("3.psp") != first && names().len() == 6);

    // A damaged entry is made again.
    fs::write(parts.join("b/x"), "two").unwrap();
    for name in &entries {
        if name.to_string_lossy().ends_with(".slot") {
            fs::write(cache.join(name), "damaged").unwrap();
        }
    }
    assert!(build("4.psp") == first && names().len() == 6);
}

#[test]
fn everything_around_the_program() {
    let world = world(&[]);
    let out = world.path().join("out.psp");
    surroundings::build(&out).unwrap();
    let metadata = metadata(&out);
    assert_eq!(metadata["workenv"]["directories"][0]["path"], "{workenv}/var/run");
    assert_eq!(
        metadata["policy"].to_string(),
        r#"{"platforms":[],"refuse_root":true,"require_env":["HOME"]}"#
    );
    assert_eq!(metadata["runtime"]["env"]["map"]["APP_TOKEN"], "TOKEN");
    assert_eq!(metadata["setup_commands"][1]["type"], "write_file");
}
