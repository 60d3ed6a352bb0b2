use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::lenient::null_as_default;

/// What a start of the package runs (section 5.9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Words with placeholders; split like a shell would, without a shell.
    #[serde(default)]
    pub command: String,
    /// Environment of the program. Values are strings. In the order of the document where `serde_json` is built to keep it, as
    /// builders do, else by name: names are there once, so nothing but looks depends on it.
    #[serde(
        default,
        alias = "environment",
        deserialize_with = "string_map",
        serialize_with = "as_map"
    )]
    pub env: Vec<(String, String)>,
}

/// Reads an object of strings.
pub(super) fn string_map<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    use serde::de::Error as _;
    let map: Map<String, serde_json::Value> = null_as_default(deserializer)?;
    map.into_iter()
        .map(|(name, value)| match value {
            serde_json::Value::String(text) => Ok((name, text)),
            other => Err(D::Error::custom(format_args!(
                "expected a string for `{name}`, found {other}"
            ))),
        })
        .collect()
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
