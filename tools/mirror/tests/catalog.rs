//! Which packages there are: what is asked, what is kept, and where it comes from.

mod published;

use std::path::Path;
use std::time::Duration;

use binpkg::names::Version;
use binpkg::sign::TrustList;
use digest::Sha256;
use mirror::catalog::{Catalog, Options, Purpose, Source, exact};
use published::{Published, key, look, name, now, record, source, trusts, words};

fn anybody() -> TrustList {
    TrustList::default()
}

fn minute() -> Options {
    Options {
        pause: Duration::from_millis(1),
        ..Options::new(Purpose::Install)
    }
}

fn versions(sources: &[Source], cache: &Path, options: &Options, package: &str) -> Vec<String> {
    let (found, warnings) = look(sources, Some(cache), options, package);
    assert!(warnings.is_empty(), "{warnings:?}");
    found.unwrap()
}

#[test]
fn a_signed_look_up_takes_three_requests_and_a_warm_one_a_304() {
    let mirror = Published::new();
    let records = [record("base", "7"), record("words", "1.0"), record("words", "1.1")];
    mirror.publish(1, &records, &[key(1)]);
    let (cache, sources) = (tempfile::tempdir().unwrap(), [mirror.source(&trusts(&[key(1)], &[]))]);
    let find = |options: &Options| versions(&sources, cache.path(), options, "words");
    assert_eq!(find(&minute()), ["1.0", "1.1"]);
    let asked = mirror.asked(0);
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[..2], ["index/root.json.gz", "index/root.json.sig"]);
    // Within a minute, nothing is asked.
    assert_eq!(find(&minute()), ["1.0", "1.1"]);
    assert_eq!(mirror.asked(3).len(), 0);
    // After that, whether it still holds.
    assert_eq!(find(&now(Purpose::Install)), ["1.0", "1.1"]);
    let requests = mirror.requests();
    assert_eq!(mirror.asked(3), ["index/root.json.gz"]);
    assert!(requests[3].header("if-none-match").is_some());
    // It does not: the root, its signature, and the one shard that is another one.
    mirror.publish(2, &[&records[..], &[record("words", "1.2")]].concat(), &[key(1)]);
    assert_eq!(find(&now(Purpose::Install)), ["1.0", "1.1", "1.2"]);
    assert_eq!(mirror.asked(4).len(), 3);
    assert_eq!(versions(&sources, cache.path(), &minute(), "base"), ["7"]);
    assert_eq!(
        versions(&sources, cache.path(), &minute(), "none"),
        Vec::<String>::new()
    );
    assert_eq!(mirror.asked(7).len(), 1);
}

#[test]
fn a_cached_shard_is_hashed_and_fetched_again_if_it_is_damaged() {
    let mirror = Published::new();
    let root = mirror.publish(1, &[record("words", "1.0")], &[]);
    let (cache, sources) = (tempfile::tempdir().unwrap(), [mirror.source(&anybody())]);
    assert_eq!(versions(&sources, cache.path(), &minute(), "words"), ["1.0"]);
    let shard = cache
        .path()
        .join(format!("index/shards/{}.json.gz", root.shards[&name("words")]));
    std::fs::write(&shard, "damaged").unwrap();
    assert_eq!(versions(&sources, cache.path(), &minute(), "words"), ["1.0"]);
    assert_eq!(mirror.asked(2).len(), 1);
    assert_ne!(std::fs::read(&shard).unwrap(), b"damaged");
}

/// A kept root that was damaged on the disk is asked for again.
#[test]
fn a_damaged_memory_of_a_root() {
    let mirror = Published::new();
    mirror.publish(1, &[record("words", "1.0")], &[key(1)]);
    let (cache, sources) = (tempfile::tempdir().unwrap(), [mirror.source(&trusts(&[key(1)], &[]))]);
    assert_eq!(versions(&sources, cache.path(), &minute(), "words"), ["1.0"]);
    let fronts = std::fs::read_dir(cache.path().join("index/fronts")).unwrap();
    let kept = fronts.last().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&kept).unwrap();
    *bytes.last_mut().unwrap() = b'x';
    std::fs::write(&kept, bytes).unwrap();
    for options in [minute(), now(Purpose::Install)] {
        assert_eq!(versions(&sources, cache.path(), &options, "words"), ["1.0"]);
    }
}

#[test]
fn offline_the_cache_says_what_it_knows() {
    let mirror = Published::new();
    mirror.publish(1, &[record("base", "7"), record("words", "1.0")], &[]);
    let (cache, sources) = (tempfile::tempdir().unwrap(), [mirror.source(&anybody())]);
    let offline = Options {
        offline: true,
        ..now(Purpose::Install)
    };
    let error = look(&sources, Some(cache.path()), &offline, "words").0.unwrap_err();
    assert!(
        error.is_unreadable() && words(&error).contains("offline nothing is fetched"),
        "{}",
        words(&error)
    );
    assert_eq!(mirror.requests().len(), 0);
    versions(&sources, cache.path(), &minute(), "words");
    assert_eq!(versions(&sources, cache.path(), &offline, "words"), ["1.0"]);
    let error = look(&sources, Some(cache.path()), &offline, "base").0.unwrap_err();
    assert!(
        error.is_unreadable() && words(&error).contains("index/shards/"),
        "{}",
        words(&error)
    );
}

