use serde::Serialize;
use serde_json::{Error, Value};

use crate::json::{Fields, FromJson, deserialize_from_json};

/// A file of the extracted tree that tells whether the tree is complete (section 5.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CacheValidation {
    /// Path with placeholders.
    pub check_file: String,
    /// Content to find there, compared after trimming; the Go builder may leave it out, and then the
    /// file only has to exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_content: Option<String>,
}

impl FromJson for CacheValidation {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            check_file: fields.field("check_file")?,
            expected_content: fields.field("expected_content")?,
        })
    }
}

deserialize_from_json!(CacheValidation);
