//! `binpkg-tool lineage`, `choice` and `require`, the program itself: why a published binary is taken, or why none is.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

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

/// Writes `<name>.json`, a recipe in its one spelling, and returns its config hash.
fn recipe(dir: &Path, name: &str, fields: &Json) -> String {
    let mut recipe = json!({"schema": "binpkg-recipe/1", "epoch": 1, "name": "words", "version": "1", "use": {}, "platform": {},
        "toolchain": {"id": "cc", "version": "1", "target": "t", "identity": "i"}, "sources": [], "patches": [], "phases": [],
        "env": {}, "deps": [], "tools": [], "transforms": [], "layout": {"kind": "root", "prefix": "/usr", "libdir": "lib"}});
    for (key, value) in fields.as_object().unwrap() {
        recipe[key] = value.clone();
    }
    let file = format!("{name}.json");
    fs::write(dir.join("in.json"), recipe.to_string()).unwrap();
    done(&tool(
        dir,
        &["hash", "in.json", "--recipe-out", &file, "--hash-out", "hash"],
    ));
    fs::read_to_string(dir.join("hash")).unwrap().trim_end().to_owned()
}

/// Writes the lock record of a recipe.
fn record(dir: &Path, name: &str, version: &str, hash: &str) {
    let record = json!({"name": "words", "version": version, "config_hash_full": hash, "content_hash_full": hash, "sha256": hash,
        "size": 7, "path": format!("w/words-{version}-{}-bin.tar.gz", &hash[..8])});
    fs::write(dir.join(format!("{name}.record")), record.to_string()).unwrap();
}

fn dep(hash: &str) -> Json {
    json!([{"role": "link", "name": "base", "config_hash": hash}])
}

/// A wanted recipe with a dependency, its lineage, and three published binaries: `near`, `far` and `old`.
fn world() -> (tempfile::TempDir, [String; 3]) {
    let world = tempfile::tempdir().unwrap();
    let dir = world.path();
    let base = recipe(dir, "base", &json!({"name": "base"}));
    let other_base = recipe(dir, "other-base", &json!({"name": "base", "use": {"nls": true}}));
    let wanted = recipe(dir, "wanted", &json!({"deps": dep(&base)}));
    let near = recipe(dir, "near", &json!({"deps": dep(&other_base)}));
    let far = recipe(
        dir,
        "far",
        &json!({"deps": dep(&base), "use": {"ssl": true}, "env": {"A": "1"}}),
    );
    for (name, hash) in [("near", &near), ("far", &far), ("hit", &wanted)] {
        record(dir, name, "1", hash);
    }
    record(dir, "old", "0.9", &base);
    done(&tool(
        dir,
        &["lineage", "--recipe", "base.json", "--out", "base.lineage"],
    ));
    done(&tool(
        dir,
        &[
            "lineage",
            "--recipe",
            "wanted.json",
            "--lineage",
            "base.lineage",
            "--out",
            "lineage",
        ],
    ));
    (world, [wanted, near, far])
}

fn choice(dir: &Path, args: &[&str]) -> String {
    let fixed = [
        "choice",
        "--wanted",
        "wanted.json",
        "--lineage",
        "lineage",
        "--out",
        "text",
    ];
    done(&tool(dir, &[&fixed[..], args].concat()));
    fs::read_to_string(dir.join("text")).unwrap()
}

#[test]
fn every_recipe_stands_once_under_its_hash() {
    let (world, [wanted, ..]) = world();
    let lineage: Json = serde_json::from_slice(&fs::read(world.path().join("lineage")).unwrap()).unwrap();
    let hashes: Vec<_> = lineage.as_object().unwrap().keys().collect();
    assert_eq!(hashes.len(), 2);
    assert!(hashes.contains(&&wanted));
    for (hash, recipe) in lineage.as_object().unwrap() {
        let text = fs::read_to_string(
            world
                .path()
                .join(if *hash == wanted { "wanted.json" } else { "base.json" }),
        )
        .unwrap();
        let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            (&digest, &recipe["name"]),
            (hash, &serde_json::from_str::<Json>(&text).unwrap()["name"])
        );
    }
}

