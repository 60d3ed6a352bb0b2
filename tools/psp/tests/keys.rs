//! Keys: made once, kept in the trust store, asked for by policies.

mod world;

use snapbox::{assert_data_eq, str};
use world::World;

#[test]
fn keygen_never_overwrites_unless_forced() {
    let world = World::new();
    let first = world.psp(&["keygen"]);
    assert_eq!(first.code, Some(0));
    assert_data_eq!(
        first.stderr,
        str![[r#"
made keys/flavor-private.key and keys/flavor-public.key

"#]]
    );
    let private = world.read("keys/flavor-private.key");
    let again = world.psp(&["keygen"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(5), ""));
    assert_data_eq!(
        again.stderr,
        str![[r#"
psp: error: keys/flavor-private.key exists: choose another --out-dir, or --force to replace the key for good

"#]]
    );
    assert_eq!(world.read("keys/flavor-private.key"), private);
    assert_eq!(world.psp(&["keygen", "--force"]).code, Some(0));
    assert_ne!(world.read("keys/flavor-private.key"), private);
}

#[cfg(unix)]
#[test]
fn private_keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.psp(&["keygen"]);
    let mode = |name: &str| std::fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("keys"), mode("keys/flavor-private.key")), (0o700, 0o600));
}

#[test]
fn made_keys_sign_and_verify() {
    let world = World::new();
    world.hello();
    let id = world.psp(&["keygen"]).stdout;
    world.psp(&[
        "sign",
        "hello.psp",
        "--private-key",
        "keys/flavor-private.key",
        "-o",
        "r.psp",
    ]);
    let verified = world.psp_ok(&["verify", "r.psp", "--key", "keys/flavor-public.key"]);
    assert_eq!(
        verified,
        format!("ok       signed and sealed by {}, a key you named\n", id.trim())
    );
}

#[test]
fn trust_is_kept_and_withdrawn() {
    let world = World::new();
    world
        .hello()
        .file("key.pem", pspf::PrivateKey::from_seed("s1").public().to_pem().unwrap());
    let added = world.psp(&["trust", "add", "key.pem", "--name", "me"]);
    assert_eq!(added.code, Some(0));
    assert_data_eq!(
        added.stderr,
        str![[r#"
trusted: [..]/home/.config/flavor/trusted-keys/123b3456462c7d4e.pub

"#]]
    );
    assert_data_eq!(
        world.psp_ok(&["trust", "list"]),
        str![[r#"
123b3456462c7d4e  [..]/home/.config/flavor/trusted-keys/123b3456462c7d4e.pub  me

"#]]
    );
    assert_data_eq!(
        world.psp_ok(&["verify", "hello.psp"]),
        str![[r#"
ok       signed and sealed by 123b3456462c7d4e, a key you trust

"#]]
    );
    assert_eq!(world.psp(&["trust", "remove", "123b3456462c7d4e"]).code, Some(0));
    assert_eq!(world.psp_ok(&["trust", "list"]), "");
    let missing = world.psp(&["trust", "remove", "123b3456462c7d4e"]);
    assert_eq!(missing.code, Some(3));
    assert_data_eq!(
        missing.stderr,
        str![[r#"
psp: error: no trusted key 123b3456462c7d4e; `psp trust list` shows those there are

"#]]
    );
}

#[test]
fn only_sound_public_keys_are_trusted() {
    let world = World::new();
    // SPKI of the point (0, 1), whose signatures verify any message.
    world.file("weak.pem", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n");
    world.file("private.pem", pspf::PrivateKey::from_seed("x").to_pem());
    let weak = world.psp(&["trust", "add", "weak.pem"]);
    assert_eq!(weak.code, Some(1));
    assert_data_eq!(
        weak.stderr,
        str![[r#"
psp: error: weak.pem holds a key of small order, which verifies any message: refused

"#]]
    );
    let private = world.psp(&["trust", "add", "private.pem"]);
    assert_eq!(private.code, Some(1));
    assert_data_eq!(
        private.stderr,
        str![[r#"
psp: error: cannot use private.pem
  caused by: expected an Ed25519 public key in PEM form (PUBLIC KEY), found `-----BEGIN PRIVATE KEY-----`

"#]]
    );
    assert!(!world.path("home").exists());
}

#[test]
fn policies_are_shown_and_tried() {
    let world = World::new();
    world.hello();
    assert_data_eq!(
        world.psp_ok(&["policy", "show"]),
        str![[r#"
no policy: any package with a valid signature runs
validation floor: none

"#]]
    );
    assert_data_eq!(
        world.psp_ok(&["policy", "check", "hello.psp"]),
        str![[r#"
ok       hello.psp may run here

"#]]
    );
    let policy = r#"{"version": 1, "trust": {"require_trusted_key": true}, "execution": {"max_age_days": 9}, "enforcement": {"expired_package": "warn"}}"#;
    world.file("home/.config/flavor/policy.json", policy);
    let denied = world.psp(&["policy", "check", "hello.psp"]);
    assert_eq!(denied.code, Some(4));
    assert_data_eq!(
        denied.stdout,
        str![[r#"
warning  [..] (required by [..]/home/.config/flavor/policy.json)
denied   the package's key 123b3456462c7d4e is not trusted; add it with `psp trust add` (required by [..]/home/.config/flavor/policy.json)

"#]]
    );
    assert_data_eq!(
        denied.stderr,
        str![[r#"
psp: error: hello.psp may not run here

"#]]
    );
    world.file("home/.config/flavor/policy.json", r#"{"version": 1, "trsut": {}}"#);
    assert_eq!(world.psp(&["policy", "show"]).code, Some(1));
}

#[test]
fn quiet_leaves_out_notes_and_keeps_errors() {
    let world = World::new();
    world.hello();
    let keygen = world.psp(&["keygen", "--quiet", "--out-dir", "keys"]);
    assert_eq!((keygen.code, &*keygen.stderr), (Some(0), ""));
    let sign = [
        "sign",
        "hello.psp",
        "--private-key",
        "keys/flavor-private.key",
        "-o",
        "out.psp",
    ];
    let loud = world.psp(&sign);
    assert!(loud.stderr.starts_with("signed out.psp with key "), "{loud:?}");
    let quiet = world.psp(&[&["-q"][..], &sign].concat());
    assert_eq!((quiet.code, &*quiet.stderr), (Some(0), ""));
    let failed = world.psp(&["-q", "inspect", "missing.psp"]);
    assert!(
        failed.stderr.starts_with("psp: error: cannot open missing.psp"),
        "{failed:?}"
    );
}
