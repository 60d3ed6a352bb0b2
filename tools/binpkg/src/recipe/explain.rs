//! Why two config hashes differ (section 7.6).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use digest::Sha256;

use super::{Recipe, RecipeError};
use crate::canonical::Value;

/// One difference between two recipes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field, with keys below it after dots, such as `use.ssl` or `deps.link ncurses`.
    pub field: String,
    /// What is different there, in words.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.what)
    }
}

/// The fields of a recipe, in the order of section 7.3.
const ORDER: [&str; 18] = [
    "schema",
    "epoch",
    "kind",
    "name",
    "version",
    "revision",
    "platform",
    "use",
    "toolchain",
    "sources",
    "patches",
    "phases",
    "env",
    "deps",
    "tools",
    "transforms",
    "layout",
    "permissions",
];

/// What differs between two recipes, in order of field. Dependencies that differ are followed to what differs in them, as far
/// as `known` has their recipes; each pair once, however many ways lead to it.
///
/// # Errors
/// None in practice: every recipe has a canonical form.
pub fn explain(one: &Recipe, two: &Recipe, known: &BTreeMap<Sha256, Recipe>) -> Result<Vec<Difference>, RecipeError> {
    Explainer {
        known,
        followed: BTreeSet::new(),
    }
    .explain(one, two)
}

struct Explainer<'a> {
    known: &'a BTreeMap<Sha256, Recipe>,
    /// Pairs of dependencies that were explained already.
    followed: BTreeSet<(Sha256, Sha256)>,
}

impl Explainer<'_> {
    fn explain(&mut self, one: &Recipe, two: &Recipe) -> Result<Vec<Difference>, RecipeError> {
        let (Value::Object(one_fields), Value::Object(two_fields)) = (fields(one)?, fields(two)?) else {
            return Ok(Vec::new());
        };
        let mut differences = Vec::new();
        for field in ORDER {
            if field == "deps" {
                self.explain_deps(one, two, &mut differences)?;
            } else {
                compare(field, one_fields.get(field), two_fields.get(field), &mut differences);
            }
        }
        Ok(differences)
    }

    fn explain_deps(
        &mut self,
        one: &Recipe,
        two: &Recipe,
        differences: &mut Vec<Difference>,
    ) -> Result<(), RecipeError> {
        let (before, after) = (by_label(one), by_label(two));
        let labels: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for label in labels {
            let field = format!("deps.{label}");
            let hashes = |deps: &BTreeMap<String, Vec<Sha256>>| deps.get(label).cloned().unwrap_or_default();
            match (&hashes(&before)[..], &hashes(&after)[..]) {
                (one, two) if one == two => {}
                ([one], [two]) => self.explain_dep(&field, *one, *two, differences)?,
                (one, two) => {
                    let what = format!("{} -> {}", list(one), list(two));
                    differences.push(Difference { field, what });
                }
            }
        }
        Ok(())
    }

    fn explain_dep(
        &mut self,
        field: &str,
        one: Sha256,
        two: Sha256,
        differences: &mut Vec<Difference>,
    ) -> Result<(), RecipeError> {
        let what = match (self.known.get(&one), self.known.get(&two)) {
            _ if !self.followed.insert((one, two)) => "differs as said above".to_owned(),
            (Some(before), Some(after)) => {
                let causes = self.explain(before, after)?.into_iter();
                differences.extend(causes.map(|cause| Difference {
                    field: format!("{field}.{}", cause.field),
                    ..cause
                }));
                return Ok(());
            }
            _ => format!("{one} -> {two}"),
        };
        differences.push(Difference {
            field: field.into(),
            what,
        });
        Ok(())
    }
}

/// The config hashes of each role and name; more than one is rare.
fn by_label(recipe: &Recipe) -> BTreeMap<String, Vec<Sha256>> {
    let mut labels: BTreeMap<String, Vec<Sha256>> = BTreeMap::new();
    for dep in &recipe.deps {
        labels
            .entry(format!("{} {}", dep.role.word(), dep.name))
            .or_default()
            .push(dep.config_hash);
    }
    labels
}

fn fields(recipe: &Recipe) -> Result<Value, RecipeError> {
    let mut value = Value::parse(&recipe.canonical()?)?;
    if let Value::Object(fields) = &mut value {
        // What has no order is compared by name.
        for (field, key) in [("tools", "name"), ("permissions", "path")] {
            if let Some(list) = fields.get_mut(field) {
                by_name(list, key);
            }
        }
    }
    Ok(value)
}

fn by_name(list: &mut Value, key: &str) {
    let Value::Array(items) = list else { return };
    let mut named = BTreeMap::new();
    for item in items {
        let Value::Object(fields) = item else { return };
        let Some(Value::Text(name)) = fields.remove(key) else {
            return;
        };
        named.insert(name, Value::Object(std::mem::take(fields)));
    }
    *list = Value::Object(named);
}

fn list(hashes: &[Sha256]) -> String {
    if hashes.is_empty() {
        return "none".into();
    }
    hashes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn compare(field: &str, one: Option<&Value>, two: Option<&Value>, differences: &mut Vec<Difference>) {
    match (one, two) {
        (one, two) if one == two => {}
        (Some(Value::Object(one)), Some(Value::Object(two))) => {
            let mut keys: Vec<_> = one.keys().chain(two.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                compare(&format!("{field}.{key}"), one.get(key), two.get(key), differences);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(two))) => compare_lists(field, one, two, differences),
        (one, two) => {
            let what = format!("{} -> {}", text(one), text(two));
            differences.push(Difference {
                field: field.into(),
                what,
            });
        }
    }
}

/// Lists whose order counts: what is between their common beginning and their common end.
fn compare_lists(field: &str, one: &[Value], two: &[Value], differences: &mut Vec<Difference>) {
    let sorted = |list: &[Value]| {
        let mut texts: Vec<_> = list.iter().map(|item| text(Some(item))).collect();
        texts.sort();
        texts
    };
    if sorted(one) == sorted(two) {
        differences.push(Difference {
            field: field.into(),
            what: "the same in another order".into(),
        });
        return;
    }
    let start = one.iter().zip(two).take_while(|(one, two)| one == two).count();
    let (one, two) = (&one[start..], &two[start..]);
    let end = one
        .iter()
        .rev()
        .zip(two.iter().rev())
        .take_while(|(one, two)| one == two)
        .count();
    let (one, two) = (&one[..one.len() - end], &two[..two.len() - end]);
    for index in 0..one.len().max(two.len()) {
        // Counted from 1, as people do.
        compare(
            &format!("{field}.{}", start + index + 1),
            one.get(index),
            two.get(index),
            differences,
        );
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        None => "none".into(),
        Some(Value::Text(text)) => text.clone(),
        Some(value) => value.canonical().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
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
}
