//! Values out of JSON, without a reader of its own for each type.
//!
//! What `serde` derives for a type is fast and large, and the launcher, which is in every package, reads a few small documents
//! once. So `serde_json` reads a document into a [`Value`], and a type takes its fields out of that.

use digest::Sha256;
use serde::de::{Error as _, Unexpected};
use serde_json::{Error, Map, Value};

/// What can be read from a JSON value.
pub trait FromJson: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// A value of another kind.
    fn from_json(value: Value) -> Result<Self, Error>;

    /// What stands for a field that is not there; `None` where it has to be there.
    fn missing() -> Option<Self> {
        None
    }
}

/// The fields of a JSON object, taken out one by one.
#[derive(Debug)]
pub struct Fields {
    object: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Fields {
    /// The fields of `value`.
    ///
    /// # Errors
    /// Another value than an object.
    pub fn of(value: Value) -> Result<Self, Error> {
        Ok(Self {
            object: object(value)?,
            known: Vec::new(),
        })
    }

    /// The value of a field that has to be there, unless it is an option.
    ///
    /// # Errors
    /// A field that is not there, or of another kind.
    pub fn field<T: FromJson>(&mut self, name: &'static str) -> Result<T, Error> {
        match self.take(name) {
            Some(value) => named(name, T::from_json(value)),
            None => T::missing().ok_or_else(|| missing(name)),
        }
    }

    /// The value of a field, or the default when it is not there.
    ///
    /// # Errors
    /// A field of another kind.
    pub fn optional<T: FromJson + Default>(&mut self, name: &'static str) -> Result<T, Error> {
        match self.take(name) {
            Some(value) => named(name, T::from_json(value)),
            None => Ok(T::default()),
        }
    }

    /// The value of a field, or the default when it is not there or `null`: Go writes an empty list that way.
    ///
    /// # Errors
    /// A field of another kind.
    pub fn nullable<T: FromJson + Default>(&mut self, name: &'static str) -> Result<T, Error> {
        match self.take(name) {
            Some(Value::Null) | None => Ok(T::default()),
            Some(value) => named(name, T::from_json(value)),
        }
    }

    /// Takes a field as it is.
    pub fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        // What is left in its place is smaller than what removing would take.
        self.object.get_mut(name).map(Value::take)
    }

    /// Refuses fields that nobody has asked for.
    ///
    /// # Errors
    /// One of them.
    pub fn end(self) -> Result<(), Error> {
        let mut names = self.object.keys();
        match names.find(|name| !self.known.contains(&name.as_str())) {
            Some(name) => Err(unknown("field", name, &self.known)),
            None => Ok(()),
        }
    }
}

/// An error that says which field it is about.
fn named<T>(name: &str, result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|error| Error::custom(format_args!("`{name}`: {error}")))
}

fn missing(name: &str) -> Error {
    Error::custom(format_args!("missing field `{name}`"))
}

/// An error about a word that is none of the known ones.
pub fn unknown(kind: &str, found: &str, known: &[&str]) -> Error {
    let known = known.join("`, `");
    Error::custom(format_args!("unknown {kind} `{found}`, expected one of `{known}`"))
}

/// An error about a value of another kind than `expected`.
fn other_kind(found: &Value, expected: &str) -> Error {
    let found = match found {
        Value::Null => Unexpected::Other("null"),
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Unexpected::Unsigned(number),
            (None, Some(number)) => Unexpected::Signed(number),
            (None, None) => Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    };
    Error::invalid_type(found, &expected)
}

/// The fields of an object.
pub(crate) fn object(value: Value) -> Result<Map<String, Value>, Error> {
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(other_kind(&other, "an object")),
    }
}

/// The items of a list.
fn items(value: Value) -> Result<Vec<Value>, Error> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(other_kind(&other, "a list")),
    }
}

impl FromJson for String {
    fn from_json(value: Value) -> Result<Self, Error> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(other_kind(&other, "a string")),
        }
    }
}

impl FromJson for u64 {
    fn from_json(value: Value) -> Result<Self, Error> {
        value
            .as_u64()
            .ok_or_else(|| other_kind(&value, "a whole number from 0"))
    }
}

impl FromJson for bool {
    fn from_json(value: Value) -> Result<Self, Error> {
        value.as_bool().ok_or_else(|| other_kind(&value, "a boolean"))
    }
}

