//! The signed metadata JSON (section 2), as readers see it.
//!
//! Readers ignore unknown keys, as all others do. The builder keeps the document as JSON text, so
//! that custom keys survive and the signed bytes stay the signed bytes.

mod cache_validation;
mod execution;
mod policy;
mod runtime;
mod setup;
mod slot;
mod workenv;

pub use cache_validation::CacheValidation;
pub use execution::Execution;
pub use policy::PackagePolicy;
pub use runtime::{Runtime, RuntimeEnv};
pub use setup::{Enumerate, SetupCommand};
pub use slot::{SignedDigest, SlotEntry};
pub use workenv::{Workenv, WorkenvDirectory};

use serde::Serialize;
use serde_json::{Error, Value};

use crate::json::{Fields, FromJson};
use crate::strict_json;

/// The document.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Metadata {
    /// `PSPF/2025`.
    pub format: String,
    /// Name and version.
    pub package: Package,
    /// One entry per descriptor, in the same order.
    pub slots: Vec<SlotEntry>,
    /// What to run; a package without it can be verified but not started.
    pub execution: Option<Execution>,
    /// Commands that run once after extraction.
    pub setup_commands: Vec<SetupCommand>,
    /// A file that tells whether the extracted tree is complete.
    pub cache_validation: Option<CacheValidation>,
    /// Changes to the caller's environment.
    pub runtime: Option<Runtime>,
    /// Directories and environment of the extracted tree.
    pub workenv: Option<Workenv>,
    /// The policy as written, for its hash; read it with [`Metadata::package_policy`].
    pub policy: Option<Value>,
    /// The embedded launcher, when the builder described it.
    pub launcher: Option<LauncherInfo>,
    /// How the package was built, when the builder described it.
    pub build: Option<BuildInfo>,
    /// [`SEAL_NAME`](crate::SEAL_NAME) in sealed packages.
    pub seal: Option<String>,
    /// Where the signing key came from, in packages of our builder.
    pub signing: Option<SigningInfo>,
    /// `flavorpack` or `buckpack`, in packages of our builder.
    pub profile: Option<String>,
}

/// Name and version of the program. The Go builder may leave them out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Name; fills `{package_name}`.
    pub name: String,
    /// Version; fills `{version}`.
    pub version: String,
    /// One line about the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The embedded launcher. Every field may be missing, since nobody but us compares them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LauncherInfo {
    /// Program name.
    pub tool: Option<String>,
    /// Its version.
    pub tool_version: Option<String>,
    /// SHA-256 with one or two `sha256:` prefixes.
    pub checksum: Option<String>,
}

/// The builder.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BuildInfo {
    /// Program name.
    pub tool: Option<String>,
    /// Its version.
    pub tool_version: Option<String>,
}

/// Where the signing key came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SigningInfo {
    /// `seed` for a development key, `file` for a key pair.
    pub key: String,
}

/// Signed JSON that is no package metadata.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// No JSON, a duplicate key, or a value of the wrong type.
    #[error("not the metadata JSON of a package: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON of another kind where an object belongs.
    #[error("expected a JSON object as {place}, found another kind of value")]
    NotAnObject {
        /// `metadata` or `policy`.
        place: &'static str,
    },
}

impl FromJson for Metadata {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            format: fields.optional("format")?,
            package: fields.optional("package")?,
            slots: fields.nullable("slots")?,
            execution: fields.field("execution")?,
            setup_commands: fields.nullable("setup_commands")?,
            cache_validation: fields.field("cache_validation")?,
            runtime: fields.field("runtime")?,
            workenv: fields.field("workenv")?,
            policy: fields.field("policy")?,
            launcher: fields.field("launcher")?,
            build: fields.field("build")?,
            seal: fields.field("seal")?,
            signing: fields.field("signing")?,
            profile: fields.field("profile")?,
        })
    }
}

impl FromJson for Package {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            name: fields.optional("name")?,
            version: fields.optional("version")?,
            description: fields.field("description")?,
        })
    }
}

impl FromJson for LauncherInfo {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            tool: fields.field("tool")?,
            tool_version: fields.field("tool_version")?,
            checksum: fields.field("checksum")?,
        })
    }
}

impl FromJson for BuildInfo {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Self {
            tool: fields.field("tool")?,
            tool_version: fields.field("tool_version")?,
        })
    }
}

impl FromJson for SigningInfo {
    fn from_json(value: Value) -> Result<Self, Error> {
        let key = Fields::of(value)?.field("key")?;
        Ok(Self { key })
    }
}

impl Metadata {
    /// Reads the uncompressed JSON, refusing duplicate keys at any depth.
    pub fn parse(json: &[u8]) -> Result<Self, MetadataError> {
        let document = strict_json::read(json)?;
        if !document.is_object() {
            return Err(MetadataError::NotAnObject { place: "metadata" });
        }
        Ok(Self::from_json(document)?)
    }

    /// The package's own policy. A policy with an unknown key or a wrong type is an error: it would
    /// otherwise be obeyed in part.
    pub fn package_policy(&self) -> Result<Option<PackagePolicy>, MetadataError> {
        match &self.policy {
            None | Some(Value::Null) => Ok(None),
            Some(policy @ Value::Object(_)) => Ok(Some(PackagePolicy::from_json(policy.clone())?)),
            Some(_) => Err(MetadataError::NotAnObject { place: "policy" }),
        }
    }

    /// True when the package announces a seal.
    pub fn announces_seal(&self) -> bool {
        self.seal.is_some()
    }

    /// True when the package says that its key came from a seed that anyone can know.
    pub fn has_development_key(&self) -> bool {
        self.signing.as_ref().is_some_and(|signing| signing.key == "seed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document of section 1.10.
    pub const VECTOR: &str = r#"{"format":"PSPF/2025","format_version":"1.0.0","package":{"name":"vec","version":"1.0"},"slots":[{"slot":0,"id":"a","source":"a.txt","target":"a.txt","size":6,"checksum":"sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","operations":"none","purpose":"data","lifecycle":"runtime","permissions":"0644"}],"execution":{"command":"/bin/cat {workenv}/a.txt","env":{}},"setup_commands":[]}"#;

    #[test]
    fn known_answer_document() {
        let metadata = Metadata::parse(VECTOR.as_bytes()).unwrap();
        assert_eq!(metadata.package.name, "vec");
        assert_eq!(metadata.slots[0].id, "a");
        assert!(!metadata.announces_seal() && metadata.package_policy().unwrap().is_none());
    }

    #[test]
    fn smallest_and_null_arrays() {
        let metadata = Metadata::parse(br#"{"slots":null,"setup_commands":null,"policy":null,"x":1}"#).unwrap();
        assert!(metadata.slots.is_empty() && metadata.package_policy().unwrap().is_none());
        assert!(Metadata::parse(b"[]").is_err());
        assert!(Metadata::parse(br#"{"format":1}"#).is_err());
    }

    #[test]
    fn partial_package_policy_is_not_ignored() {
        let metadata = Metadata::parse(br#"{"policy":{"refuse_root":true}}"#).unwrap();
        assert!(metadata.package_policy().unwrap().unwrap().refuse_root);
        for bad in [
            r#"{"policy":{"refuse_rot":true}}"#,
            r#"{"policy":{"refuse_root":"yes"}}"#,
            r#"{"policy":[]}"#,
        ] {
            let metadata = Metadata::parse(bad.as_bytes()).unwrap();
            assert!(metadata.package_policy().is_err(), "{bad}");
        }
    }
}