#[test]
fn the_other_forms_of_an_index() {
    let mirror = Published::new();
    let (cache, sources) = (tempfile::tempdir().unwrap(), [mirror.source(&anybody())]);
    let find = || versions(&sources, cache.path(), &now(Purpose::Install), "words");
    // Whole.
    mirror.publish_whole(1, &[record("words", "1.0")]);
    assert_eq!(find(), ["1.0"]);
    let before = mirror.requests().len();
    assert_eq!(find(), ["1.0"]);
    assert_eq!(
        mirror.asked(before),
        ["index.json"],
        "the form of the last time comes first"
    );
    // A folder that grows: the index becomes a pointer to the root.
    let root = mirror.publish(2, &[record("words", "1.1")], &[]);
    mirror.put("index.json", binpkg::index::Index::pointer(&root).as_bytes());
    assert_eq!(find(), ["1.1"]);
    let before = mirror.requests().len();
    assert_eq!(find(), ["1.1"]);
    assert_eq!(mirror.asked(before), ["index/root.json.gz"]);
    // Only the root that is not compressed.
    mirror.publish(3, &[record("words", "1.2")], &[]);
    mirror.remove("index/root.json.gz");
    assert_eq!(find(), ["1.2"]);
}

#[test]
fn several_mirrors() {
    let (one, two) = (Published::new(), Published::new());
    let mut elsewhere = record("words", "1.0");
    elsewhere.size = 8;
    one.publish(1, &[record("words", "1.0")], &[]);
    two.publish_whole(1, &[elsewhere, record("words", "1.1")]);
    let sources = [one.source(&anybody()), two.source(&anybody())];
    let mut warnings = Vec::new();
    let mut warn = |text: &str| warnings.push(text.to_owned());
    let catalog = Catalog::open(&sources, None, now(Purpose::Install), &mut warn).unwrap();
    let found = catalog.records(&name("words"), &mut warn).unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.source, found.record.size)).collect();
    assert_eq!(
        found,
        [(0, 7), (1, 7)],
        "of a build that both have, the first one's record counts"
    );
    assert!(warnings.is_empty());
    // One that is silent is a warning, and one warning.
    let down = "http://127.0.0.1:1/binaries";
    let sources = [source(down, &anybody()), two.source(&anybody())];
    let (found, warnings) = look(&sources, None, &now(Purpose::Install), "words");
    assert_eq!(found.unwrap(), ["1.0", "1.1"]);
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].starts_with("http://127.0.0.1:1/binaries cannot be read, and is left out: "),
        "{warnings:?}"
    );
    // All of them: an error.
    let sources = [source(down, &anybody()), source("http://127.0.0.1:2", &anybody())];
    let error = look(&sources, None, &now(Purpose::Install), "words").0.unwrap_err();
    assert!(error.is_unreadable());
    assert!(
        error.to_string().contains("127.0.0.1:1/binaries: ") && error.to_string().contains("; http://127.0.0.1:2: ")
    );
    let error = look(&[], None, &now(Purpose::Install), "words").0.unwrap_err();
    assert_eq!(error.to_string(), "no mirror can be read: none is configured");
}

/// A root of a minute ago may name a shard that was removed since; a newer root is asked for before that is an error.
#[test]
fn a_shard_that_went_with_its_root() {
    let mirror = Published::new();
    let root = mirror.publish(1, &[record("base", "7"), record("words", "1.0")], &[]);
    let (cache, sources) = (tempfile::tempdir().unwrap(), [mirror.source(&anybody())]);
    versions(&sources, cache.path(), &minute(), "base");
    let shard = binpkg::index::Shard::path(&root.shards[&name("words")]);
    mirror.remove(&shard);
    let error = look(&sources, Some(cache.path()), &minute(), "words").0.unwrap_err();
    assert!(
        error.is_unreadable() && words(&error).contains("names a shard of words that is not there"),
        "{}",
        words(&error)
    );
    mirror.publish(2, &[record("words", "1.1")], &[]);
    assert_eq!(versions(&sources, cache.path(), &minute(), "words"), ["1.1"]);
}

/// Who does not find what was published a moment ago has the mirrors asked again, once.
#[test]
fn renewed() {
    let mirror = Published::new();
    mirror.publish(1, &[record("words", "1.0")], &[]);
    let (cache, sources) = (tempfile::tempdir().unwrap(), [mirror.source(&anybody())]);
    versions(&sources, cache.path(), &minute(), "words");
    mirror.publish(2, &[record("words", "1.1")], &[]);
    let mut catalog = Catalog::open(&sources, Some(cache.path()), minute(), &mut |_| ()).unwrap();
    assert_eq!(catalog.serial(0), Some(1));
    assert!(catalog.renew(&mut |_| ()).unwrap());
    let found = catalog.records(&name("words"), &mut |_| ()).unwrap();
    assert_eq!(found[0].record.version.to_string(), "1.1");
    let before = mirror.requests().len();
    assert!(!catalog.renew(&mut |_| ()).unwrap());
    assert_eq!(mirror.requests().len(), before);
}

