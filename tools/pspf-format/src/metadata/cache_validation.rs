use serde::{Deserialize, Serialize};

/// A file of the extracted tree that tells whether the tree is complete (section 5.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheValidation {
    /// Path with placeholders.
    pub check_file: String,
    /// Content to find there, compared after trimming; the Go builder may leave it out, and then the
    /// file only has to exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_content: Option<String>,
}
