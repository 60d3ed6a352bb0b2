use proptest::prelude::*;

use super::*;

/// The example of section 5.
const BASH: &str = r#"{
  "schema": "binpkg-metadata/1",
  "target": "//packages/linux/core/bash:bash",
  "name": "bash",
  "version": "5.3",
  "config_hash": "86884539",
  "content_hash": "f44b10b1",
  "config_hash_full": "868845397d188ff1b608a67161a0f48c33fc44e696bf4828059d4b789dc0da61",
  "content_hash_full": "f44b10b1b114dccc83c518c961de2a709ba1e79b7f6d1056b6040baef94428d9",
  "platform": {
    "cpu": "x86_64",
    "level": "v2",
    "libc": "glibc",
    "os": "linux"
  },
  "layout": {
    "kind": "root",
    "prefix": "/usr",
    "libdir": "lib",
    "relocatable": false
  },
  "use": {
    "nls": false,
    "ssl": true
  },
  "runtime_deps": [
    {
      "name": "ncurses",
      "version": "6.5",
      "config_hash_full": "d65188b9c6812ab5d619fee6ce1e0c92133353432d45b93b6a3fa116b3bb236b"
    }
  ],
  "provides": [
    "bin:bash"
  ],
  "requires": [
    "so:libncursesw.so.6"
  ],
  "slot": "0",
  "installed_size": 1234567,
  "file_count": 8,
  "license": "GPL-3.0-or-later",
  "homepage": "https://example.org/bash",
  "description": "shell"
}
"#;

fn refused(text: &str) -> String {
    let error = Metadata::parse(text.as_bytes()).unwrap_err();
    match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[test]
fn order_and_form_of_the_file() {
    assert_eq!(Metadata::parse(BASH.as_bytes()).unwrap().to_json().unwrap(), BASH);
}

#[test]
fn unknown_keys_are_kept() {
    let text = BASH.replace("\"shell\"\n", "\"shell\",\n  \"colour\": {\n    \"of\": null\n  }\n");
    assert_eq!(Metadata::parse(text.as_bytes()).unwrap().to_json().unwrap(), text);
}

#[test]
fn older_packages_have_only_the_first_keys() {
    let text =
        r#"{"target": "//a:b", "name": "b", "version": "1", "config_hash": "86884539", "content_hash": "f44b10b1"}"#;
    let metadata = Metadata::parse(text.as_bytes()).unwrap();
    assert_eq!(
        (metadata.schema, metadata.config_hash_full, metadata.slot.as_str()),
        (None, None, "0")
    );
}

#[test]
fn refused_metadata() {
    for (text, words) in [
        (
            BASH.replace("data/1", "data/2"),
            "reading it takes a newer tool, one that knows binpkg-metadata/2",
        ),
        (
            r#"{"schema": "binpkg-metadata/2", "name": 7}"#.into(),
            "reading it takes a newer tool",
        ),
        (
            BASH.replace("\"86884539\"", "\"86884530\""),
            "expected `config_hash` to be the beginning of `config_hash_full` (86884539",
        ),
        (
            BASH.replace("\"f44b10b1\"", "\"f44b10b0\""),
            "expected `content_hash` to be the beginning",
        ),
        (
            BASH.replace("\"f44b10b1\"", "\"e5f6g7h8\""),
            "8 to 64 lower-case hex digits, found `e5f6g7h8`",
        ),
        (BASH.replace("\"bash\"", "\"../bash\""), "expected a package name"),
        (BASH.replace("bash:bash", "bash:bash\\nSize: 1"), "expected a label"),
        (
            BASH.replace("\"name\": \"bash\"", "\"name\": \"bash\", \"name\": \"other\""),
            "duplicate field `name`",
        ),
        (BASH.replace("1234567", "-1"), "invalid value"),
        ("[]".into(), "METADATA.json is not usable"),
    ] {
        let error = refused(&text);
        assert!(error.contains(words), "{words}: {error}");
    }
}

proptest! {
    #[test]
    fn a_changed_byte_is_refused_or_kept(at in 0..BASH.len(), byte: u8) {
        let mut bytes = BASH.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(metadata) = Metadata::parse(&bytes) {
            let text = metadata.to_json().unwrap();
            prop_assert_eq!(Metadata::parse(text.as_bytes()).unwrap(), metadata);
        }
    }
}
