//! What whoever controls a mirror, or the way to it, may try with its index: each attack ends in one error that says what it is.

mod published;

use std::path::Path;
use std::sync::{Arc, Mutex};

use binpkg::index::{Root, Shard, pack};
use binpkg::sign::{IndexSignatures, SignatureLine, Statement, TrustList};
use mirror::catalog::{Catalog, CatalogError, Purpose, Source, TrustError};
use published::{Published, key, look, name, now, record, trusts, words};
use testkit::Answer;

/// What a run that wants to install is refused with.
fn refused(source: Source, cache: Option<&Path>, expected: &str) -> CatalogError {
    let error = look(&[source], cache, &now(Purpose::Install), "words").0.unwrap_err();
    let text = words(&error);
    assert!(text.contains(expected), "expected `{expected}`, found `{text}`");
    assert!(text.starts_with("cannot use the mirror http://127.0.0.1:"), "{text}");
    assert!(!error.is_unreadable() && !error.is_local(), "{text}");
    error
}

fn accepted(source: Source, cache: Option<&Path>) {
    let (found, warnings) = look(&[source], cache, &now(Purpose::Install), "words");
    assert_eq!(found.map_err(|error| words(&error)), Ok(vec!["1.0".to_owned()]));
    assert!(warnings.is_empty(), "{warnings:?}");
}

fn id(number: u8) -> String {
    key(number).id().to_string()
}

fn ours() -> TrustList {
    trusts(&[key(1)], &[])
}

#[test]
fn nobody_signed() {
    let mirror = Published::new();
    mirror.publish(1, &[record("words", "1.0")], &[]);
    refused(
        mirror.source(&ours()),
        None,
        &format!(
            "index/root.json is not signed: expected a signature by a trusted key ({}), found none",
            id(1)
        ),
    );
    mirror.publish(2, &[record("words", "1.0")], &[key(1)]);
    accepted(mirror.source(&ours()), None);
    // A missing signature is no fact about what is kept: once it is there, it counts.
    let cache = tempfile::tempdir().unwrap();
    mirror.remove("index/root.json.sig");
    accepted(mirror.source(&TrustList::default()), Some(cache.path()));
    refused(mirror.source(&ours()), Some(cache.path()), "is not signed");
    mirror.publish(2, &[record("words", "1.0")], &[key(1)]);
    accepted(mirror.source(&ours()), Some(cache.path()));
}

#[test]
fn somebody_else_signed() {
    let mirror = Published::new();
    mirror.publish(1, &[record("words", "1.0")], &[key(2)]);
    refused(
        mirror.source(&ours()),
        None,
        &format!(
            "is signed by a key that is not trusted: expected a signature by {}, found {}; if you trust that key, add it with --key",
            id(1),
            id(2)
        ),
    );
    accepted(mirror.source(&trusts(&[key(1), key(2)], &[])), None);
}

#[test]
fn a_revoked_key_signed() {
    let mirror = Published::new();
    mirror.publish(1, &[record("words", "1.0")], &[key(2)]);
    let revoked = format!("-{}", id(2));
    refused(
        mirror.source(&trusts(&[key(1), key(2)], &[&revoked])),
        None,
        &format!(
            "by a key that was revoked: expected a signature by {}, found {}",
            id(1),
            id(2)
        ),
    );
    // Beside a key that counts, it does no harm.
    mirror.publish(1, &[record("words", "1.0")], &[key(2), key(1)]);
    accepted(mirror.source(&trusts(&[key(1)], &[&revoked])), None);
}

#[test]
fn something_else_was_signed() {
    let mirror = Published::new();
    mirror.publish(1, &[record("words", "1.0")], &[key(1)]);
    let root = mirror.publish(2, &[record("words", "2.0")], &[]);
    let before = mirror.requests().len();
    refused(
        mirror.source(&ours()),
        None,
        &format!(
            "is not what was signed: expected a signature of these bytes by {}",
            id(1)
        ),
    );
    assert_eq!(
        mirror.asked(before).len(),
        6,
        "it was read three times, as a publisher may have been at work"
    );
    // A name of a trusted key over a signature of another one.
    let mut line = key(2).sign_index(root.to_json().as_bytes());
    line.key_id = key(1).id();
    mirror.put("index/root.json.sig", format!("{line}\n").as_bytes());
    refused(mirror.source(&ours()), None, "is not what was signed");
    for nonsense in ["nonsense\n", "\u{ff}\n", "139e3940e64b5491 AAAA\n"] {
        mirror.put("index/root.json.sig", nonsense.as_bytes());
        refused(
            mirror.source(&ours()),
            None,
            "the signatures of index/root.json are not usable: expected a signature as",
        );
    }
}

