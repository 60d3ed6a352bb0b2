use serde::Serialize;
use serde::de::Error as _;
use serde_json::{Error, Value};

use crate::json::{Fields, FromJson, deserialize_from_json, object};
use crate::strict_json;

/// What a start of the package runs (section 5.9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Execution {
    /// Words with placeholders; split like a shell would, without a shell.
    pub command: String,
    /// Environment of the program. Values are strings. In the order of the document where `serde_json` is built to keep it, as
    /// builders do, else by name: names are there once, so nothing but looks depends on it.
    #[serde(serialize_with = "as_map")]
    pub env: Vec<(String, String)>,
}

impl FromJson for Execution {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        let env = match (fields.take("env"), fields.take("environment")) {
            (Some(_), Some(_)) => return Err(Error::custom("duplicate field `env`: `environment` is the same")),
            (one, other) => one.or(other),
        };
        Ok(Self {
            command: fields.optional("command")?,
            env: string_map(env)?,
        })
    }
}

deserialize_from_json!(Execution);

/// Reads an object of strings, or none where there is none.
pub(super) fn string_map(value: Option<Value>) -> Result<Vec<(String, String)>, Error> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(value) => object(value)?.into_iter().map(string).collect(),
    }
}

fn string((name, value): (String, Value)) -> Result<(String, String), Error> {
    match value {
        Value::String(text) => Ok((name, text)),
        other => Err(Error::custom(format_args!(
            "expected a string for `{name}`, found {}",
            strict_json::write(&other)
        ))),
    }
}

/// Writes pairs as the object they came from.
pub(super) fn as_map<S: serde::Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn env_takes_strings_only() {
        let mut execution: Execution = serde_json::from_str(r#"{"command":"x","env":{"B":"1","A":"2"}}"#).unwrap();
        execution.env.sort();
        assert_eq!(execution.env, [("A".into(), "2".into()), ("B".into(), "1".into())]);
        let error = serde_json::from_str::<Execution>(r#"{"env":{"B":1}}"#).unwrap_err();
        assert!(
            error.to_string().starts_with("expected a string for `B`, found 1"),
            "{error}"
        );
    }
}
