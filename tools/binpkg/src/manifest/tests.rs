use super::*;
use proptest::prelude::*;

/// The vector of section 4.3.
const VECTOR: &str = "\
binpkg-manifest/1
d 0755 - - usr
d 0755 - - usr/bin
f 0755 6 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03 usr/bin/hello
l 0777 - hello usr/bin/hi
f 4755 1 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 usr/bin/su
d 0755 - - usr/share
f 0644 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 usr/share/a%20b%25c.txt
d 0755 - - usr/share/empty
";

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn parse(lines: &str) -> Result<Manifest, String> {
    let text = format!("binpkg-manifest/1\n{lines}");
    Manifest::parse(text.as_bytes()).map_err(|error| match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}

#[test]
fn vector() {
    let manifest = Manifest::parse(VECTOR.as_bytes()).unwrap();
    let hash = manifest.content_hash();
    assert_eq!(
        hash.hex(),
        "f44b10b1b114dccc83c518c961de2a709ba1e79b7f6d1056b6040baef94428d9"
    );
    assert_eq!(hash.short(), "f44b10b1");
    assert_eq!(manifest.to_string(), VECTOR);
    assert_eq!((manifest.entries().len(), manifest.installed_size()), (8, 7));
    let path = PayloadPath::new(&b"usr/share/a b%c.txt"[..]).unwrap();
    assert_eq!(manifest.get(&path).unwrap().mode, 0o644);
}

#[test]
fn extra_fields() {
    let line =
        format!("f 2755 0 {EMPTY} ping cap=cap_net_raw=ep config=1 gid=5 group=adm uid=4294967295 user=ab%20c\n");
    let manifest = parse(&line).unwrap();
    let grants = Grants {
        cap: Some("cap_net_raw=ep".into()),
        config: true,
        gid: 5,
        group: Some("adm".into()),
        uid: u32::MAX,
        user: Some("ab c".into()),
    };
    assert_eq!(manifest.entries()[0].grants, grants);
}

#[test]
fn an_empty_payload() {
    assert_eq!(parse(""), Ok(Manifest::default()));
    assert_eq!(Manifest::default().to_string(), "binpkg-manifest/1\n");
}

#[test]
fn refused_lines() {
    for (line, words) in [
        ("", "a mode of four octal digits"),
        ("x 0755 - - a", "starts with `f`, `d` or `l`"),
        ("d 755 - - a", "a mode of four octal digits"),
        ("d +755 - - a", "the one spelling"),
        ("d 0855 - - a", "a mode of four octal digits"),
        ("d 0755 0 - a", "`-` for the size"),
        ("l 0755 - b a", "mode 0777"),
        ("l 0777 -  a", "the target of the link"),
        ("l 0777 - a%00 a", "the target of the link"),
        (&format!("l 0777 - {} a", "x".repeat(4096)), "the target of the link"),
        (&format!("f 0644 -1 {EMPTY} a"), "the size of the file"),
        (&format!("f 0644 00 {EMPTY} a"), "the one spelling"),
        (&format!("f 0644 0 {} a", &EMPTY[1..]), "64 lower-case hex digits"),
        ("d 0755 - - a%2f", "an escaped path"),
        ("d 0755 - - a%41", "an escaped path"),
        ("d 0755 - - /a", "manifest line 2: expected a relative path"),
        ("d 0755 - - ../a", "without the part `..`"),
        ("d 0755 - -", "without an empty part"),
        ("d 0755 - - a uid=0", "the one spelling"),
        ("d 0755 - - a uid=1 gid=1", "the one spelling"),
        ("d 0755 - - a uid=1 uid=1", "the one spelling"),
        ("d 0755 - - a colour=red", "known `key=value` fields"),
        ("d 0755 - - a config=0", "the one spelling"),
        ("d 0755 - - a cap=x", "capabilities on files only"),
        ("d 0755 - - a ", "known `key=value` fields"),
        ("d 0755 - - a\r", "an escaped path"),
        ("d 0755 - - a\nd 0755 - - a", "the path `a` is in the manifest twice"),
        ("d 0755 - - b\nd 0755 - - a", "found `a` after `b`"),
        (
            "d 0755 - - a/b",
            "expected a directory line for the parent of `a/b`, found none",
        ),
        ("l 0777 - x a\nd 0755 - - a/b", "found a link"),
        (&format!("f 0644 0 {EMPTY} a\nd 0755 - - a/b"), "found a file"),
    ] {
        let error = parse(&format!("{line}\n")).unwrap_err();
        assert!(error.contains(words), "{line}: {error}");
    }
}

#[test]
fn refused_files() {
    assert_eq!(Manifest::parse(b""), Err(ManifestError::Text));
    assert_eq!(Manifest::parse(b"binpkg-manifest/1"), Err(ManifestError::Text));
    assert_eq!(Manifest::parse(b"\xff\n"), Err(ManifestError::Text));
    let found = "binpkg-manifest/2".to_owned();
    assert_eq!(
        Manifest::parse(b"binpkg-manifest/2\n"),
        Err(ManifestError::Header { found })
    );
}

/// `a` sorts before `a-b`, and that before `a/b`: the order is of bytes, not of parts.
#[test]
fn raw_byte_order() {
    let manifest = parse("d 0755 - - a\nd 0755 - - a-b\nd 0755 - - a/b\n").unwrap();
    let mut entries = manifest.entries().to_vec();
    entries.reverse();
    assert_eq!(Manifest::new(entries), Ok(manifest));
}

#[test]
fn without_grants() {
    let granted =
        format!("d 1777 - - a uid=1\nf 0600 0 {EMPTY} b user=x\nf 4711 0 {EMPTY} c cap=x\nl 0777 - a d gid=1\n");
    let plain = format!("d 0755 - - a\nf 0644 0 {EMPTY} b\nf 0755 0 {EMPTY} c\nl 0777 - a d\n");
    assert_eq!(parse(&granted).unwrap().without_grants(), parse(&plain).unwrap());
}

#[test]
fn letter_case() {
    let manifest = parse("d 0755 - - README\nd 0755 - - other\nd 0755 - - readme\n").unwrap();
    let clashes: Vec<_> = manifest
        .case_clashes()
        .iter()
        .map(|(a, b)| format!("{a} {b}"))
        .collect();
    assert_eq!(clashes, ["README readme"]);
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let path =
        prop::collection::vec(any::<u8>(), 1..12).prop_filter_map("no path", |bytes| PayloadPath::new(bytes).ok());
    let kind = prop_oneof![
        Just(EntryKind::Directory),
        (any::<u64>(), any::<[u8; 32]>()).prop_map(|(size, bytes)| EntryKind::File {
            size,
            sha256: Sha256::from_bytes(bytes)
        }),
        "[^\0]{1,9}".prop_map(|target| EntryKind::Link {
            target: target.into_bytes()
        }),
    ];
    (
        path,
        kind,
        0..=0o7777u32,
        any::<(u32, bool)>(),
        proptest::option::of("[^\0]{1,5}"),
    )
        .prop_map(|(path, kind, mode, (uid, config), user)| {
            let mode = if matches!(kind, EntryKind::Link { .. }) {
                0o777
            } else {
                mode
            };
            let grants = Grants {
                uid,
                config,
                user,
                ..Grants::default()
            };
            Entry {
                path,
                kind,
                mode,
                grants,
            }
        })
}

proptest! {
    #[test]
    fn what_is_written_parses(entries in prop::collection::vec(any_entry(), 0..8)) {
        if let Ok(manifest) = Manifest::new(entries) {
            prop_assert_eq!(Manifest::parse(manifest.to_string().as_bytes()), Ok(manifest));
        }
    }

    #[test]
    fn any_bytes_parse_or_refuse(lines in "([fdl] [0-7]{4} (-|[0-9]{1,3}) (-|[a-z%0-9]{1,4}) [a-z/.%]{0,6}( (uid|cap)=[0-9]?)?\n){0,3}") {
        let text = format!("binpkg-manifest/1\n{lines}");
        if let Ok(manifest) = Manifest::parse(text.as_bytes()) {
            prop_assert_eq!(manifest.to_string(), text);
        }
    }
}