/// Root and signature are read while a publisher replaces both: the reader reads again and is served.
#[test]
fn overtaken_by_publications() {
    let rewritten = Arc::new(Mutex::new(Vec::<u8>::new()));
    let signatures = Arc::clone(&rewritten);
    let mirror = Published::answering(move |request, answer| {
        // The signatures of the second publication after this one, to whoever has the root of this one.
        if request.path.ends_with(".sig") && request.before == 0 {
            return Answer::Bytes(signatures.lock().unwrap().clone());
        }
        answer
    });
    let root = Root {
        serial: 3,
        ..mirror.publish(1, &[record("words", "1.0")], &[key(1)])
    };
    let text = root.to_json();
    let newer = IndexSignatures::default().renewed(&[key(1)], None, text.as_bytes());
    *rewritten.lock().unwrap() = newer.to_string().into_bytes();
    accepted(mirror.source(&ours()), None);
}

#[test]
fn rolled_back() {
    let (mirror, cache) = (Published::new(), tempfile::tempdir().unwrap());
    mirror.publish(5, &[record("words", "1.0")], &[key(1)]);
    accepted(mirror.source(&ours()), Some(cache.path()));
    mirror.publish(4, &[record("words", "1.0")], &[key(1)]);
    let expected =
        "index/root.json was rolled back: expected a serial of at least 5, found 4; if its owner began anew, remove ";
    refused(mirror.source(&ours()), Some(cache.path()), expected);
    // What was seen outlives what is kept of the index.
    std::fs::remove_dir_all(cache.path().join("index")).unwrap();
    refused(mirror.source(&ours()), Some(cache.path()), expected);
    // Nor does another form of the index help, or another of the trusted keys.
    mirror.publish(4, &[record("words", "1.0")], &[key(2)]);
    refused(
        mirror.source(&trusts(&[key(1), key(2)], &[])),
        Some(cache.path()),
        "at least 5, found 4",
    );
    mirror.publish_whole(4, &[record("words", "1.0")]);
    let index = mirror.get("index.json");
    let signed = IndexSignatures::default().renewed(&[key(1)], None, &index);
    mirror.put("index.json.sig", signed.to_string().as_bytes());
    mirror.remove(Root::PATH);
    mirror.remove(Root::PACKED_PATH);
    refused(
        mirror.source(&ours()),
        Some(cache.path()),
        "index.json was rolled back: expected a serial of at least 5",
    );
    // The path that the error names is the one to remove.
    let error = refused(mirror.source(&ours()), Some(cache.path()), "was rolled back");
    std::fs::remove_file(words(&error).rsplit(' ').next().unwrap()).unwrap();
    accepted(mirror.source(&ours()), Some(cache.path()));
}

/// A serial that the caller knows counts without keys, too.
#[test]
fn behind_a_known_serial() {
    let mirror = Published::new();
    mirror.publish(4, &[record("words", "1.0")], &[]);
    let mut source = mirror.source(&TrustList::default());
    source.serial = 5;
    refused(source, None, "expected a serial of at least 5, found 4");
}

/// Whoever stole a key signed a serial that nothing follows; once that key is revoked, the mirror goes on.
#[test]
fn forwarded_too_far() {
    let (mirror, cache) = (Published::new(), tempfile::tempdir().unwrap());
    let both = trusts(&[key(1), key(2)], &[]);
    mirror.publish(7, &[record("words", "1.0")], &[key(1)]);
    accepted(mirror.source(&both), Some(cache.path()));
    mirror.publish(1_000_008, &[record("words", "1.0")], &[key(2)]);
    refused(
        mirror.source(&both),
        Some(cache.path()),
        "has jumped from serial 7 to 1000008, further than any mirror does",
    );
    mirror.publish(1_000_007, &[record("words", "1.0")], &[key(2)]);
    accepted(mirror.source(&both), Some(cache.path()));
    mirror.publish(8, &[record("words", "1.0")], &[key(1)]);
    refused(mirror.source(&both), Some(cache.path()), "at least 1000007, found 8");
    let without = trusts(&[key(1), key(2)], &[&format!("-{}", id(2))]);
    accepted(mirror.source(&without), Some(cache.path()));
}

