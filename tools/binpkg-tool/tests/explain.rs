//! `binpkg-tool explain`, the program itself.

use std::process::Command;

const BASH: &str = include_str!("../../binpkg/src/recipe/bash.json");
const NCURSES: &str = include_str!("../../binpkg/src/recipe/ncurses.json");

/// Exit code, standard output and standard error, with the recipes of two builds of bash at hand.
fn explain(args: &[&str]) -> (Option<i32>, String, String) {
    let world = tempfile::tempdir().unwrap();
    let ncurses = NCURSES.replace(
        "\"patches\":[]",
        "\"patches\":[\"148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940\"]",
    );
    let hashed = |text: &str| {
        std::fs::write(world.path().join("hashed.json"), text).unwrap();
        let tool = testkit::program("binpkg-tool");
        let output = Command::new(tool)
            .args(["hash", "hashed.json"])
            .current_dir(world.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    let bash = BASH.replace(&hashed(NCURSES), &hashed(&ncurses));
    // The vector of this change.
    assert_eq!(hashed(&bash)[..16], *"fe41737269e356d8");
    let bash = bash.replace("\"ssl\":true", "\"ssl\":false");
    for (name, text) in [
        ("one.json", BASH),
        ("two.json", &bash),
        ("n1.json", NCURSES),
        ("n2.json", &ncurses),
    ] {
        std::fs::write(world.path().join(name), text).unwrap();
    }
    let output = Command::new(testkit::program("binpkg-tool"))
        .arg("explain")
        .args(args)
        .current_dir(world.path())
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_first_real_cause() {
    let expected = "use.ssl: true -> false\n\
        deps.link ncurses.patches.1: none -> 148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940\n";
    let found = explain(&["one.json", "two.json", "--with", "n1.json", "--with", "n2.json"]);
    assert_eq!(found, (Some(0), expected.into(), String::new()));
}

#[test]
fn one_hash_needs_no_words() {
    assert_eq!(
        explain(&["one.json", "one.json"]),
        (Some(0), String::new(), String::new())
    );
}

#[test]
fn a_file_that_is_no_recipe() {
    let (code, stdout, stderr) = explain(&["one.json", "none.json"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(
        stderr.starts_with("binpkg-tool: error: cannot read none.json\n"),
        "{stderr}"
    );
}
