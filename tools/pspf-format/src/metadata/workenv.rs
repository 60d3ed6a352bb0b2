use serde::{Deserialize, Serialize};

use super::execution::{as_map, string_map};
use super::lenient::null_as_default;

/// The `workenv` block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workenv {
    /// Directories to make in the extracted tree.
    #[serde(default, deserialize_with = "null_as_default")]
    pub directories: Vec<WorkenvDirectory>,
    /// Environment of the program; values may hold placeholders.
    #[serde(default, deserialize_with = "string_map", serialize_with = "as_map")]
    pub env: Vec<(String, String)>,
}

/// One directory of the extracted tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkenvDirectory {
    /// Path with placeholders, inside the tree.
    pub path: String,
    /// Octal text; 0700 when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}
