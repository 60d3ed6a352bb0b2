//! Asking the policies, at every start.

use std::time::{SystemTime, UNIX_EPOCH};

use pspf_format::PublicKey;
use pspf_policy::{Facts, OperatorPolicy, Places, TrustStore, check};

use crate::environ::Environment;
use crate::failure::{Code, Failure};
use crate::plan::Plan;
use crate::say::Say;

/// Refuses the start if a policy does.
///
/// # Errors
/// Exit code 1 with every condition that does not hold; 104 for a policy that cannot be read.
pub fn pass(plan: &Plan, places: &Places, say: &Say) -> Result<(), Failure> {
    let policies = OperatorPolicy::read_all(places)?;
    if policies.is_empty() && plan.policy.is_none() {
        return Ok(());
    }
    let key = PublicKey::from_bytes(plan.key);
    // Keys are read only for a policy that asks for them.
    let store = match policies.iter().any(|policy| policy.trust.require_trusted_key) {
        true => TrustStore::read(places)?,
        false => TrustStore::default(),
    };
    let environment = Environment::of_process();
    let facts = Facts {
        platform: PLATFORM,
        root: pspf_cache::is_root(),
        built: plan.built,
        now: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_secs()),
        key_id: &key.key_id(),
        trusted: &|| store.find(&key).is_some(),
        sbom: plan.sbom,
        has_env: &|name| environment.get(name).is_some(),
    };
    let verdict = check(&policies, plan.policy.as_ref(), &facts);
    for violation in &verdict.warned {
        say.warn(&violation.to_string());
    }
    if verdict.denied.is_empty() {
        return Ok(());
    }
    let denied: Vec<String> = verdict.denied.iter().map(ToString::to_string).collect();
    Err(Failure::new(
        Code::Refused,
        format!("a policy forbids this start: {}", denied.join("; ")),
    ))
}

/// This platform, as policies name it.
pub const PLATFORM: &str = platform();

const fn platform() -> &'static str {
    // The format's names are those of Go.
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        "linux_amd64"
    } else if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
        "linux_arm64"
    } else if cfg!(all(target_os = "macos", target_arch = "x86_64")) {
        "darwin_amd64"
    } else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        "darwin_arm64"
    } else if cfg!(all(windows, target_arch = "x86_64")) {
        "windows_amd64"
    } else if cfg!(all(windows, target_arch = "aarch64")) {
        "windows_arm64"
    } else {
        "unknown"
    }
}
