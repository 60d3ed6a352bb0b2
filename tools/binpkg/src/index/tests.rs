use proptest::prelude::*;

use super::*;
use serde_json::Value as Json;

/// The example of section 9.2 with one record a line.
const INDEX: &str = include_str!("index.json");

/// What older tools wrote.
const OLD: &str = r#"{
  "total": 1,
  "packages": [
    {
      "name": "bash",
      "version": "5.3",
      "config_hash": "abc12345",
      "file_hash": "def67890",
      "filename": "bash-5.3-abc12345-def67890.tar.gz",
      "size": 1048576
    }
  ],
  "by_name": {"bash": []}
}"#;

/// What is changed, or what is said about it, and the change.
type Change = (&'static str, fn(&mut Json));

fn changed(change: impl FnOnce(&mut Json)) -> Result<Index, String> {
    let mut json = serde_json::from_str(INDEX).unwrap();
    change(&mut json);
    Index::parse(json.to_string().as_bytes()).map_err(|error| match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}

fn record(version: &str, hash: &str) -> Record {
    let mut index = Index::parse(OLD.as_bytes()).unwrap();
    let mut record = index.packages.remove(0);
    record.version = version.parse().unwrap();
    record.config_hash = hash.parse().unwrap();
    record.filename = format!("bash-{version}-{hash}-bin.tar.gz");
    record
}

#[test]
fn form_of_the_file() {
    let index = Index::parse(INDEX.as_bytes()).unwrap();
    assert_eq!((index.serial, index.packages.len()), (412, 1));
    assert_eq!(index.packages[0].place(), "b/bash-5.3-86884539-bin.tar.gz");
    assert_eq!(index.to_json().unwrap(), INDEX);
}

#[test]
fn an_empty_index_is_json() {
    let text = Index::default().to_json().unwrap();
    assert_eq!(Index::parse(text.as_bytes()).unwrap(), Index::default());
    assert_eq!(
        text,
        "{\n  \"schema\": 1,\n  \"serial\": 0,\n  \"total\": 0,\n  \"packages\": [],\n  \"by_name\": {}\n}\n"
    );
}

#[test]
fn an_index_of_older_tools() {
    let index = Index::parse(OLD.as_bytes()).unwrap();
    let record = &index.packages[0];
    assert_eq!(record.place(), "b/bash-5.3-abc12345-def67890.tar.gz");
    assert_eq!((index.serial, &record.platform, record.published), (0, &None, 0));
}

#[test]
fn a_pointer_is_no_empty_index() {
    let root = Root {
        serial: 7,
        expires: Some(Expires::try_from("2026-09-01T00:00:00Z".to_owned()).unwrap()),
        ..Root::default()
    };
    let text = Index::pointer(&root);
    let error = Index::parse(text.as_bytes()).unwrap_err();
    assert!(matches!(error, IndexError::Elsewhere { serial: 7 }), "{error}");
    assert_eq!(
        text,
        "{\n  \"schema\": 2,\n  \"serial\": 7,\n  \"expires\": \"2026-09-01T00:00:00Z\",\n  \"root\": \"index/root.json\"\n}\n"
    );
}

#[test]
fn unknown_keys_are_ignored() {
    assert!(changed(|index| index["colour"] = json!("red")).is_ok());
    assert!(changed(|index| index["packages"][0]["colour"] = json!({"a": null})).is_ok());
}

#[test]
fn order_of_records() {
    let mut index = Index::default();
    for (version, hash) in [
        ("5.10", "0000000a"),
        ("5.9", "0000000b"),
        ("5.9", "0000000a"),
        ("5.9-rc1", "0000000a"),
    ] {
        index.insert(record(version, hash)).unwrap();
    }
    index.insert(record("5.9", "0000000b")).unwrap();
    let order: Vec<_> = index
        .packages
        .iter()
        .map(|r| format!("{} {}", r.version, r.config_hash))
        .collect();
    assert_eq!(
        order,
        ["5.9-rc1 0000000a", "5.9 0000000a", "5.9 0000000b", "5.10 0000000a"]
    );
    assert_eq!(Index::parse(index.to_json().unwrap().as_bytes()).unwrap(), index);
}

#[test]
fn refused_indexes() {
    let cases: &[Change] = &[
        ("has schema 2; reading it takes a newer tool", |i| {
            i["schema"] = json!(2)
        }),
        ("expected `total` to be the number of packages, 1, found 2", |i| {
            i["total"] = json!(2)
        }),
        ("expected a time such as", |i| i["expires"] = json!("tomorrow")),
        ("missing field `size`", |i| {
            drop(i["packages"][0].as_object_mut().unwrap().remove("size"))
        }),
        ("`filename` to stay below the mirror, found `../x`", |i| {
            i["packages"][0]["filename"] = json!("../x")
        }),
        ("`filename` to stay below the mirror, found ``", |i| {
            i["packages"][0]["filename"] = json!("")
        }),
        ("`path` to stay below the mirror, found `/etc/x`", |i| {
            i["packages"][0]["path"] = json!("/etc/x")
        }),
        ("`path` to stay below the mirror", |i| {
            i["packages"][0]["path"] = json!("b/..\\x")
        }),
        ("expected `file_hash` to be the beginning of f44b10b1", |i| {
            i["packages"][0]["file_hash"] = json!("00000000")
        }),
        ("found `e5f6g7h8`", |i| {
            i["packages"][0]["config_hash"] = json!("e5f6g7h8")
        }),
        ("expected a signature as", |i| {
            i["packages"][0]["signatures"] = json!(["x"])
        }),
    ];
    for (words, change) in cases {
        let error = changed(change).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
}

proptest! {
    #[test]
    fn a_changed_byte_is_refused_or_kept(at in 0..INDEX.len(), byte: u8) {
        let mut bytes = INDEX.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(index) = Index::parse(&bytes) {
            let text = index.to_json().unwrap();
            prop_assert_eq!(Index::parse(text.as_bytes()).unwrap(), index);
        }
    }
}