/// Many packages at once take one request each, side by side.
#[test]
fn prefetching() {
    let mirror = Published::new();
    let names: Vec<_> = (0..20).map(|number| name(&format!("p{number:02}"))).collect();
    let records: Vec<_> = names.iter().map(|name| record(name.as_str(), "1")).collect();
    mirror.publish(1, &records, &[]);
    let (cache, sources) = (tempfile::tempdir().unwrap(), [mirror.source(&anybody())]);
    let catalog = Catalog::open(&sources, Some(cache.path()), minute(), &mut |_| ()).unwrap();
    catalog.prefetch(&names);
    assert_eq!(mirror.requests().len(), 21);
    for name in &names {
        assert_eq!(catalog.records(name, &mut |_| ()).unwrap().len(), 1);
    }
    assert_eq!(mirror.requests().len(), 21);
    assert_eq!(catalog.names().len(), 20);
}

fn sidecar(version: &str, full: &str, short: &str) -> String {
    format!(
        "{full}  words-{version}-{short}-bin.tar.gz\n# Config Hash: {short}\n# Content Hash: {0}\n# Package: words\n\
         # Version: {version}\n# Target: //a:words\n# Size: 7\n# Config Hash Full: {full}\n# Content Hash Full: {full}\n",
        &full[..8]
    )
}

/// One exact build takes one small file.
#[test]
fn by_address() {
    let mirror = Published::new();
    let sources = [mirror.source(&anybody())];
    let full = Sha256::of(b"words 1.0").hex();
    let version: Version = "1.0".parse().unwrap();
    let find = |sources: &[Source]| {
        let wanted = (&name("words"), &version, &full.parse().unwrap());
        exact(sources, wanted, &now(Purpose::Install), &mut |_| ())
    };
    assert_eq!(find(&sources).unwrap(), None);
    let path = |short: &str| format!("w/words-1.0-{short}-bin.tar.gz.sha256");
    mirror.put(&path(&full[..8]), sidecar("1.0", &full, &full[..8]).as_bytes());
    let before = mirror.requests().len();
    let found = find(&sources).unwrap().unwrap();
    assert_eq!(mirror.asked(before), [path(&full[..8])]);
    assert_eq!(
        (found.record.size, found.record.config_hash_full),
        (7, full.parse().ok())
    );
    // Unsigned where signatures count.
    let error = find(&[mirror.source(&trusts(&[key(1)], &[]))]).unwrap_err();
    assert!(
        !error.is_unreadable() && words(&error).contains("is not signed"),
        "{}",
        words(&error)
    );
    // Another build has the first eight digits, this one has twelve.
    let other = format!("{}{}", &full[..8], &Sha256::of(b"other").hex()[8..]);
    mirror.put(&path(&full[..8]), sidecar("1.0", &other, &full[..8]).as_bytes());
    assert_eq!(find(&sources).unwrap(), None);
    mirror.put(&path(&full[..12]), sidecar("1.0", &full, &full[..12]).as_bytes());
    assert_eq!(
        find(&sources).unwrap().unwrap().record.config_hash.as_str(),
        &full[..12]
    );
    // One that does not verify is no miss.
    mirror.put(&path(&full[..8]), b"");
    let error = find(&sources).unwrap_err();
    assert!(
        !error.is_unreadable() && words(&error).contains("does not verify"),
        "{}",
        words(&error)
    );
    assert!(
        find(&[source("http://127.0.0.1:1", &anybody())])
            .unwrap_err()
            .is_unreadable()
    );
}

/// The index of an older tool says six things; the sidecar says the rest, and must not say something else.
#[test]
fn a_record_of_an_older_tool() {
    let mirror = Published::new();
    let full = Sha256::of(b"words 1.0").hex();
    let record = |size: u64| {
        format!(
            r#"{{"packages":[{{"name":"words","version":"1.0","config_hash":"{0}","file_hash":"{0}","size":{size},
                "filename":"words-1.0-{0}-bin.tar.gz"}}]}}"#,
            &full[..8]
        )
    };
    mirror.put(
        &format!("w/words-1.0-{}-bin.tar.gz.sha256", &full[..8]),
        sidecar("1.0", &full, &full[..8]).as_bytes(),
    );
    let complete = || {
        let sources = [mirror.source(&anybody())];
        let catalog = Catalog::open(&sources, None, now(Purpose::Install), &mut |_| ()).unwrap();
        let found = catalog.records(&name("words"), &mut |_| ()).unwrap();
        catalog.complete(&found[0])
    };
    mirror.put("index.json", record(7).as_bytes());
    let found = complete().unwrap();
    assert_eq!(found.record.sha256, full.parse().ok());
    assert_eq!(found.record.content_hash_full, full.parse().ok());
    mirror.put("index.json", record(8).as_bytes());
    let error = words(&complete().unwrap_err());
    assert!(
        error.contains("expected `Size` to be 8, as the index says, found 7"),
        "{error}"
    );
}
