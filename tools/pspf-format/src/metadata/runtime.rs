use serde::{Deserialize, Serialize};

use super::execution::{as_map, string_map};
use super::lenient::null_as_default;

/// The `runtime` block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runtime {
    /// Changes to the caller's environment.
    #[serde(default, deserialize_with = "null_as_default")]
    pub env: RuntimeEnv,
}

/// Changes to the caller's environment: unset, then map, then set (section 5.9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeEnv {
    /// Names and globs (`*`, `?`) to remove.
    #[serde(default, deserialize_with = "null_as_default")]
    pub unset: Vec<String>,
    /// Names and globs that `unset` leaves alone.
    #[serde(default, deserialize_with = "null_as_default")]
    pub pass: Vec<String>,
    /// Old name, new name.
    #[serde(default, deserialize_with = "string_map", serialize_with = "as_map")]
    pub map: Vec<(String, String)>,
    /// Name and literal value.
    #[serde(default, deserialize_with = "string_map", serialize_with = "as_map")]
    pub set: Vec<(String, String)>,
}
