use proptest::prelude::*;

use super::*;
use crate::host::Level;

/// A record of `words` with a config hash that begins with `hash`.
fn record(version: &str, hash: &str, published: u64, level: &str, flags: &str) -> Record {
    let full = format!("{hash:0<64}");
    let flags = flags
        .parse::<Wishes>()
        .map(|wishes| wishes.to_string())
        .unwrap_or_default();
    let flags: Vec<_> = flags
        .split(',')
        .filter(|flag| !flag.is_empty())
        .map(|flag| format!("\"{}\":{}", &flag[1..], flag.starts_with('+')))
        .collect();
    serde_json::from_str(&format!(
        r#"{{"name":"words","version":"{version}","config_hash":"{}","file_hash":"00000000","filename":"{version}-{hash}",
            "size":1,"config_hash_full":"{full}","use":{{{}}},"published":{published},
            "platform":{{"cpu":"x86_64","os":"linux","libc":"glibc","level":"{level}"}}}}"#,
        &full[..8],
        flags.join(",")
    ))
    .unwrap()
}

fn selector(wishes: &str, locked: &[&Record]) -> Selector {
    let mut preferred = Preferred::default();
    for record in locked {
        preferred
            .versions
            .entry(record.name.clone())
            .or_default()
            .insert(record.version.clone());
        preferred.hashes.extend(record.config_hash_full);
    }
    Selector {
        host: Host {
            cpu: "x86_64".into(),
            os: "linux".into(),
            libcs: ["glibc".to_owned()].into(),
            level: Level::parse("v2").unwrap(),
        },
        wishes: if wishes.is_empty() {
            Wishes::default()
        } else {
            wishes.parse().unwrap()
        },
        preferred,
    }
}

/// The file that is taken, the number of others and why; or the error.
fn choose(
    selector: &Selector,
    version: &str,
    hash: &str,
    records: &[Record],
) -> Result<(String, usize, Because), String> {
    let (name, version, hash) = ("words".parse().unwrap(), version.parse().ok(), hash.parse().ok());
    let wanted = Wanted {
        name: &name,
        version: version.as_ref(),
        config_hash: hash.as_ref(),
    };
    match selector.select(wanted, records) {
        Ok(choice) => Ok((choice.record.filename.clone(), choice.others, choice.because)),
        Err(error) => Err(error.to_string()),
    }
}

fn taken(file: &str, others: usize, because: Because) -> Result<(String, usize, Because), String> {
    Ok((file.to_owned(), others, because))
}

#[test]
fn the_order_of_reasons() {
    let records = [
        record("1.0", "aaaaaaaa01", 1, "v1", "+ssl"),
        record("1.0", "aaaaaaaa02", 2, "v1", "-ssl"),
        record("1.0", "bbbbbbbb", 3, "v1", "+ssl"),
        record("1.0", "cccccccc", 9, "v3", "+ssl"),
        record("0.9", "dddddddd", 8, "v1", ""),
        record("2.0", "eeeeeeee", 9, "v3", ""),
    ];
    let plain = selector("", &[]);
    // The newest version that runs here, and of it what was published last.
    assert_eq!(
        choose(&plain, "", "", &records),
        taken("1.0-bbbbbbbb", 2, Because::Newest)
    );
    assert_eq!(
        choose(&plain, "0.9", "", &records),
        taken("0.9-dddddddd", 0, Because::Only)
    );
    assert_eq!(
        choose(&plain, "1.0", "aaaaaaaa02", &records),
        taken("1.0-aaaaaaaa02", 2, Because::ConfigHash)
    );
    assert_eq!(
        choose(&plain, "", "dddddddd", &records),
        taken("0.9-dddddddd", 0, Because::ConfigHash)
    );
    assert_eq!(
        choose(&selector("-ssl", &[]), "1.0", "", &records),
        taken("1.0-aaaaaaaa02", 2, Because::Wishes)
    );
    assert_eq!(
        choose(&selector("+ssl", &[]), "1.0", "", &records),
        taken("1.0-bbbbbbbb", 2, Because::Newest)
    );
    let locked = selector("", &[&records[0]]);
    assert_eq!(
        choose(&locked, "", "", &records),
        taken("1.0-aaaaaaaa01", 2, Because::Locked)
    );
    // A wish comes before the lock file, and so does a version.
    let locked = selector("-ssl", &[&records[0]]);
    assert_eq!(
        choose(&locked, "1.0", "", &records),
        taken("1.0-aaaaaaaa02", 2, Because::Wishes)
    );
    let locked = selector("", &[&records[4]]);
    assert_eq!(
        choose(&locked, "", "", &records),
        taken("0.9-dddddddd", 0, Because::Only)
    );
    assert_eq!(
        choose(&locked, "1.0", "", &records),
        taken("1.0-bbbbbbbb", 2, Because::Newest)
    );
    // What is locked and does not run here does not decide.
    let locked = selector("", &[&records[5]]);
    assert_eq!(
        choose(&locked, "", "", &records),
        taken("1.0-bbbbbbbb", 2, Because::Newest)
    );
}

