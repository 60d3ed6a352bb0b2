use serde::Serialize;
use serde_json::{Error, Value};

use super::execution::{as_map, string_map};
use crate::json::{Fields, FromJson, deserialize_from_json};

/// The `runtime` block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Runtime {
    /// Changes to the caller's environment.
    pub env: RuntimeEnv,
}

/// Changes to the caller's environment: unset, then map, then set (section 5.9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuntimeEnv {
    /// Names and globs (`*`, `?`) to remove.
    pub unset: Vec<String>,
    /// Names and globs that `unset` leaves alone.
    pub pass: Vec<String>,
    /// Old name, new name.
    #[serde(serialize_with = "as_map")]
    pub map: Vec<(String, String)>,
    /// Name and literal value.
    #[serde(serialize_with = "as_map")]
    pub set: Vec<(String, String)>,
}

impl FromJson for Runtime {
    fn from_json(value: Value) -> Result<Self, Error> {
        let env = Fields::of(value)?.nullable("env")?;
        Ok(Self { env })
    }
}

impl FromJson for RuntimeEnv {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            unset: fields.nullable("unset")?,
            pass: fields.nullable("pass")?,
            map: string_map(fields.take("map"))?,
            set: string_map(fields.take("set"))?,
        })
    }
}

deserialize_from_json!(RuntimeEnv);