impl FromJson for Value {
    fn from_json(value: Value) -> Result<Self, Error> {
        Ok(value)
    }
}

impl FromJson for Sha256 {
    fn from_json(value: Value) -> Result<Self, Error> {
        String::from_json(value)?.parse().map_err(Error::custom)
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        match value {
            Value::Null => Ok(None),
            value => T::from_json(value).map(Some),
        }
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: Value) -> Result<Self, Error> {
        items(value)?.into_iter().map(T::from_json).collect()
    }
}

/// Bytes as a list of numbers.
impl FromJson for [u8; 32] {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        for item in items(value)? {
            let byte = item.as_u64().and_then(|number| u8::try_from(number).ok());
            bytes.push(byte.ok_or_else(|| other_kind(&item, "a byte"))?);
        }
        let length = bytes.len();
        bytes.try_into().map_err(|_| Error::invalid_length(length, &"32 bytes"))
    }
}

/// Two values, as a list.
impl<A: FromJson, B: FromJson> FromJson for (A, B) {
    fn from_json(value: Value) -> Result<Self, Error> {
        match <[Value; 2]>::try_from(items(value)?) {
            Ok([first, second]) => Ok((A::from_json(first)?, B::from_json(second)?)),
            Err(items) => Err(Error::invalid_length(items.len(), &"a list of two values")),
        }
    }
}

/// Lets `serde` read these types as parts of others.
macro_rules! deserialize_from_json {
    ($($kind:ty),*) => {
        $(
            impl<'de> serde::Deserialize<'de> for $kind {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let value = serde_json::Value::deserialize(deserializer)?;
                    $crate::json::FromJson::from_json(value).map_err(serde::de::Error::custom)
                }
            }
        )*
    };
}
pub(crate) use deserialize_from_json;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Fields {
        Fields::of(json!({"text": "x", "number": 1, "none": null, "list": ["a", "b"]})).unwrap()
    }

    fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn fields_of_each_kind() {
        let mut fields = fields();
        assert_eq!(fields.field::<String>("text").unwrap(), "x");
        assert_eq!(fields.optional::<u64>("number").unwrap(), 1);
        assert_eq!(fields.field::<Vec<String>>("list").unwrap(), ["a", "b"]);
        assert_eq!(fields.nullable::<Vec<String>>("none").unwrap(), [""; 0]);
        assert!(fields.end().is_ok());
    }

    #[test]
    fn fields_that_are_not_there() {
        let mut fields = fields();
        assert_eq!(message(fields.field::<String>("more")), "missing field `more`");
        assert_eq!(fields.optional::<String>("more").unwrap(), "");
        assert_eq!(fields.field::<Option<String>>("more").unwrap(), None);
    }

    #[test]
    fn values_of_another_kind_are_told_with_their_field() {
        assert_eq!(
            message(fields().optional::<String>("number")),
            "`number`: invalid type: integer `1`, expected a string"
        );
        assert_eq!(
            message(fields().optional::<String>("none")),
            "`none`: invalid type: null, expected a string"
        );
        assert_eq!(
            message(fields().optional::<Vec<u64>>("list")),
            "`list`: invalid type: string \"a\", expected a whole number from 0"
        );
        assert_eq!(
            message(Fields::of(json!([]))),
            "invalid type: sequence, expected an object"
        );
    }

    #[test]
    fn unknown_fields() {
        let mut fields = fields();
        let _ = (fields.take("text"), fields.take("none"), fields.take("list"));
        assert_eq!(
            message(fields.end()),
            "unknown field `number`, expected one of `text`, `none`, `list`"
        );
    }

    #[test]
    fn bytes_and_pairs() {
        assert_eq!(FromJson::from_json(json!(vec![7; 32])).ok(), Some([7; 32]));
        assert!(
            <[u8; 32]>::from_json(json!(vec![7; 31])).is_err() && <[u8; 32]>::from_json(json!(vec![256; 32])).is_err()
        );
        assert_eq!(
            FromJson::from_json(json!([[1, "b"]])).ok(),
            Some(vec![(1, "b".to_owned())])
        );
        assert!(<(String, String)>::from_json(json!(["a"])).is_err());
    }
}