#[test]
fn ties_go_to_the_first_hash_and_the_smaller_file() {
    let mut records = vec![
        record("1.0", "bbbbbbbb", 1, "v1", ""),
        record("1.0", "aaaaaaaa", 1, "v1", ""),
    ];
    assert_eq!(
        choose(&selector("", &[]), "", "", &records),
        taken("1.0-aaaaaaaa", 1, Because::Newest)
    );
    let mut smaller = records[1].clone();
    (smaller.size, smaller.filename) = (0, "smaller".into());
    records.push(smaller);
    assert_eq!(
        choose(&selector("", &[]), "", "", &records),
        taken("smaller", 1, Because::Newest)
    );
    assert_eq!(
        choose(&selector("", &[]), "", "aaaaaaaa", &records),
        taken("smaller", 1, Because::ConfigHash)
    );
}

#[test]
fn errors_say_what_there_is() {
    let records = [
        record("1.0", "aaaaaaaa01", 1, "v1", "+ssl"),
        record("1.0", "aaaaaaaa02", 2, "v1", "-ssl"),
        record("2.0", "eeeeeeee", 9, "v3", ""),
    ];
    let plain = selector("", &[]);
    assert_eq!(
        choose(&plain, "3", "", &records).unwrap_err(),
        "no version 3 of words on the mirrors; there is 2.0, 1.0"
    );
    assert_eq!(
        choose(&plain, "", "aaaaaaaa", &records).unwrap_err(),
        format!(
            "several builds of words have a config hash that begins with aaaaaaaa; give more digits:\n    1.0 {:0<64} +ssl\n    1.0 {:0<64} -ssl",
            "aaaaaaaa01", "aaaaaaaa02"
        )
    );
    assert!(choose(&plain, "1.0", "99999999", &records).unwrap_err().starts_with(
        "no build of words on the mirrors has a config hash that begins with 99999999; there is:\n    1.0 aaaaaaaa01"
    ));
    let error = choose(&plain, "2.0", "", &records).unwrap_err();
    assert!(
        error.starts_with("no build of words on the mirrors runs here (x86_64 linux glibc v2):\n    2.0 eeeeeeee"),
        "{error}"
    );
    assert!(error.ends_with(" level v3, not at most v2"), "{error}");
    assert!(
        choose(&plain, "2.0", "eeeeeeee", &records)
            .unwrap_err()
            .contains("runs here")
    );
    let error = choose(&selector("+tls", &[]), "1.0", "", &records).unwrap_err();
    assert!(
        error.starts_with("no build of words that runs here has the flags +tls; there is:"),
        "{error}"
    );
    let name = "word".parse().unwrap();
    let wanted = Wanted {
        name: &name,
        version: None,
        config_hash: None,
    };
    assert_eq!(
        plain.select(wanted, &records).unwrap_err().to_string(),
        "no package `word` on the mirrors; there is words"
    );
}

/// Mirrors of older tools know no platforms.
#[test]
fn without_platform_data_only_by_hash() {
    let mut old = record("1.0", "aaaaaaaa", 1, "v1", "");
    (old.platform, old.use_flags, old.config_hash_full) = (None, None, None);
    let records = [old];
    let error = choose(&selector("", &[]), "1.0", "", &records).unwrap_err();
    assert!(
        error.ends_with("1.0 aaaaaaaa the index does not say what it runs on; name it with --config-hash"),
        "{error}"
    );
    for hash in ["aaaaaaaa", "aaaaaaaabbbb"] {
        assert_eq!(
            choose(&selector("", &[]), "", hash, &records),
            taken("1.0-aaaaaaaa", 0, Because::ConfigHash)
        );
    }
}

proptest! {
    /// Whatever is chosen runs here, meets the wishes, and does not depend on the order of the records.
    #[test]
    fn the_choice_is_a_function_of_the_set(
        rows in prop::collection::vec((0..3_u8, 0..6_u8, 0..4_u64, 1..4_u8, any::<bool>()), 1..12),
        wish: bool,
        seed in 0..1000_usize,
    ) {
        let mut records: Vec<_> = rows
            .iter()
            .map(|(version, hash, published, level, ssl)| {
                record(&version.to_string(), &format!("{hash}{version}aaaaaa"), *published, &format!("v{level}"), if *ssl { "+ssl" } else { "-ssl" })
            })
            .collect();
        let selector = selector(if wish { "+ssl" } else { "" }, &[]);
        let one = choose(&selector, "", "", &records);
        let middle = seed % records.len();
        records.rotate_left(middle);
        if let Ok((file, others, _)) = &one {
            prop_assert!(*others < records.len());
            let fits = |record: &&Record| record.filename == *file && selector.why_not(record).is_none() && selector.meets_wishes(record);
            prop_assert!(records.iter().any(|record| fits(&record)));
        }
        let two = choose(&selector, "", "", &records);
        prop_assert_eq!(one.ok(), two.ok());
    }
}
