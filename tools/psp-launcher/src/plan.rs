//! What a start needs to know about a package: the launcher's part of the record.
//!
//! It is made from the verified metadata on a cold start and read back on warm ones, so that these read nothing of
//! the package but its trailer.

use pspf_format::Metadata;
use pspf_format::json::{Fields, FromJson};
use pspf_format::metadata::{CacheValidation, PackagePolicy, RuntimeEnv, SetupCommand};
use pspf_verify::{Package, ReadAt};
use serde::Serialize;
use serde_json::{Error, Value};

use crate::failure::{Code, Failure};
use crate::placeholders::slot_numbers;
use crate::target::Target;

/// The launcher's part of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The command with placeholders.
    pub command: String,
    /// `execution.env`
    pub env: Vec<(String, String)>,
    /// `workenv.env`
    pub workenv_env: Vec<(String, String)>,
    /// `runtime.env`
    pub runtime: RuntimeEnv,
    /// The file that tells whether the unpacked package is complete.
    pub cache_validation: Option<CacheValidation>,
    /// The package's own conditions.
    pub policy: Option<PackagePolicy>,
    /// Places of the slots that the texts above name.
    pub slots: Vec<(u64, String)>,
    /// When the package was built, in Unix seconds; zero when it does not say.
    pub built: u64,
    /// The package's public key.
    pub key: [u8; 32],
    /// Whether the package brings a valid list of its parts.
    pub sbom: bool,
}

impl FromJson for Plan {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(Plan {
            command: fields.field("command")?,
            env: fields.field("env")?,
            workenv_env: fields.field("workenv_env")?,
            runtime: fields.field("runtime")?,
            cache_validation: fields.field("cache_validation")?,
            policy: fields.field("policy")?,
            slots: fields.field("slots")?,
            built: fields.field("built")?,
            key: fields.field("key")?,
            sbom: fields.field("sbom")?,
        })
    }
}

impl Plan {
    /// The plan for a package of which everything but the payloads was verified.
    ///
    /// # Errors
    /// A package without a command, or with a slot that has no place in the workenv.
    pub fn new<R: ReadAt + ?Sized>(package: &Package<'_, R>) -> Result<Self, Failure> {
        let metadata = package.metadata();
        let Some(execution) = metadata
            .execution
            .clone()
            .filter(|execution| !execution.command.trim().is_empty())
        else {
            let what = "the package names no command (`execution.command`), so there is nothing to run; \
                        FLAVOR_LAUNCHER_CLI=1 shows what is in it";
            return Err(Failure::new(Code::Execution, what));
        };
        let workenv_env = metadata.workenv.clone().unwrap_or_default().env;
        let policy = metadata
            .package_policy()
            .map_err(|error| Failure::of(Code::Format, &error))?;
        let values = execution
            .env
            .iter()
            .chain(&workenv_env)
            .map(|(_, value)| value.as_str());
        let texts = [execution.command.as_str()].into_iter().chain(values);
        let slots = places(package, metadata, texts)?;
        Ok(Plan {
            slots,
            command: execution.command,
            env: execution.env,
            workenv_env,
            runtime: metadata.runtime.clone().unwrap_or_default().env,
            cache_validation: metadata.cache_validation.clone(),
            policy,
            built: package.index().build_timestamp.get(),
            key: package.index().public_key,
            sbom: package.brings_sbom()?,
        })
    }
}

/// The places of the slots that `texts` and the setup commands name.
fn places<'t, R: ReadAt + ?Sized>(
    package: &Package<'_, R>,
    metadata: &'t Metadata,
    texts: impl Iterator<Item = &'t str>,
) -> Result<Vec<(u64, String)>, Failure> {
    let setup = metadata.setup_commands.iter().flat_map(SetupCommand::texts);
    let mut numbers: Vec<u64> = texts.chain(setup).flat_map(slot_numbers).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut places = Vec::new();
    for number in numbers {
        let Some(slot) = usize::try_from(number)
            .ok()
            .and_then(|number| package.slots().get(number))
        else {
            continue;
        };
        let place = if slot.chain.is_tar() {
            String::new()
        } else {
            Target::of_slot(slot)?.as_text()
        };
        places.push((number, place));
    }
    Ok(places)
}
