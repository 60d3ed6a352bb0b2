//! Policies and the operator's limits: what of the environment, the user and the package they overrule.

#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;

use common::forge::{Forge, slot};
use common::{Seen, World, has};
use digest::Sha256;
use pspf_format::PrivateKey;

/// Runs a start where `/etc/flavor` holds these files, in a mount namespace of its own. `None` where that cannot be had.
fn start_with_operator(world: &World, package: &Path, files: &[(&str, &str)], set: &[(&str, &str)]) -> Option<Seen> {
    if !has("unshare") || !has("mount") {
        return None;
    }
    let etc = world.path("etc");
    let _ = fs::remove_dir_all(&etc);
    fs::create_dir_all(etc.join("flavor")).unwrap();
    for (name, text) in files {
        fs::write(etc.join("flavor").join(name), text).unwrap();
    }
    let script = "mount --bind \"$1\" /etc && shift && exec \"$@\"";
    let mut command = world.command("/usr/bin/unshare".as_ref());
    command.args([
        "--user",
        "--map-current-user",
        "--mount",
        "--keep-caps",
        "sh",
        "-c",
        script,
        "sh",
    ]);
    command.arg(&etc).arg(package).envs(set.iter().copied());
    let seen = world.see(&mut command);
    if seen.stderr.starts_with("unshare: ") || seen.stderr.starts_with("mount: ") {
        eprintln!("SKIPPED: no mount namespace here: {}", seen.stderr);
        return None;
    }
    Some(seen)
}

