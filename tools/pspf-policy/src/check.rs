//! Judging a package by the policies.

use std::fmt;
use std::path::Path;

use pspf_format::metadata::PackagePolicy;

use crate::operator::{Check, OperatorPolicy, Response};

/// What is known about the package and this start.
pub struct Facts<'a> {
    /// This platform, such as `linux_amd64`.
    pub platform: &'a str,
    /// Whether the effective user is root.
    pub root: bool,
    /// When the package was built, in Unix seconds; zero when it does not say.
    pub built: u64,
    /// Now, in Unix seconds.
    pub now: u64,
    /// The first 16 digits of the key's fingerprint, for the message.
    pub key_id: &'a str,
    /// Whether the key is in the trust store; asked only if a policy requires it.
    pub trusted: &'a dyn Fn() -> bool,
    /// Whether the package brings a list of its parts whose digest the index block names and which reads as one.
    pub sbom: bool,
    /// Whether an environment variable is set.
    pub has_env: &'a dyn Fn(&str) -> bool,
}

/// A condition that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which check.
    pub check: Check,
    /// Deny or warn.
    pub response: Response,
    /// What was required and what was found.
    pub what: String,
    /// Whose condition it is: a file, or the package.
    pub origin: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (required by {})", self.what, self.origin)
    }
}

/// What the policies say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Violations that stop the start.
    pub denied: Vec<Violation>,
    /// Violations that are only told.
    pub warned: Vec<Violation>,
}

