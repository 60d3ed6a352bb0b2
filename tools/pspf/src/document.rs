//! The metadata JSON in the making.

use pspf_format::SEAL_NAME;
use pspf_format::layout::MAX_METADATA_JSON;
use pspf_format::metadata::{CacheValidation, PackagePolicy, RuntimeEnv, SetupCommand, WorkenvDirectory};
use serde_json::{Map, Value, json};

use crate::store::relative_target;
use crate::{Error, Profile, SlotRecord, Target};

/// Everything the document says, but for slots and signing.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub name: String,
    pub version: String,
    pub description: Option<String>,
    pub command: Option<String>,
    pub env: Vec<(String, String)>,
    pub setup_commands: Vec<SetupCommand>,
    pub directories: Vec<WorkenvDirectory>,
    pub workenv_env: Vec<(String, String)>,
    pub runtime: Option<RuntimeEnv>,
    pub cache_validation: Option<CacheValidation>,
    pub policy: Option<PackagePolicy>,
    pub custom: Map<String, Value>,
    pub build_time: u64,
    pub profile: Profile,
    pub target: Target,
}

impl Document {
    /// The JSON text; `origin` says where the signing key came from.
    pub fn json(&self, slots: &[SlotRecord], origin: &str) -> Result<Vec<u8>, Error> {
        let mut top = Map::new();
        let mut put = |key: &str, value: Value| top.insert(key.to_owned(), value);
        put("format", "PSPF/2025".into());
        put("format_version", "1.0.0".into());
        put("package", self.package());
        put("slots", self.slots(slots)?);
        if let Some(command) = &self.command {
            put("execution", json!({ "command": command, "env": object(&self.env) }));
        }
        put("setup_commands", value(&self.setup_commands)?);
        if !self.directories.is_empty() || !self.workenv_env.is_empty() {
            put("workenv", self.workenv()?);
        }
        if let Some(runtime) = &self.runtime {
            put("runtime", json!({ "env": value(runtime)? }));
        }
        if let Some(validation) = &self.cache_validation {
            put("cache_validation", value(validation)?);
        }
        if let Some(policy) = &self.policy {
            put("policy", policy_value(policy));
        }
        put("build", self.build());
        for (key, custom) in self.custom.iter().filter(|(key, _)| *key != "build") {
            put(key, custom.clone());
        }
        put("profile", self.profile.word().into());
        put("signing", json!({ "key": origin }));
        put("seal", SEAL_NAME.into());
        check_length(Value::Object(top).to_string().into_bytes())
    }

    fn package(&self) -> Value {
        let mut package = json!({ "name": self.name, "version": self.version });
        if let Some(description) = &self.description {
            package["description"] = description.as_str().into();
        }
        package
    }

    fn slots(&self, slots: &[SlotRecord]) -> Result<Value, Error> {
        let entry = |(position, slot): (usize, &SlotRecord)| slot.entry(position).map_err(Error::slot(&slot.id));
        value(&slots.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?)
    }

    /// Directories are written below `{workenv}`, where the Go launcher wants them.
    fn workenv(&self) -> Result<Value, Error> {
        let inside = |directory: &WorkenvDirectory| {
            let path = relative_target(&directory.path)?;
            Ok(WorkenvDirectory {
                path: format!("{{workenv}}/{}", path.as_path().display()),
                mode: directory.mode.clone(),
            })
        };
        let directories = self.directories.iter().map(inside).collect::<Result<Vec<_>, Error>>()?;
        let mut workenv = json!({ "directories": value(&directories)? });
        if !self.workenv_env.is_empty() {
            workenv["env"] = object(&self.workenv_env);
        }
        Ok(workenv)
    }

    /// The block that FlavorPack's Rust launcher wants complete if it is there at all, with what the
    /// caller adds to it.
    fn build(&self) -> Value {
        let (os, cpu) = match self.target {
            Target::Platform(platform) => (platform.os(), platform.cpu()),
            Target::Any => ("any", "any"),
        };
        let mut build = json!({
            "tool": "buckpack",
            "tool_version": env!("CARGO_PKG_VERSION"),
            "timestamp": rfc3339(self.build_time),
            "deterministic": true,
            "platform": { "os": os, "arch": cpu },
        });
        if let Some(Value::Object(custom)) = self.custom.get("build") {
            for (key, value) in custom {
                // FlavorPack's field is an object; a platform in words stays beside it.
                let key = if key == "platform" && !value.is_object() {
                    "platform_name"
                } else {
                    key
                };
                build[key] = value.clone();
            }
        }
        build
    }
}

/// All four keys but an unset age: FlavorPack's Rust launcher drops a policy that lacks one.
fn policy_value(policy: &PackagePolicy) -> Value {
    let mut value =
        json!({ "platforms": policy.platforms, "refuse_root": policy.refuse_root, "require_env": policy.require_env });
    if let Some(days) = policy.max_age_days {
        value["max_age_days"] = days.into();
    }
    value
}

/// Refuses a document that FlavorPack's Rust launcher, or our reader, would not read to its end.
pub(crate) fn check_length(json: Vec<u8>) -> Result<Vec<u8>, Error> {
    if json.len() <= MAX_METADATA_JSON {
        return Ok(json);
    }
    Err(Error::field(
        "metadata",
        format!("at most {MAX_METADATA_JSON} bytes of JSON"),
        json.len().to_string(),
    ))
}

fn object(pairs: &[(String, String)]) -> Value {
    pairs
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect::<Map<_, _>>()
        .into()
}

fn value(of: &impl serde::Serialize) -> Result<Value, Error> {
    serde_json::to_value(of).map_err(|source| Error::Json {
        what: "metadata".into(),
        source,
    })
}

/// Unix seconds as RFC 3339, UTC (days to civil date after Howard Hinnant's algorithm).
fn rfc3339(seconds: u64) -> String {
    let (days, second) = ((seconds / 86400) as i64, seconds % 86400);
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(rfc3339(1_735_689_599), "2024-12-31T23:59:59Z");
    }

    #[test]
    fn policies_are_written_whole() {
        let policy = PackagePolicy {
            refuse_root: true,
            ..PackagePolicy::default()
        };
        assert_eq!(
            policy_value(&policy).to_string(),
            r#"{"platforms":[],"refuse_root":true,"require_env":[]}"#
        );
    }
}
