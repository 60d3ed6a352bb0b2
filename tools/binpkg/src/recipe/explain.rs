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
#[path = "explain_tests.rs"]
mod tests;
