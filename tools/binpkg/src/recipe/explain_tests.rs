use super::*;
use serde_json::{Value as Json, json};

const NCURSES: &str = include_str!("ncurses.json");
const BASH: &str = include_str!("bash.json");

fn changed(text: &str, change: impl FnOnce(&mut Json)) -> Recipe {
    let mut recipe = serde_json::from_str(text).unwrap();
    change(&mut recipe);
    Recipe::parse(&recipe.to_string()).unwrap()
}

fn lines(one: &Recipe, two: &Recipe, known: &[&Recipe]) -> Vec<String> {
    let known = known
        .iter()
        .map(|recipe| (recipe.config_hash().unwrap(), (*recipe).clone()))
        .collect();
    explain(one, two, &known)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn equal_recipes_have_no_difference() {
    let bash = Recipe::parse(BASH).unwrap();
    assert_eq!(lines(&bash, &bash, &[]), Vec::<String>::new());
}

#[test]
fn each_kind_of_field() {
    let one = Recipe::parse(BASH).unwrap();
    let two = changed(BASH, |r| {
        r["version"] = json!("5.4");
        r["use"] = json!({"ssl": false, "nls": false, "colour": "red"});
        r["patches"].as_array_mut().unwrap().reverse();
        r["phases"][1] = json!(["compile", "make", "-s"]);
        r["phases"]
            .as_array_mut()
            .unwrap()
            .push(json!(["check", "make", "test"]));
        r["tools"] = json!([{"name": "sed", "identity": "1"}]);
        r["transforms"] = json!([]);
        r["permissions"] = json!([{"path": "usr/bin/bash", "mode": "4755"}]);
    });
    assert_eq!(
        lines(&one, &two, &[]),
        [
            "version: 5.3 -> 5.4",
            "use.colour: none -> red",
            "use.ssl: true -> false",
            "patches: the same in another order",
            "phases.2.3: none -> -s",
            "phases.4: none -> [\"check\",\"make\",\"test\"]",
            "tools.sed: none -> {\"identity\":\"1\"}",
            "transforms.1: strip -> none",
            "permissions: none -> {\"usr/bin/bash\":{\"mode\":\"4755\"}}",
        ]
    );
}

/// Every field that a recipe can have is compared.
#[test]
fn the_order_has_all_fields() {
    let full = changed(BASH, |r| {
        r["revision"] = json!(1);
        r["permissions"] = json!([{"path": "x", "uid": 1}]);
    });
    let Value::Object(fields) = fields(&full).unwrap() else {
        panic!("expected an object")
    };
    let known: BTreeSet<_> = fields.keys().map(String::as_str).chain(["kind"]).collect();
    assert_eq!(known, ORDER.into_iter().collect());
}

#[test]
fn dependencies_are_followed_to_the_first_cause() {
    let before = Recipe::parse(NCURSES).unwrap();
    let after = changed(NCURSES, |r| r["patches"] = json!([Sha256::of(b"p")]));
    let one = Recipe::parse(BASH).unwrap();
    let two = changed(BASH, |r| {
        r["deps"][0]["config_hash"] = json!(after.config_hash().unwrap())
    });
    let patch = Sha256::of(b"p");
    let cause = format!("deps.link ncurses.patches.1: none -> {patch}");
    assert_eq!(lines(&one, &two, &[&before, &after]), [cause]);
    // A second way to the same cause does not repeat it.
    let twice = |recipe: &str, hash: &Recipe| {
        changed(recipe, |r| {
            let hash = json!(hash.config_hash().unwrap());
            r["deps"] = json!([{"role": "build", "name": "n", "config_hash": hash}, {"role": "link", "name": "n", "config_hash": hash}]);
        })
    };
    let found = lines(&twice(BASH, &before), &twice(BASH, &after), &[&before, &after]);
    assert_eq!(
        found,
        [
            format!("deps.build n.patches.1: none -> {patch}"),
            "deps.link n: differs as said above".into()
        ]
    );
    // Without their recipes there are only the hashes.
    let hashes = (before.config_hash().unwrap(), after.config_hash().unwrap());
    assert_eq!(
        lines(&one, &two, &[&before]),
        [format!("deps.link ncurses: {} -> {}", hashes.0, hashes.1)]
    );
    let none = changed(BASH, |r| r["deps"] = json!([]));
    assert_eq!(
        lines(&one, &none, &[]),
        [format!("deps.link ncurses: {} -> none", hashes.0)]
    );
}
