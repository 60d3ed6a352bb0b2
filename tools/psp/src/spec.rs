//! The specifications that build rules hand to `psp slot` and `psp assemble`.

use std::path::PathBuf;

use pspf::{CacheValidation, PackagePolicy, RuntimeEnv, SetupCommand, WorkenvDirectory};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One slot to store.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotSpec {
    pub id: String,
    pub source: PathBuf,
    #[serde(default)]
    pub target: Option<String>,
    #[serde(default)]
    pub operations: Option<String>,
    #[serde(default)]
    pub level: Option<u32>,
    #[serde(default)]
    pub purpose: Option<String>,
    #[serde(default)]
    pub lifecycle: Option<String>,
    #[serde(default)]
    pub permissions: Option<String>,
    #[serde(default)]
    pub profile: Option<String>,
    /// Where programs in the slot must run: system and processor, or `any`.
    #[serde(default)]
    pub platform: Option<String>,
    /// The C library that they may rely on: `musl`, or a release such as `gnu.2.17`.
    #[serde(default)]
    pub libc: Option<String>,
}

/// One package to assemble.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageSpec {
    pub launcher: PathBuf,
    pub platform: String,
    pub package: Name,
    #[serde(default)]
    pub description: Option<String>,
    pub command: String,
    #[serde(default)]
    pub env: Map<String, Value>,
    #[serde(default)]
    pub profile: Option<String>,
    #[serde(default)]
    pub metadata: Option<PathBuf>,
    #[serde(default)]
    pub setup_commands: Vec<SetupCommand>,
    #[serde(default)]
    pub workenv_directories: Vec<WorkenvDirectory>,
    #[serde(default)]
    pub workenv_env: Map<String, Value>,
    #[serde(default)]
    pub runtime_env: RuntimeEnv,
    #[serde(default)]
    pub cache_validation: Option<CacheValidation>,
    #[serde(default)]
    pub policy: Option<PackagePolicy>,
    #[serde(default)]
    pub source_date_epoch: u64,
    pub key_seed: String,
    pub slots: Vec<StoredSlot>,
}

/// Name and version.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    pub name: String,
    pub version: String,
}

/// A slot that was stored before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredSlot {
    pub payload: PathBuf,
    pub record: PathBuf,
}
