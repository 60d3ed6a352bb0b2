use serde::Serialize;
use serde_json::{Error, Value};

use super::execution::{as_map, string_map};
use crate::json::{Fields, FromJson, deserialize_from_json};

/// The `workenv` block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Workenv {
    /// Directories to make in the extracted tree.
    pub directories: Vec<WorkenvDirectory>,
    /// Environment of the program; values may hold placeholders.
    #[serde(serialize_with = "as_map")]
    pub env: Vec<(String, String)>,
}

/// One directory of the extracted tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkenvDirectory {
    /// Path with placeholders, inside the tree.
    pub path: String,
    /// Octal text; 0700 when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

impl FromJson for Workenv {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            directories: fields.nullable("directories")?,
            env: string_map(fields.take("env"))?,
        })
    }
}

impl FromJson for WorkenvDirectory {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            path: fields.field("path")?,
            mode: fields.field("mode")?,
        })
    }
}

deserialize_from_json!(Workenv, WorkenvDirectory);
