use serde::Serialize;
use serde_json::{Error, Value};

use crate::json::{Fields, FromJson, deserialize_from_json};

/// The package's own conditions for running (section 5.4). Each key may stand alone; an unknown key
/// is an error, because a condition that is not understood cannot be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PackagePolicy {
    /// Platforms such as `linux_amd64`; empty allows all.
    pub platforms: Vec<String>,
    /// Refuse to run as root.
    pub refuse_root: bool,
    /// Oldest allowed package in days since its build time.
    pub max_age_days: Option<u64>,
    /// Variables that must be set.
    pub require_env: Vec<String>,
}

impl FromJson for PackagePolicy {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        let policy = Self {
            platforms: fields.nullable("platforms")?,
            refuse_root: fields.nullable("refuse_root")?,
            max_age_days: fields.field("max_age_days")?,
            require_env: fields.nullable("require_env")?,
        };
        fields.end()?;
        Ok(policy)
    }
}

deserialize_from_json!(PackagePolicy);