#[test]
fn nearest_first_and_down_to_the_cause() {
    let (world, [wanted, near, far]) = world();
    let text = choice(
        world.path(),
        &[
            "--prefer-binaries",
            "if-available",
            "--other",
            "old.record",
            "--candidate",
            "far.record",
            "far.json",
            "--candidate",
            "near.record",
            "near.json",
            "--with",
            "other-base.json",
        ],
    );
    let old = fs::read_to_string(world.path().join("old.record")).unwrap();
    let old: Json = serde_json::from_str(&old).unwrap();
    let old = old["path"].as_str().unwrap().trim_start_matches("w/").to_owned();
    let expected = format!(
        "words 1 has the config hash {wanted}\n\
         no published binary of the lock file has it; built from source\n\
         published: words-1-{}-bin.tar.gz, 1 difference:\n  deps.link base.use.nls: true -> none\n\
         published: words-1-{}-bin.tar.gz, 2 differences:\n  use.ssl: true -> none\n  env.A: 1 -> none\n\
         published: {old}, of version 0.9\n",
        &near[..8],
        &far[..8],
    );
    assert_eq!(text, expected);
}

#[test]
fn what_became_of_a_hit() {
    let (world, [wanted, ..]) = world();
    let hit = ["--candidate", "hit.record", "wanted.json"];
    for (args, words) in [
        (vec!["--prefer-binaries", "if-available"], "taken from the mirror"),
        (vec!["--prefer-binaries", "require"], "taken from the mirror"),
        (
            vec!["--prefer-binaries", "never"],
            "because `prefer_binaries` is `never`",
        ),
        (
            vec!["--prefer-binaries", "require", "--from-source"],
            "because `build_from_source` of the binary mirror names it",
        ),
    ] {
        let text = choice(world.path(), &[&args[..], &hit].concat());
        assert!(text.contains(words), "expected `{words}`, found {text}");
        assert!(
            text.ends_with(&format!("Binary available: words-1-{}-bin.tar.gz\n", &wanted[..8])),
            "{text}"
        );
    }
}

#[test]
fn a_build_that_may_not_build_fails_with_the_explanation() {
    let (world, _) = world();
    let text = choice(world.path(), &["--prefer-binaries", "require"]);
    assert!(text.ends_with("published: nothing of this name\n"));
    let output = tool(world.path(), &["require", "--explanation", "text", "--out", "tree"]);
    assert_eq!(output.status.code(), Some(3));
    let said = stderr(&output);
    assert!(
        said.starts_with("binpkg-tool: error: no published binary for tree: words 1 has the config hash "),
        "{said}"
    );
    assert!(
        said.contains("refresh the lock file with `install-binary lock`") && said.ends_with("nothing of this name\n"),
        "{said}"
    );
    assert!(!world.path().join("tree").exists());
}

#[test]
fn what_is_not_usable() {
    let (world, _) = world();
    let dir = world.path();
    let text = fs::read_to_string(dir.join("lineage")).unwrap();
    fs::write(
        dir.join("lineage"),
        text.replace("\"name\":\"base\"", "\"name\":\"bass\""),
    )
    .unwrap();
    let args = [
        "choice",
        "--wanted",
        "wanted.json",
        "--lineage",
        "lineage",
        "--out",
        "text",
        "--prefer-binaries",
        "never",
    ];
    let output = tool(dir, &args);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("lineage: expected a recipe with the config hash "),
        "{}",
        stderr(&output)
    );
    fs::write(dir.join("lineage"), "[]").unwrap();
    assert!(stderr(&tool(dir, &args)).contains("cannot use lineage"));
    let output = tool(dir, &["lineage", "--recipe", "nowhere", "--out", "x"]);
    assert!(stderr(&output).contains("cannot read nowhere") && !dir.join("x").exists());
}