/// Judges by every policy on its own, and by the package's: what one denies is denied.
///
/// A file's own responses apply to its own conditions. The package's conditions deny, unless the files that name a
/// response for the check all name a softer one.
pub fn check(policies: &[OperatorPolicy], package: Option<&PackagePolicy>, facts: &Facts<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    let mut violated = |check, response, origin: String, what: String| match response {
        Response::Allow => {}
        Response::Warn => verdict.warned.push(Violation {
            check,
            response,
            what,
            origin,
        }),
        Response::Deny => verdict.denied.push(Violation {
            check,
            response,
            what,
            origin,
        }),
    };
    for policy in policies {
        for (check, what) in conditions(policy, facts) {
            let response = policy.enforcement.named(check).unwrap_or(Response::Deny);
            violated(check, response, name(&policy.origin), what);
        }
    }
    for (check, what) in package
        .map(|package| package_conditions(package, facts))
        .unwrap_or_default()
    {
        let named = policies
            .iter()
            .filter_map(|policy| policy.enforcement.named(check))
            .max();
        violated(check, named.unwrap_or(Response::Deny), "the package".to_owned(), what);
    }
    verdict
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// The conditions of one file that do not hold.
fn conditions(policy: &OperatorPolicy, facts: &Facts<'_>) -> Vec<(Check, String)> {
    let mut broken = Vec::new();
    broken.extend(platform(&policy.execution.allow_platforms, facts));
    broken.extend(root(policy.execution.refuse_root, facts));
    broken.extend(age(policy.execution.max_age_days, facts));
    if policy.attestation.require_sbom && !facts.sbom {
        let what = "the package brings no valid list of its parts (SBOM) bound to its index".to_owned();
        broken.push((Check::MissingSbom, what));
    }
    if policy.trust.use_os_keychain {
        let what = "the system's key chain is to be used, which is not supported".to_owned();
        broken.push((Check::OsKeychain, what));
    }
    if policy.trust.require_trusted_key && !(facts.trusted)() {
        let what = format!(
            "the package's key {} is not trusted; add it with `psp trust add`",
            facts.key_id
        );
        broken.push((Check::UntrustedKey, what));
    }
    broken
}

/// The package's own conditions that do not hold.
fn package_conditions(package: &PackagePolicy, facts: &Facts<'_>) -> Vec<(Check, String)> {
    let mut broken = Vec::new();
    broken.extend(platform(&package.platforms, facts));
    broken.extend(root(package.refuse_root, facts));
    broken.extend(age(package.max_age_days, facts));
    for name in package.require_env.iter().filter(|name| !(facts.has_env)(name)) {
        broken.push((Check::MissingEnv, format!("the environment variable {name} is not set")));
    }
    broken
}

fn platform(allowed: &[String], facts: &Facts<'_>) -> Option<(Check, String)> {
    let broken = !allowed.is_empty() && allowed.iter().all(|platform| platform != facts.platform);
    broken.then(|| {
        let what = format!(
            "this platform is {}, expected one of {}",
            facts.platform,
            allowed.join(", ")
        );
        (Check::PlatformMismatch, what)
    })
}

fn root(refuse: bool, facts: &Facts<'_>) -> Option<(Check, String)> {
    (refuse && facts.root).then(|| (Check::RootExecution, "it must not run as root".to_owned()))
}

fn age(limit: Option<u64>, facts: &Facts<'_>) -> Option<(Check, String)> {
    const DAY: u64 = 24 * 60 * 60;
    let limit = limit?;
    let what = if facts.built == 0 {
        format!("the package does not say when it was built, expected at most {limit} days ago")
    } else {
        // A build time in the future is a wrong clock, not an old package.
        let age = facts.now.saturating_sub(facts.built);
        if age <= limit.saturating_mul(DAY) {
            return None;
        }
        format!("the package was built {} days ago, expected at most {limit}", age / DAY)
    };
    Some((Check::ExpiredPackage, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str, origin: &str) -> OperatorPolicy {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("policy.json");
        std::fs::write(&path, json).unwrap();
        let mut policy = OperatorPolicy::read(&path, true).unwrap().unwrap();
        policy.origin = origin.into();
        policy
    }

    const FACTS: Facts<'static> = Facts {
        platform: "linux_amd64",
        root: true,
        built: 0,
        now: 100 * 24 * 60 * 60,
        key_id: "0123456789abcdef",
        trusted: &|| false,
        sbom: false,
        has_env: &|name| name == "SET",
    };

    fn denied(policies: &[OperatorPolicy], package: Option<&PackagePolicy>, facts: &Facts<'_>) -> Vec<String> {
        check(policies, package, facts)
            .denied
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_user_cannot_loosen_the_system() {
        let system = policy(
            r#"{"version":1,"execution":{"refuse_root":true}}"#,
            "/etc/flavor/policy.json",
        );
        let user = policy(
            r#"{"version":1,"execution":{"refuse_root":false},"enforcement":{"default":"allow"}}"#,
            "/home/policy.json",
        );
        let expected = ["it must not run as root (required by /etc/flavor/policy.json)"];
        assert_eq!(denied(&[system.clone(), user.clone()], None, &FACTS), expected);
        assert_eq!(denied(&[user, system], None, &FACTS), expected);
    }

    #[test]
    fn a_package_without_a_build_time_has_expired() {
        let strict = policy(r#"{"version":1,"execution":{"max_age_days":3}}"#, "p");
        let all = std::slice::from_ref(&strict);
        assert_eq!(
            denied(all, None, &FACTS),
            ["the package does not say when it was built, expected at most 3 days ago (required by p)"]
        );
        let day = 24 * 60 * 60;
        assert!(
            denied(
                all,
                None,
                &Facts {
                    built: 97 * day,
                    ..FACTS
                }
            )
            .is_empty()
        );
        assert_eq!(
            denied(
                all,
                None,
                &Facts {
                    built: 96 * day,
                    ..FACTS
                }
            ),
            ["the package was built 4 days ago, expected at most 3 (required by p)"]
        );
    }

    #[test]
    fn every_condition_of_a_partial_package_policy_counts() {
        for (package, expected) in [
            (
                PackagePolicy {
                    refuse_root: true,
                    ..PackagePolicy::default()
                },
                "it must not run as root",
            ),
            (
                PackagePolicy {
                    platforms: vec!["darwin_arm64".into()],
                    ..PackagePolicy::default()
                },
                "this platform is linux_amd64, expected one of darwin_arm64",
            ),
            (
                PackagePolicy {
                    require_env: vec!["SET".into(), "UNSET".into()],
                    ..PackagePolicy::default()
                },
                "the environment variable UNSET is not set",
            ),
        ] {
            assert_eq!(
                denied(&[], Some(&package), &FACTS),
                [format!("{expected} (required by the package)")]
            );
        }
    }

    #[test]
    fn trust_sbom_and_key_chain() {
        let strict = policy(
            r#"{"version":1,"trust":{"require_trusted_key":true,"use_os_keychain":true},"attestation":{"require_sbom":true}}"#,
            "p",
        );
        assert_eq!(denied(std::slice::from_ref(&strict), None, &FACTS).len(), 3);
        let good = Facts {
            trusted: &|| true,
            sbom: true,
            ..FACTS
        };
        assert_eq!(denied(&[strict], None, &good).len(), 1);
    }

    #[test]
    fn responses() {
        let soft = policy(
            r#"{"version":1,"execution":{"refuse_root":true,"max_age_days":1},"enforcement":{"default":"warn","expired_package":"allow"}}"#,
            "p",
        );
        let verdict = check(&[soft], None, &FACTS);
        assert!(verdict.denied.is_empty());
        assert_eq!(verdict.warned.len(), 1);
    }

    #[test]
    fn a_package_condition_softens_only_where_every_file_says_so() {
        let package = PackagePolicy {
            refuse_root: true,
            ..PackagePolicy::default()
        };
        let warn = policy(r#"{"version":1,"enforcement":{"root_execution":"warn"}}"#, "w");
        let deny = policy(r#"{"version":1,"enforcement":{"default":"deny"}}"#, "d");
        assert!(denied(std::slice::from_ref(&warn), Some(&package), &FACTS).is_empty());
        assert_eq!(denied(&[warn, deny], Some(&package), &FACTS).len(), 1);
    }
}
