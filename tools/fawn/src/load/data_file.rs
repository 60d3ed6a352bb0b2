//! `.json` and `.toml` files as modules with the one symbol `value`.

use anyhow::{Context, Result};
use starlark::environment::{FrozenModule, Module};
use starlark::values::dict::AllocDict;
use starlark::values::list::AllocList;
use starlark::values::{Heap, Value};

/// Whether a file is loaded as data.
pub(crate) fn is_data(path: &str) -> bool {
    path.ends_with(".json") || path.ends_with(".toml")
}

/// The module of a data file.
///
/// # Errors
/// A syntax error, with its line.
pub(crate) fn load(path: &str, text: &str) -> Result<FrozenModule> {
    let value: serde_json::Value = if path.ends_with(".toml") {
        let table: toml::Table = toml::from_str(text).with_context(|| format!("{path} is no TOML"))?;
        from_toml(toml::Value::Table(table))
    } else {
        serde_json::from_str(text).with_context(|| format!("{path} is no JSON"))?
    };
    Module::with_temp_heap(|module| {
        let value = alloc(&value, module.heap());
        module.set("value", value);
        module.freeze().map_err(super::error::freeze_error)
    })
}

fn from_toml(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        // Starlark has no dates; their text is what the file shows.
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(from_toml).collect(),
        toml::Value::Table(entries) => entries
            .into_iter()
            .map(|(key, value)| (key, from_toml(value)))
            .collect(),
    }
}

/// A JSON value in Starlark; the keys of objects keep their order.
pub(crate) fn alloc<'v>(value: &serde_json::Value, heap: Heap<'v>) -> Value<'v> {
    match value {
        serde_json::Value::Null => Value::new_none(),
        serde_json::Value::Bool(flag) => Value::new_bool(*flag),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => heap.alloc(number),
            None => heap.alloc(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => heap.alloc(text.as_str()),
        serde_json::Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| alloc(item, heap)).collect();
            heap.alloc(AllocList(items))
        }
        serde_json::Value::Object(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| (key.as_str(), alloc(value, heap)))
                .collect();
            heap.alloc(AllocDict(entries))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, text: &str) -> String {
        load(path, text).unwrap().get("value").unwrap().value().to_string()
    }

    #[test]
    fn toml_and_json_give_the_same_values() {
        assert_eq!(
            shown("a.json", r#"{"a": [1, 2.5, true, null, "x"]}"#),
            r#"{"a": [1, 2.5, True, None, "x"]}"#
        );
        assert_eq!(
            shown("a.toml", "b = 1\n[a]\nx = ['y']\n"),
            r#"{"a": {"x": ["y"]}, "b": 1}"#
        );
    }

    #[test]
    fn syntax_errors_have_a_line() {
        let error = format!("{:#}", load("a.json", "{\n\"a\": }").unwrap_err());
        assert!(
            error.contains("a.json is no JSON") && error.contains("line 2"),
            "{error}"
        );
    }
}