#[test]
fn the_environment_does_not_lower_checks_below_the_operators_floor() {
    let world = World::new();
    let forge = Forge::script("echo ran", vec![]).index(|index| index.integrity_signature = [0; 64]);
    let package = world.write("app.psp", &forge.bytes());
    let floor = [("buckpack.json", r#"{"version":1,"validation_floor":"strict"}"#)];
    let Some(seen) = start_with_operator(&world, &package, &floor, &[("FLAVOR_VALIDATION", "none")]) else {
        return;
    };
    assert_eq!(seen.code, Some(107));
    assert!(
        seen.stderr
            .contains("warning: FLAVOR_VALIDATION asks for less than the operator's floor"),
        "{seen:?}"
    );
    assert!(
        seen.stderr.contains("error: the package is refused: signature: "),
        "{seen:?}"
    );
    // And neither does a record that an earlier start made without the floor.
    assert_eq!(world.start_with(&package, "FLAVOR_VALIDATION", "none").code, Some(0));
    let seen = start_with_operator(&world, &package, &floor, &[("FLAVOR_VALIDATION", "none")]).unwrap();
    assert_eq!(seen.code, Some(107), "{seen:?}");
}

#[test]
fn a_users_policy_does_not_loosen_the_systems() {
    let world = World::new();
    let package = world.script("app.psp", "echo ran");
    let config = world.path("config");
    fs::create_dir(&config).unwrap();
    fs::write(
        config.join("policy.json"),
        r#"{"version":1,"enforcement":{"default":"allow"}}"#,
    )
    .unwrap();
    let system = [("policy.json", r#"{"version":1,"execution":{"max_age_days":1}}"#)];
    let set = [("FLAVOR_CONFIG_DIR", config.to_str().unwrap())];
    let Some(seen) = start_with_operator(&world, &package, &system, &set) else {
        return;
    };
    let expected = "a policy forbids this start: the package does not say when it was built, expected at most 1 days ago \
                    (required by /etc/flavor/policy.json)";
    assert_eq!(seen, Seen::refused(1, expected));
    // A record made while there was no policy changes nothing.
    assert_eq!(world.start(&package), Seen::printed("ran\n"));
    assert_eq!(
        start_with_operator(&world, &package, &system, &set).unwrap().code,
        Some(1)
    );
}

#[test]
fn an_operator_can_forbid_setup_commands_and_bound_sizes() {
    let world = World::new();
    let metadata = serde_json::json!({"setup_commands": [{"type": "execute", "command": "/bin/true"}]});
    let package = world.write("app.psp", &Forge::script("echo ran", vec![]).with(metadata).bytes());
    let forbid = [("buckpack.json", r#"{"version":1,"setup_commands":false}"#)];
    let Some(seen) = start_with_operator(&world, &package, &forbid, &[]) else {
        return;
    };
    let expected = "the package has setup commands, and `setup_commands` in /etc/flavor/buckpack.json forbids them";
    assert_eq!(seen, Seen::refused(1, expected));
    let bound = [("buckpack.json", r#"{"version":1,"max_unpacked_bytes":10}"#)];
    let seen = start_with_operator(&world, &package, &bound, &[]).unwrap();
    assert_eq!(seen.code, Some(1));
    assert!(
        seen.stderr.contains("bytes, expected at most 10 (`max_unpacked_bytes`"),
        "{seen:?}"
    );
    let broken = [("buckpack.json", r#"{"version":1,"validation_flor":"strict"}"#)];
    let seen = start_with_operator(&world, &package, &broken, &[]).unwrap();
    assert_eq!(seen.code, Some(104), "{seen:?}");
}

#[test]
fn max_age_days_fires_for_a_package_without_a_build_time() {
    let world = World::new();
    let policy = serde_json::json!({"policy": {"max_age_days": 10}});
    let package = world.write("app.psp", &Forge::script("echo ran", vec![]).with(policy).bytes());
    for _ in 0..2 {
        let seen = world.start(&package);
        assert_eq!(seen.code, Some(1));
        assert!(
            seen.stderr
                .contains("does not say when it was built, expected at most 10 days ago"),
            "{seen:?}"
        );
        assert_eq!(
            world.entries(),
            [""; 0],
            "nothing is unpacked for a start that is forbidden"
        );
    }
}

#[test]
fn a_partial_package_policy_is_obeyed_and_a_misspelt_one_refused() {
    let world = World::new();
    for (policy, code, what) in [
        (
            serde_json::json!({"require_env": ["NEEDED"]}),
            1,
            "the environment variable NEEDED is not set",
        ),
        (
            serde_json::json!({"platforms": ["plan9_mips"]}),
            1,
            "expected one of plan9_mips",
        ),
        (
            serde_json::json!({"refuse_rot": true}),
            102,
            "policy: expected a policy of known keys",
        ),
    ] {
        let forge = Forge::script("echo ran", vec![]).with(serde_json::json!({ "policy": policy }));
        let package = world.write("app.psp", &forge.bytes());
        let seen = world.start(&package);
        assert!(seen.code == Some(code) && seen.stderr.contains(what), "{seen:?}");
        fs::remove_file(package).unwrap();
    }
    let forge = Forge::script("echo ran", vec![]).with(serde_json::json!({"policy": {"require_env": ["NEEDED"]}}));
    let package = world.write("app.psp", &forge.bytes());
    assert_eq!(world.start_with(&package, "NEEDED", ""), Seen::printed("ran\n"));
}

fn policy_start(world: &World, package: &Path, policy: &str) -> Seen {
    let config = world.path("config");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("policy.json"), policy).unwrap();
    world.start_with(package, "FLAVOR_CONFIG_DIR", config)
}

#[test]
fn a_bogus_slot_is_no_sbom_and_a_bound_one_is() {
    let world = World::new();
    let require = r#"{"version":1,"attestation":{"require_sbom":true}}"#;
    let attestation = |text: &str| {
        let mut attestation = slot("_attestation", "_attestation", text);
        attestation.lifecycle = (11, "attestation");
        attestation.mode = 0o644;
        attestation
    };
    let good = r#"{"sbom":{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}}"#;
    let unbound = Forge::script("echo ran", vec![attestation(good)]);
    let bogus = Forge::script("echo ran", vec![attestation("nothing")])
        .index(|index| index.attestation_sbom_digest = pspf_format::HexField::encode(&Sha256::of(b"nothing")));
    for forge in [Forge::script("echo ran", vec![]), unbound, bogus] {
        let package = world.write("app.psp", &forge.bytes());
        let seen = policy_start(&world, &package, require);
        assert_eq!(seen.code, Some(1), "{seen:?}");
        assert!(
            seen.stderr
                .contains("the package brings no valid list of its parts (SBOM)"),
            "{seen:?}"
        );
        fs::remove_file(package).unwrap();
    }
    let bound = Forge::script("echo ran", vec![attestation(good)]).index(|index| {
        let good = br#"{"sbom":{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}}"#;
        index.attestation_sbom_digest = pspf_format::HexField::encode(&Sha256::of(good));
    });
    let package = world.write("app.psp", &bound.bytes());
    for _ in 0..2 {
        assert_eq!(policy_start(&world, &package, require), Seen::printed("ran\n"));
    }
}

#[test]
fn an_untrusted_key_is_stopped_by_policy_alone_and_a_trusted_one_passes() {
    let world = World::new();
    let package = world.script("app.psp", "echo ran");
    let require = r#"{"version":1,"trust":{"require_trusted_key":true}}"#;
    let seen = policy_start(&world, &package, require);
    assert_eq!(seen.code, Some(1));
    assert!(
        seen.stderr.contains(" is not trusted; add it with `psp trust add`"),
        "{seen:?}"
    );
    let keys = world.path("config/trusted-keys");
    fs::create_dir(&keys).unwrap();
    let pem = PrivateKey::from_seed("test").public().to_pem().unwrap();
    fs::write(keys.join("me.pub"), format!("# Name: me\n{pem}")).unwrap();
    assert_eq!(policy_start(&world, &package, require), Seen::printed("ran\n"));
}