#[test]
fn frozen() {
    let (mirror, cache) = (Published::new(), tempfile::tempdir().unwrap());
    let mut root = mirror.publish(1, &[record("words", "1.0")], &[key(1)]);
    root.expires = Some("2020-01-01T00:00:00Z".to_owned().try_into().unwrap());
    mirror.put_root(&root, &[key(1)]);
    let expected = "index/root.json has expired at 2020-01-01T00:00:00Z; the mirror's owner signs it again with";
    refused(mirror.source(&ours()), Some(cache.path()), expected);
    // To look at, it is good enough, with a warning, also from the cache.
    for offline in [false, true] {
        let options = mirror::catalog::Options {
            offline,
            ..now(Purpose::Query)
        };
        let (found, warnings) = look(&[mirror.source(&ours())], Some(cache.path()), &options, "words");
        assert_eq!(found.unwrap(), ["1.0"]);
        assert!(warnings.len() == 1 && warnings[0].contains(expected), "{warnings:?}");
        let install = mirror::catalog::Options {
            offline,
            ..now(Purpose::Install)
        };
        assert!(
            look(&[mirror.source(&ours())], Some(cache.path()), &install, "words")
                .0
                .is_err()
        );
    }
}

/// The signed root says which shards belong together.
#[test]
fn mixed_and_matched() {
    let mirror = Published::new();
    let old = mirror.publish(1, &[record("words", "0.9")], &[key(1)]);
    let new = mirror.publish(2, &[record("words", "1.0")], &[key(1)]);
    let [old, new] = [&old, &new].map(|root| Shard::path(&root.shards[&name("words")]));
    mirror.put(&new, &mirror.get(&old));
    let error = refused(
        mirror.source(&ours()),
        None,
        "the shard of words does not belong to the root (expected ",
    );
    assert!(matches!(error, CatalogError::Mirror { source, .. } if matches!(*source, CatalogError::Shard(_))));
    // Another package's records under this name, as signed by somebody who was careless.
    let mut root = mirror.publish(3, &[record("base", "1.0"), record("words", "1.0")], &[]);
    root.shards.insert(name("words"), root.shards[&name("base")]);
    mirror.put_root(&root, &[key(1)]);
    refused(
        mirror.source(&ours()),
        None,
        "to hold records of words, found one of base",
    );
}

#[test]
fn something_else_in_place_of_an_index() {
    let page = b"<html>please log in</html>";
    let mirror = Published::new();
    mirror.publish(1, &[record("words", "1.0")], &[]);
    let nobody = || mirror.source(&TrustList::default());
    mirror.put(Root::PACKED_PATH, page);
    refused(
        nobody(),
        None,
        "index/root.json.gz is not usable: expected one gzip stream",
    );
    mirror.put(Root::PACKED_PATH, &pack(page).unwrap());
    refused(nobody(), None, "the root of the index is not usable");
    mirror.remove(Root::PACKED_PATH);
    mirror.put(Root::PATH, page);
    refused(nobody(), None, "the root of the index is not usable");
    mirror.remove(Root::PATH);
    mirror.put("index.json", page);
    refused(nobody(), None, "the index is not usable");
    mirror.put("index.json", br#"{"schema": 9}"#);
    refused(nobody(), None, "has schema 9; reading it takes a newer tool");
}

/// What a package is must be signed apart from the index.
#[test]
fn a_record_that_nobody_signed() {
    let mirror = Published::new();
    let mut signed = record("words", "1.0");
    let statement = |size: u64| Statement {
        name: name("words"),
        version: "1.0".parse().unwrap(),
        config_hash: record("words", "1.0").sha256.unwrap(),
        content_hash: record("words", "1.0").sha256.unwrap(),
        sha256: record("words", "1.0").sha256.unwrap(),
        size,
    };
    let mut check = |lines: Vec<SignatureLine>, trusted: &TrustList| {
        signed.signatures = lines;
        mirror.publish(1, std::slice::from_ref(&signed), &[key(1)]);
        let sources = [mirror.source(trusted)];
        let catalog = Catalog::open(&sources, None, now(Purpose::Install), &mut |_| ()).unwrap();
        let found = catalog.records(&name("words"), &mut |_| ()).unwrap();
        catalog.check(&found[0]).map_err(|error| match error {
            CatalogError::Mirror { source, .. } => match *source {
                CatalogError::Untrusted(error) => error,
                other => panic!("{other}"),
            },
            other => panic!("{other}"),
        })
    };
    assert_eq!(check(vec![key(1).sign(&statement(7))], &ours()), Ok(()));
    assert_eq!(check(vec![], &TrustList::default()), Ok(()));
    assert!(matches!(check(vec![], &ours()), Err(TrustError::Unsigned { .. })));
    assert!(matches!(
        check(vec![key(2).sign(&statement(7))], &ours()),
        Err(TrustError::WrongKey { .. })
    ));
    assert!(matches!(
        check(vec![key(1).sign(&statement(8))], &ours()),
        Err(TrustError::OtherBytes { .. })
    ));
    let revoked = trusts(&[key(1)], &[&format!("-{}", id(2))]);
    let error = check(vec![key(2).sign(&statement(7))], &revoked).unwrap_err();
    assert!(matches!(error, TrustError::Revoked { .. }));
    assert!(error.to_string().contains("words-1.0-"), "{error}");
}
