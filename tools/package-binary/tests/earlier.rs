//! What `package-binary` takes beyond a build of its own: earlier builds, run-time closures, keys.
#![cfg(unix)]

mod world;

use std::fs;
use std::path::Path;
use std::process::Command;

use binpkg::sidecar::Sidecar;
use serde_json::json;
use testkit::{TestPackage, WORDS};
use world::{World, done, names, refused};

fn with_words() -> World {
    let world = World::new();
    world.report("report.json", &[("root//a:words", world.built(&WORDS))]);
    world
}

#[test]
fn what_an_earlier_build_left() {
    let world = with_words();
    refused(
        &world.run(&["--skip-build", "//a:words"]),
        3,
        "no report of an earlier build at",
    );
    done(&world.run(&["//a:words", "-o", "built"]));
    let builds = |world: &World| world.asked().lines().filter(|line| line.contains(": build ")).count();
    assert_eq!(builds(&world), 1);
    done(&world.run(&["-s", "//a:words", "-o", "left"]));
    assert_eq!(builds(&world), 1);
    assert_eq!(
        names(&world.path("project/folder/built")),
        names(&world.path("project/folder/left"))
    );
    refused(
        &world.run(&["-s", "//a/..."]),
        3,
        "says nothing of root//a:base; build it without --skip-build",
    );
    refused(
        &world.run(&["-s", "//a:words", "--format", "zst"]),
        1,
        "the engine's report has no output for the sub-target zst|tarball; build it without --skip-build",
    );
}

#[test]
fn a_report_that_somebody_asked_the_engine_for() {
    let world = with_words();
    fs::copy(world.path("report.json"), world.path("of-ci.json")).unwrap();
    let report = world.path("of-ci.json");
    done(&world.run(&["-s", "--build-report", report.to_str().unwrap(), "//a:words"]));
    assert_eq!(names(&world.path("project/folder/binaries")).len(), 3);
    fs::write(&report, "{}").unwrap();
    refused(
        &world.run(&["-s", "--build-report", report.to_str().unwrap(), "//a:words"]),
        1,
        "cannot use",
    );
}

#[test]
fn a_tarball_that_changed_since_gets_no_name() {
    let world = with_words();
    fs::write(world.path("project/buck-out/words-1.0-gz/tar"), "something else").unwrap();
    refused(
        &world.run(&["//a:words"]),
        1,
        "is not what its sidecar says: expected the SHA-256",
    );
    assert!(names(&world.path("project/folder/binaries")).is_empty());
}

#[test]
fn with_what_it_needs_at_run_time() {
    let world = World::new();
    let directory = |name: &str| {
        let place = format!("buck-out/files-{name}");
        TestPackage { name, ..WORDS }.make(&world.path("project").join(&place));
        place
    };
    let (base, words, more) = (directory("base"), directory("words"), directory("more"));
    let entry =
        |directories: &[&String]| json!({"success": "SUCCESS", "errors": [], "outputs": {"with-deps": directories}});
    world.report(
        "report.json",
        &[
            ("root//a:more", entry(&[&base, &more])),
            ("root//a:words", entry(&[&base, &words])),
        ],
    );
    let said = done(&world.run(&["//a:words", "--with-deps", "--json"]));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let found: Vec<_> = said
        .as_array()
        .unwrap()
        .iter()
        .map(|package| &package["target"])
        .collect();
    assert_eq!(found, ["//test:base", "//test:more", "//test:words"]);
    assert_eq!(names(&world.path("project/folder/binaries")).len(), 9);
    assert!(world.asked().contains("build root//a:words[with-deps] --build-report"));
}

#[test]
fn signed_at_once() {
    let world = with_words();
    let key = world.path("key.pem");
    fs::write(
        &key,
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    done(&world.run(&["//a:words", "--sign-key", key.to_str().unwrap()]));
    let folder = world.path("project/folder/binaries");
    let sidecar = signed(&folder);
    let trusted = "of-tests O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=".parse().unwrap();
    let statement = sidecar.statement().unwrap();
    assert!(statement.signer(&sidecar.signatures[0], &[trusted]).is_some());
    let checked = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", &format!("{}.sha256", sidecar.file)])
        .current_dir(&folder)
        .status();
    assert!(checked.unwrap().success());

    fs::write(&key, "-----BEGIN PUBLIC KEY-----\n").unwrap();
    refused(
        &world.run(&["//a:words", "--sign-key", key.to_str().unwrap()]),
        1,
        "expected a secret key, found a public one",
    );
}

/// The only sidecar of a folder, with its one signature.
fn signed(folder: &Path) -> Sidecar {
    let files = names(folder);
    let [tarball, _, sidecar] = &files[..] else {
        panic!("expected three files, found {files:?}")
    };
    let sidecar = Sidecar::parse(&fs::read(folder.join(sidecar)).unwrap(), tarball).unwrap();
    assert_eq!(sidecar.signatures.len(), 1);
    sidecar
}
