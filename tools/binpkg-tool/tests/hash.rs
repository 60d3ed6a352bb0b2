//! `binpkg-tool hash`, the program itself, with the vectors of the format.

use std::path::Path;
use std::process::Command;

const BASH: &str = include_str!("../../binpkg/src/recipe/bash.json");
const NCURSES: &str = include_str!("../../binpkg/src/recipe/ncurses.json");
const NCURSES_HASH: &str = "d65188b9c6812ab5d619fee6ce1e0c92133353432d45b93b6a3fa116b3bb236b";
const BASH_HASH: &str = "868845397d188ff1b608a67161a0f48c33fc44e696bf4828059d4b789dc0da61";

/// Exit code, standard output and standard error.
fn hash(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(testkit::program("binpkg-tool"))
        .arg("hash")
        .args(args)
        .current_dir(dir)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn world(files: &[(&str, &str)]) -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(world.path().join(name), text).unwrap();
    }
    world
}

fn done(stdout: &str) -> (Option<i32>, String, String) {
    (Some(0), stdout.to_owned(), String::new())
}

#[test]
fn full_and_short() {
    let world = world(&[("bash.json", BASH), ("ncurses.json", NCURSES)]);
    assert_eq!(hash(world.path(), &["bash.json"]), done(&format!("{BASH_HASH}\n")));
    assert_eq!(hash(world.path(), &["--short", "bash.json"]), done("86884539\n"));
    assert_eq!(
        hash(world.path(), &["ncurses.json"]),
        done(&format!("{NCURSES_HASH}\n"))
    );
}

/// As rules call it: digests come out of files, and the outputs are files.
#[test]
fn references_and_outputs() {
    let recipe = BASH
        .replace(&format!("\"{NCURSES_HASH}\""), r#"{"$text": "ncurses.hash"}"#)
        .replace(
            "\"80a035e094abd7ce0a375c3acabbfce4a5d0b94ec1b5cbd8409af4c25fb7c8d8\"",
            r#"{"$sha256": "one.patch"}"#,
        );
    let hashed = format!("{NCURSES_HASH}\n");
    let world = world(&[
        ("in.json", &recipe),
        ("ncurses.hash", &hashed),
        ("one.patch", "hello\n"),
    ]);
    assert_eq!(
        hash(
            world.path(),
            &["in.json", "--recipe-out", "out.json", "--hash-out", "hash"]
        ),
        done("")
    );
    let written = std::fs::read_to_string(world.path().join("out.json")).unwrap();
    let patched = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
    let expected = BASH.trim_end().replace(
        "80a035e094abd7ce0a375c3acabbfce4a5d0b94ec1b5cbd8409af4c25fb7c8d8",
        patched,
    );
    assert_eq!(written, expected);
    let hashed = std::fs::read_to_string(world.path().join("hash")).unwrap();
    assert_eq!(hash(world.path(), &["out.json"]), done(&hashed));
}

/// A tree as an input counts with names, modes and links, not with times or its own place.
#[test]
fn a_tree_as_an_input() {
    let world = world(&[]);
    let root = world.path();
    let recipe = |tree: &str| {
        let digest = "\"3ac19920cb8667c070fc744cce5bd9df076e12a728bbc8d38ccb5925ce75128a\"";
        std::fs::write(
            root.join("in.json"),
            BASH.replace(digest, &format!(r#"{{"$sha256": "{tree}"}}"#)),
        )
        .unwrap();
        let (code, stdout, stderr) = hash(root, &["in.json"]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        stdout
    };
    for tree in ["one", "two"] {
        std::fs::create_dir_all(root.join(tree).join("src")).unwrap();
        std::fs::write(root.join(tree).join("src/main.c"), "int main() {}\n").unwrap();
    }
    let first = recipe("one");
    assert_eq!(recipe("two"), first);
    std::fs::create_dir(root.join("two/empty")).unwrap();
    assert_ne!(recipe("two"), first);
}

#[test]
fn refused_recipes() {
    let cases = [
        (
            BASH.replace("[\"strip\"]", "null"),
            "in.json",
            "error: cannot use in.json\n  caused by: not JSON of the canonical kind\n  caused by: expected a value, found `null`",
        ),
        (
            BASH.replace("\"use\"", "\"uses\""),
            "in.json",
            "error: cannot hash in.json\n  caused by: the recipe has another shape than `binpkg-recipe/1`\n  caused by: unknown field `uses`",
        ),
        (
            BASH.replace("\"5.3\"", r#"{"$text": "missing"}"#),
            "in.json",
            "error: cannot replace a reference in in.json\n  caused by: cannot read missing\n  caused by: No such file",
        ),
        (
            BASH.replace("\"5.3\"", r#"{"$text": "two.txt"}"#),
            "in.json",
            "caused by: expected one line in two.txt, found 2 line ends",
        ),
        (
            BASH.replace("\"5.3\"", r#"{"$sha256": "missing"}"#),
            "in.json",
            "caused by: cannot look at missing\n  caused by: No such file",
        ),
        (
            BASH.into(),
            "other.json",
            "error: cannot read other.json\n  caused by: No such file",
        ),
    ];
    for (recipe, file, words) in cases {
        let world = world(&[("in.json", &recipe), ("two.txt", "1\n2\n")]);
        let (code, stdout, stderr) = hash(world.path(), &[file, "--recipe-out", "out.json"]);
        assert_eq!((code, stdout.as_str()), (Some(1), ""));
        assert!(
            stderr.starts_with("binpkg-tool: ") && stderr.contains(words),
            "{stderr}"
        );
        assert!(!world.path().join("out.json").exists());
    }
}
