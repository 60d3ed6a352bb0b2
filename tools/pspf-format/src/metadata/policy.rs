use serde::{Deserialize, Serialize};

use super::lenient::null_as_default;

/// The package's own conditions for running (section 5.4). Each key may stand alone; an unknown key
/// is an error, because a condition that is not understood cannot be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackagePolicy {
    /// Platforms such as `linux_amd64`; empty allows all.
    #[serde(default, deserialize_with = "null_as_default")]
    pub platforms: Vec<String>,
    /// Refuse to run as root.
    #[serde(default, deserialize_with = "null_as_default")]
    pub refuse_root: bool,
    /// Oldest allowed package in days since its build time.
    #[serde(default)]
    pub max_age_days: Option<u64>,
    /// Variables that must be set.
    #[serde(default, deserialize_with = "null_as_default")]
    pub require_env: Vec<String>,
}
