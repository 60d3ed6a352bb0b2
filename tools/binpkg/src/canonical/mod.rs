//! Canonical JSON (section 7.2): RFC 8785, restricted so that a value has one spelling everywhere.
//!
//! Objects, arrays, strings, booleans and integers of magnitude below 2^53; no `null`, no fractions, no key twice. Keys
//! match `[A-Za-z0-9_.:/@+-]+` and are sorted bytewise.
//!
//! A value may also hold references to files, written where a string is expected: `{"$sha256": PATH}` stands for the
//! digest of what lies there, `{"$text": PATH}` for the one line in that file. `$` is in no key of a canonical value, so
//! the two cannot be mistaken for data. They have to be replaced ([`Value::resolve`]) before anything is hashed.

mod parse;
mod reference;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

pub use reference::Reference;

/// A JSON value of the canonical kind, possibly with references that are still to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// An integer of magnitude below 2^53.
    Integer(i64),
    /// A string, not normalised.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// An object, sorted by key.
    Object(BTreeMap<String, Value>),
    /// Stands for a string that is read from a file.
    Reference(Reference),
}

/// Why a text is no canonical value.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// No JSON, or JSON with something that canonical values do not have.
    #[error("not JSON of the canonical kind")]
    Json(#[from] serde_json::Error),
    /// A reference where only data may stand.
    #[error("expected data, found a reference to the file {0}")]
    Reference(String),
}

impl Value {
    /// Largest magnitude of an integer, exclusive.
    pub const INTEGER_LIMIT: i64 = 1 << 53;

    /// Reads any spelling of a canonical value; references are allowed.
    ///
    /// # Errors
    /// Text that is no JSON, `null`, a fraction, an integer out of range, a key twice or with other characters.
    pub fn parse(text: &str) -> Result<Self, CanonicalError> {
        Ok(serde_json::from_str(text)?)
    }

    /// The one spelling: no white space, keys sorted.
    ///
    /// # Errors
    /// A reference is left.
    pub fn canonical(&self) -> Result<String, CanonicalError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Replaces every reference by the string that `read` returns for it.
    ///
    /// # Errors
    /// The first error of `read`.
    pub fn resolve<E>(self, read: &mut impl FnMut(&Reference) -> Result<String, E>) -> Result<Self, E> {
        Ok(match self {
            Self::Reference(reference) => Self::Text(read(&reference)?),
            Self::Array(items) => Self::Array(
                items
                    .into_iter()
                    .map(|item| item.resolve(read))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Object(items) => {
                let resolved = items.into_iter().map(|(key, item)| Ok((key, item.resolve(read)?)));
                Self::Object(resolved.collect::<Result<_, _>>()?)
            }
            plain => plain,
        })
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            // Of strings, serde_json escapes exactly what RFC 8785 does, and in the same way.
            Self::Text(value) => serializer.serialize_str(value),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(items) => serializer.collect_map(items),
            Self::Reference(reference) => {
                let text = format!("expected data, found a reference to the file {}", reference.path());
                Err(serde::ser::Error::custom(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(text: &str) -> String {
        Value::parse(text).unwrap().canonical().unwrap()
    }

    #[test]
    fn one_spelling() {
        assert_eq!(
            canonical(" { \"b\" : [ 1 , true ] ,\n \"a\" : {} } "),
            r#"{"a":{},"b":[1,true]}"#
        );
        // Bytewise, not by letter: capitals come first, punctuation where its code says.
        assert_eq!(
            canonical(r#"{"b":0,"B":0,"+":0,"a/b":0,"a":0}"#),
            r#"{"+":0,"B":0,"a":0,"a/b":0,"b":0}"#
        );
    }

    /// The escapes of RFC 8785 section 3.2.2.2, and nothing else escaped.
    #[test]
    fn strings() {
        let text = r#""\u0022\u005c\u002f\u0008\u0009\u000a\u000c\u000d\u001f\u007f\u00e4\u20ac\ud83d\ude00""#;
        assert_eq!(canonical(text), "\"\\\"\\\\/\\b\\t\\n\\f\\r\\u001f\u{7f}ä€😀\"");
        // Two spellings of one letter stay two strings.
        assert_ne!(canonical("\"\u{e4}\""), canonical("\"a\u{308}\""));
    }

    #[test]
    fn integers_below_2_to_the_53() {
        assert_eq!(
            canonical("[9007199254740991,-9007199254740991,0]"),
            "[9007199254740991,-9007199254740991,0]"
        );
        for text in [
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551616",
            "1.0",
            "1e3",
            "0.5",
            "-0",
        ] {
            let error = Value::parse(text).unwrap_err();
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(
                cause.contains("expected an integer of magnitude below 2^53"),
                "{text}: {cause}"
            );
        }
    }

    #[test]
    fn what_canonical_values_do_not_have() {
        for (text, words) in [
            ("null", "`null`"),
            (r#"{"a":[null]}"#, "`null`"),
            (r#"{"a":1,"a":1}"#, "the key `a` is there twice"),
            (r#"{"a b":1}"#, "expected a key of `[A-Za-z0-9_.:/@+-]`, found `a b`"),
            (r#"{"":1}"#, "expected a key"),
            (r#"{"$other":"x"}"#, "expected a key"),
            (r#"{"$text":"x","a":1}"#, "a reference stands alone in its object"),
            (r#"{"a":1,"$text":"x"}"#, "a reference stands alone in its object"),
            (r#"{"$text":1}"#, "expected a path"),
            (r#""\ud800""#, "unexpected end of hex escape"),
            (r#""\udc00""#, "lone leading surrogate"),
            ("[1,]", "trailing comma"),
            ("1 2", "trailing characters"),
        ] {
            let error = Value::parse(text).unwrap_err();
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.contains(words), "{text}: {cause}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        assert!(Value::parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn references_are_replaced_before_anything_is_written() {
        let value = Value::parse(r#"{"a":[{"$sha256":"x y"}],"b":{"$text":"z"}}"#).unwrap();
        let error = value.canonical().unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, "expected data, found a reference to the file x y");
        let read = &mut |reference: &Reference| Ok::<_, ()>(format!("<{}>", reference.path()));
        assert_eq!(
            value.resolve(read).unwrap().canonical().unwrap(),
            r#"{"a":["<x y>"],"b":"<z>"}"#
        );
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            (-Value::INTEGER_LIMIT + 1..Value::INTEGER_LIMIT).prop_map(Value::Integer),
            any::<String>().prop_map(Value::Text),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map("[A-Za-z0-9_.:/@+-]{1,4}", inner, 0..4).prop_map(Value::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_text_parses_to_the_same_value(value in any_value()) {
            let text = value.canonical().unwrap();
            prop_assert_eq!(Value::parse(&text).unwrap(), value);
        }

        #[test]
        fn any_text_parses_or_refuses(text in "[\\[\\]{}\",:0-9a-z$\\\\ -]{0,30}") {
            if let Ok(value) = Value::parse(&text) {
                let _ = value.canonical();
            }
        }
    }
}
