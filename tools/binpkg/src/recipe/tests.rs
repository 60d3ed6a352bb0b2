use proptest::prelude::*;

use super::*;
use serde_json::{Value as Json, json};

/// The recipes of section 7.5, canonical, with a line end.
const NCURSES: &str = include_str!("ncurses.json");
const BASH: &str = include_str!("bash.json");

const NCURSES_HASH: &str = "d65188b9c6812ab5d619fee6ce1e0c92133353432d45b93b6a3fa116b3bb236b";
const BASH_HASH: &str = "868845397d188ff1b608a67161a0f48c33fc44e696bf4828059d4b789dc0da61";

/// What is changed, or what is said about it, and the change.
type Change = (&'static str, fn(&mut Json));

fn hash(text: &str) -> String {
    Recipe::parse(text).unwrap().config_hash().unwrap().hex()
}

/// The hash of the bash recipe after a change.
fn changed(change: impl FnOnce(&mut Json)) -> String {
    let mut recipe = serde_json::from_str(BASH).unwrap();
    change(&mut recipe);
    hash(&recipe.to_string())
}

/// What is said about the bash recipe after a change, with the causes.
fn refused(change: impl FnOnce(&mut Json)) -> String {
    let mut recipe = serde_json::from_str(BASH).unwrap();
    change(&mut recipe);
    let error = Recipe::parse(&recipe.to_string()).unwrap_err();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[test]
fn vectors() {
    assert_eq!(hash(NCURSES), NCURSES_HASH);
    assert_eq!(hash(BASH), BASH_HASH);
    assert_eq!(Recipe::parse(BASH).unwrap().canonical().unwrap(), BASH.trim_end());
}

#[test]
fn vectors_of_changes() {
    for (expected, found) in [
        ("868845397d188ff1", {
            let recipe: Json = serde_json::from_str(BASH).unwrap();
            let fields = recipe.as_object().unwrap();
            let shuffled: Vec<_> = fields
                .iter()
                .rev()
                .map(|(key, value)| format!("{key:?}: {value}"))
                .collect();
            hash(&format!("{{\n{}\n}}", shuffled.join(",\n")))
        }),
        ("f49aaba28cf3a8aa", changed(|r| r["use"]["ssl"] = json!(false))),
        (
            "11f9d88d9fe51c52",
            changed(|r| r["patches"].as_array_mut().unwrap().reverse()),
        ),
        ("fe41737269e356d8", {
            let mut ncurses: Json = serde_json::from_str(NCURSES).unwrap();
            ncurses["patches"] = json!([Sha256::of(b"p")]);
            changed(|r| r["deps"][0]["config_hash"] = json!(hash(&ncurses.to_string())))
        }),
        ("b8f10e2c58a61c07", changed(|r| r["transforms"] = json!([]))),
        ("247dcb73fe5d8a7f", changed(|r| r["platform"]["level"] = json!("v3"))),
    ] {
        assert_eq!(found[..16], *expected);
    }
}

/// Every item of the first list of section 7.4 that stands in a recipe changes the hash, each to another one.
#[test]
fn sensitive_to() {
    let changes: &[Change] = &[
        ("a declared flag", |r| r["use"]["nls"] = json!(true)),
        ("toolchain version", |r| r["toolchain"]["version"] = json!("14.2.1")),
        ("toolchain archive", |r| r["toolchain"]["identity"] = json!("0")),
        ("default flags", |r| r["toolchain"]["flags"] = json!(["-O2"])),
        ("one byte of a source", |r| {
            r["sources"][0]["sha256"] = json!(Sha256::of(b"s"))
        }),
        ("one byte of a patch", |r| r["patches"][1] = json!(Sha256::of(b"q"))),
        ("an argument", |r| r["phases"][1] = json!(["compile", "make", "-s"])),
        ("the order of phases", |r| r["phases"].as_array_mut().unwrap().reverse()),
        ("a variable", |r| r["env"]["LC_ALL"] = json!("POSIX")),
        ("cpu", |r| r["platform"]["cpu"] = json!("arm64")),
        ("libc", |r| r["platform"]["libc"] = json!("musl")),
        ("prefix", |r| r["layout"]["prefix"] = json!("/opt")),
        ("libdir", |r| r["layout"]["libdir"] = json!("lib64")),
        ("padding", |r| r["layout"]["padded"] = json!(255)),
        ("permissions", |r| {
            r["permissions"] = json!([{"path": "usr/bin/bash", "mode": "4755"}])
        }),
        ("epoch", |r| r["epoch"] = json!(2)),
        ("revision", |r| r["revision"] = json!(1)),
    ];
    let mut seen = vec![BASH_HASH.to_owned()];
    for (what, change) in changes {
        let hash = changed(change);
        assert!(!seen.contains(&hash), "{what}");
        seen.push(hash);
    }
}

/// What has no meaning leaves no trace.
#[test]
fn insensitive_to() {
    let twice: fn(&mut Json) = |r| {
        let dep = r["deps"][0].clone();
        r["deps"].as_array_mut().unwrap().push(dep);
    };
    for (what, change) in [
        ("a dependency twice", twice),
        ("revision 0", |r| r["revision"] = json!(0)),
        ("no permissions", |r| r["permissions"] = json!([])),
        ("no default flags", |r| r["toolchain"]["flags"] = json!([])),
    ] {
        assert_eq!(changed(change), BASH_HASH, "{what}");
    }
}

#[test]
fn set_like_lists_have_no_order() {
    let shuffle = |key: &str, items: Json| {
        let mut reversed = items.clone();
        reversed.as_array_mut().unwrap().reverse();
        assert_eq!(changed(|r| r[key] = items), changed(|r| r[key] = reversed), "{key}");
    };
    let dep = |role: &str, name: &str| json!({"role": role, "name": name, "config_hash": NCURSES_HASH});
    shuffle(
        "deps",
        json!([
            dep("link", "b"),
            dep("run-for-build", "a"),
            dep("build", "z"),
            dep("link", "a")
        ]),
    );
    shuffle(
        "tools",
        json!([{"name": "sed", "identity": "1"}, {"name": "awk", "identity": "2"}]),
    );
    shuffle(
        "permissions",
        json!([{"path": "b", "uid": 1}, {"path": "a", "config": true}]),
    );
    // Role first, then name, as section 7.3 says.
    let deps = json!([
        dep("link", "b"),
        dep("build", "z"),
        dep("run-for-build", "a"),
        dep("link", "a")
    ]);
    let mut recipe: Json = serde_json::from_str(BASH).unwrap();
    recipe["deps"] = deps;
    let names: Vec<_> = Recipe::parse(&recipe.to_string())
        .unwrap()
        .deps
        .into_iter()
        .map(|d| d.name.to_string())
        .collect();
    assert_eq!(names, ["z", "a", "b", "a"]);
}

#[test]
fn texts_keep_their_letters() {
    let composed = changed(|r| r["env"]["X"] = json!("\u{e4}"));
    let decomposed = changed(|r| r["env"]["X"] = json!("a\u{308}"));
    assert_ne!(composed, decomposed);
}

#[test]
fn a_recipe_that_packs() {
    let pack = |r: &mut Json| {
        r["kind"] = json!("pack");
        r["toolchain"] = json!({});
        for key in ["patches", "phases", "deps", "transforms"] {
            r[key] = json!([]);
        }
    };
    let mut recipe: Json = serde_json::from_str(BASH).unwrap();
    pack(&mut recipe);
    assert_eq!(Recipe::parse(&recipe.to_string()).unwrap().kind, Some(RecipeKind::Pack));
    let words = refused(|r| {
        pack(r);
        r["phases"] = json!([["install", "make"]]);
    });
    assert_eq!(words, "a recipe of kind `pack` has no `phases`; leave it empty");
}

#[test]
fn refused_recipes() {
    let cases: &[Change] = &[
        ("found `binpkg-recipe/2`", |r| r["schema"] = json!("binpkg-recipe/2")),
        ("missing field `env`", |r| {
            drop(r.as_object_mut().unwrap().remove("env"))
        }),
        ("missing field `schema`", |r| {
            drop(r.as_object_mut().unwrap().remove("schema"))
        }),
        ("unknown field `homepage`", |r| r["homepage"] = json!("x")),
        ("found `null`", |r| r["use"]["ssl"] = json!(null)),
        ("expected an integer of magnitude below 2^53", |r| {
            r["epoch"] = json!(1.5)
        }),
        ("64 lower-case hex digits", |r| {
            r["deps"][0]["config_hash"] = json!("d65188b9")
        }),
        ("toolchain", |r| r["toolchain"] = json!({})),
        ("phase 2: expected a name and a command, found 1 words", |r| {
            r["phases"][1] = json!(["compile"])
        }),
        ("the tool `sed` has two identities: `1` and `2`", |r| {
            r["tools"] = json!([{"name": "sed", "identity": "2"}, {"name": "sed", "identity": "1"}]);
        }),
        ("has the path `a` twice", |r| {
            r["permissions"] = json!([{"path": "a", "uid": 1}, {"path": "a"}])
        }),
        ("expected a path without the part `..`", |r| {
            r["permissions"] = json!([{"path": "../a"}])
        }),
        ("in seconds since 1970, found `+1`", |r| {
            r["env"]["SOURCE_DATE_EPOCH"] = json!("+1")
        }),
    ];
    for (words, change) in cases {
        let error = refused(change);
        assert!(error.contains(words), "{words}: {error}");
    }
}

proptest! {
    /// A recipe that is read has one canonical form, and that form has the same hash.
    #[test]
    fn a_changed_byte_is_refused_or_hashed(at in 0..BASH.len(), byte in 0x20..0x7fu8) {
        let mut bytes = BASH.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(recipe) = Recipe::parse(std::str::from_utf8(&bytes).unwrap()) {
            let text = recipe.canonical().unwrap();
            prop_assert_eq!(Recipe::parse(&text).unwrap().config_hash().unwrap(), Sha256::of(text.as_bytes()));
        }
    }
}
