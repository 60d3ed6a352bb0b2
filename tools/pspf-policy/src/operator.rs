//! `policy.json`: the form (section 5.4 of the format reference).

use std::path::{Path, PathBuf};

use pspf_format::json::{Fields, FromJson, unknown};
use serde_json::{Error, Value};

use crate::error::PolicyError;
use crate::files::{Places, read_json};

/// One `policy.json`, of the operator or of the user. Unknown keys are errors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorPolicy {
    /// The version of the file; a higher one than 1 is accepted as long as its keys are known.
    version: u64,
    /// Who must have signed.
    pub trust: Trust,
    /// Where and how long packages may run.
    pub execution: Execution,
    /// What packages must bring.
    pub attestation: Attestation,
    /// What follows from a violation.
    pub enforcement: Enforcement,
    /// Where this policy was read.
    pub origin: PathBuf,
}

/// Section `trust`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// The package's key must be in the trust store.
    pub require_trusted_key: bool,
    /// Not supported by anybody, and therefore always a violation.
    pub use_os_keychain: bool,
}

/// Section `execution`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Execution {
    /// Nothing runs as root.
    pub refuse_root: bool,
    /// Oldest allowed package, in days since its build.
    pub max_age_days: Option<u64>,
    /// Platforms such as `linux_amd64`; empty allows all.
    pub allow_platforms: Vec<String>,
}

/// Section `attestation`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attestation {
    /// The package must bring a list of its parts.
    pub require_sbom: bool,
}

/// What follows from a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Response {
    /// Nothing.
    Allow,
    /// A line on stderr.
    Warn,
    /// The package does not run.
    Deny,
}

impl FromJson for OperatorPolicy {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        let policy = OperatorPolicy {
            version: fields.field("version")?,
            trust: fields.optional("trust")?,
            execution: fields.optional("execution")?,
            attestation: fields.optional("attestation")?,
            enforcement: fields.optional("enforcement")?,
            origin: PathBuf::new(),
        };
        fields.end()?;
        Ok(policy)
    }
}

impl FromJson for Trust {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        let trust = Trust {
            require_trusted_key: fields.optional("require_trusted_key")?,
            use_os_keychain: fields.optional("use_os_keychain")?,
        };
        fields.end()?;
        Ok(trust)
    }
}

impl FromJson for Execution {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        let execution = Execution {
            refuse_root: fields.optional("refuse_root")?,
            max_age_days: fields.field("max_age_days")?,
            allow_platforms: fields.optional("allow_platforms")?,
        };
        fields.end()?;
        Ok(execution)
    }
}

impl FromJson for Attestation {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        let require_sbom = fields.optional("require_sbom")?;
        fields.end()?;
        Ok(Attestation { require_sbom })
    }
}

impl FromJson for Enforcement {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        let enforcement = Enforcement {
            default: fields.field("default")?,
            platform_mismatch: fields.field("platform_mismatch")?,
            root_execution: fields.field("root_execution")?,
            expired_package: fields.field("expired_package")?,
            missing_env: fields.field("missing_env")?,
            missing_sbom: fields.field("missing_sbom")?,
            untrusted_key: fields.field("untrusted_key")?,
            os_keychain: fields.field("os_keychain")?,
        };
        fields.end()?;
        Ok(enforcement)
    }
}

impl FromJson for Response {
    fn from_json(value: Value) -> Result<Self, Error> {
        match String::from_json(value)?.as_str() {
            "allow" => Ok(Self::Allow),
            "warn" => Ok(Self::Warn),
            "deny" => Ok(Self::Deny),
            other => Err(unknown("variant", other, &["allow", "warn", "deny"])),
        }
    }
}

/// The checks, by the names they have in section `enforcement`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the file's")]
pub enum Check {
    PlatformMismatch,
    RootExecution,
    ExpiredPackage,
    MissingEnv,
    MissingSbom,
    UntrustedKey,
    OsKeychain,
}

/// Section `enforcement`: a response per check; `default` for those that are not named, and deny without a default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the file's")]
pub struct Enforcement {
    pub default: Option<Response>,
    pub platform_mismatch: Option<Response>,
    pub root_execution: Option<Response>,
    pub expired_package: Option<Response>,
    pub missing_env: Option<Response>,
    pub missing_sbom: Option<Response>,
    pub untrusted_key: Option<Response>,
    pub os_keychain: Option<Response>,
}

impl Enforcement {
    /// The response that the file names for `check`, by itself or as the default.
    pub fn named(&self, check: Check) -> Option<Response> {
        let own = match check {
            Check::PlatformMismatch => self.platform_mismatch,
            Check::RootExecution => self.root_execution,
            Check::ExpiredPackage => self.expired_package,
            Check::MissingEnv => self.missing_env,
            Check::MissingSbom => self.missing_sbom,
            Check::UntrustedKey => self.untrusted_key,
            Check::OsKeychain => self.os_keychain,
        };
        own.or(self.default)
    }
}

impl OperatorPolicy {
    /// Reads the operator's policy and the user's, those that exist, in this order. They are kept apart: each is
    /// judged by itself, so that neither can loosen the other.
    ///
    /// # Errors
    /// A file that cannot be read or understood.
    pub fn read_all(places: &Places) -> Result<Vec<Self>, PolicyError> {
        let system = Self::read(&places.system.join("policy.json"), true)?;
        let user = places
            .user
            .as_ref()
            .map(|dir| Self::read(&dir.join("policy.json"), false))
            .transpose()?;
        Ok(system.into_iter().chain(user.flatten()).collect())
    }

    /// Reads one file; `None` when it does not exist.
    ///
    /// # Errors
    /// A file that cannot be read or understood.
    pub fn read(path: &Path, operators: bool) -> Result<Option<Self>, PolicyError> {
        let Some(mut policy) = read_json::<Self>(path, operators)? else {
            return Ok(None);
        };
        if policy.version == 0 {
            let what = "expected `version` 1, found 0".to_owned();
            return Err(PolicyError::Malformed {
                path: path.to_owned(),
                what,
            });
        }
        policy.origin = path.to_owned();
        Ok(Some(policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Option<OperatorPolicy>, PolicyError> {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("policy.json");
        std::fs::write(&path, json).unwrap();
        OperatorPolicy::read(&path, true)
    }

    #[test]
    fn every_key_is_understood() {
        let policy = read(
            r#"{"version":1,"trust":{"require_trusted_key":true,"use_os_keychain":false},
                "execution":{"refuse_root":true,"max_age_days":3,"allow_platforms":["linux_amd64"]},
                "attestation":{"require_sbom":true},
                "enforcement":{"default":"warn","untrusted_key":"deny"}}"#,
        )
        .unwrap()
        .unwrap();
        assert!(policy.trust.require_trusted_key && policy.execution.refuse_root && policy.attestation.require_sbom);
        assert_eq!(policy.enforcement.named(Check::UntrustedKey), Some(Response::Deny));
        assert_eq!(policy.enforcement.named(Check::MissingSbom), Some(Response::Warn));
        assert_eq!(Enforcement::default().named(Check::MissingSbom), None);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for json in [
            r#"{"execution":{}}"#,
            r#"{"version":0}"#,
            r#"{"version":1,"exec":{}}"#,
            r#"{"version":1,"execution":{"refuse_rot":true}}"#,
            r#"{"version":1,"enforcement":{"default":"never"}}"#,
            r#"{"version":1,"execution":{"max_age_days":-1}}"#,
            "[]",
            "{",
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains("policy.json cannot be used: "), "{json}: {error}");
        }
    }
}
