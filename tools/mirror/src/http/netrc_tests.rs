use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn sent(text: &str, host: &str) -> Option<String> {
    let authorization = Netrc::parse(text).unwrap().authorization(host)?;
    let bytes = Base64::decode_vec(authorization.strip_prefix("Basic ").unwrap()).unwrap();
    Some(String::from_utf8(bytes).unwrap())
}

#[test]
fn forms() {
    let text = "# ours\nmachine a.org login me password p#1\n\nmachine B.org\n  login \"my \\\"self\\\"\"\n  account x password \"two words\"\n\
        macdef init\n cd /pub\n machine no\n\nmachine c.org password only\n";
    assert_eq!(sent(text, "a.org").as_deref(), Some("me:p#1"));
    assert_eq!(sent(text, "A.ORG").as_deref(), Some("me:p#1"));
    assert_eq!(sent(text, "b.org").as_deref(), Some("my \"self\":two words"));
    assert_eq!(sent(text, "c.org").as_deref(), Some(":only"));
    assert_eq!(sent(text, "no"), None);
    assert_eq!(sent(text, "x.a.org"), None);
    let text = "machine a.org login me password p default login anybody password q";
    assert_eq!(sent(text, "a.org").as_deref(), Some("me:p"));
    assert_eq!(sent(text, "b.org").as_deref(), Some("anybody:q"));
    assert_eq!(sent("", "a.org"), None);
}

#[test]
fn refused_without_telling_secrets() {
    let world = tempfile::tempdir().unwrap();
    let path = world.path().join("netrc");
    let write = |text: &str, mode: u32| {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for (text, words) in [
        ("machine a login b\npassword", "line 2: expected a value after"),
        ("login secret", "line 1: expected `machine` or `default` first"),
        ("\nmachine", "line 2: expected a host after `machine`"),
        ("machine a\nsecret b", "line 2: expected `machine`, `default`"),
        ("machine a login \"secret", "line 1: expected a closing quote"),
    ] {
        write(text, 0o600);
        let error = Netrc::read(&path).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("secret"), "{error}");
    }
    for mode in [0o640, 0o604, 0o666] {
        write("machine a login b password c", mode);
        let error = Netrc::read(&path).unwrap_err().to_string();
        assert!(
            error.contains(&format!("found mode {mode:04o}; `chmod 600` it")),
            "{error}"
        );
    }
    write("machine a login b password c", 0o400);
    let read = Netrc::read(&path).unwrap();
    assert_eq!(format!("{read:?}"), "Netrc(1 entries)");
    assert!(Netrc::read(&world.path().join("none")).is_err());
}
