//! Signatures of packages and of the index: made, renewed, rotated.

mod world;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use binpkg::index::Root;
use binpkg::sign::{IndexSignatures, TrustList};
use testkit::{TestPackage, WORDS};
use world::{World, done, index, refused, root, stderr, tree, upload};

/// Makes a key pair in a folder; gives the line that trusts it.
fn keygen(world: &World, folder: &str) -> String {
    let said = done(&upload(
        world.path(),
        &["keygen", "--out-dir", folder, "--name", folder],
    ));
    said.trim_end().to_owned()
}

fn key(folder: &str) -> String {
    format!("{folder}/flavor-private.key")
}

/// Whether this key has signed the index and the root.
fn signed(mirror: &Path, trusted: &str) -> [bool; 2] {
    let trusted = TrustList::parse([trusted]).unwrap();
    ["index.json", Root::PATH].map(|file| {
        let signatures = fs::read_to_string(mirror.join(format!("{file}.sig"))).unwrap_or_default();
        let signatures: IndexSignatures = signatures.parse().unwrap();
        signatures
            .check(&fs::read(mirror.join(file)).unwrap(), &trusted)
            .is_ok()
    })
}

fn publish(world: &World, source: &str, keys: &[&str]) -> std::process::Output {
    let mut args = vec!["-s".to_owned(), source.to_owned(), "-m".to_owned(), "mirror".to_owned()];
    for folder in keys {
        args.extend(["--sign-key".to_owned(), key(folder)]);
    }
    upload(world.path(), &args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn two() -> TestPackage<'static> {
    TestPackage {
        version: "2.0",
        ..WORDS
    }
}

#[test]
fn keys() {
    let world = World::new();
    let line = keygen(&world, "a");
    let (name, public) = line.split_once(' ').unwrap();
    assert_eq!((name, public.len()), ("a", 44));
    let pem = fs::read_to_string(world.path().join(key("a"))).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(world.path().join(key("a"))).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_ne!(keygen(&world, "b"), line);
    let again = upload(world.path(), &["keygen", "--out-dir", "a"]);
    refused(&again, 5, "a/flavor-private.key exists");
    assert_eq!(fs::read_to_string(world.path().join(key("a"))).unwrap(), pem);
    refused(
        &upload(world.path(), &["keygen", "--name", "a b"]),
        2,
        "expected a name without blanks",
    );
}

#[test]
fn a_signed_index_stays_signed() {
    let world = World::new();
    let mirror = world.mirror();
    let (a, b) = (keygen(&world, "a"), keygen(&world, "b"));
    world.make("one", WORDS);
    world.make("two", two());
    done(&publish(&world, "one", &["a"]));
    assert_eq!(signed(&mirror, &a), [true, true]);
    assert_eq!(signed(&mirror, &b), [false, false]);
    let expires = root(&mirror).expires.unwrap();
    let day = Duration::from_secs(24 * 3600);
    assert!(!expires.is_past(SystemTime::now() + 29 * day) && expires.is_past(SystemTime::now() + 31 * day));
    assert_eq!(index(&mirror).expires, Some(expires));
    let before = tree(&mirror);

    // Nothing new is nothing to sign, with or without the key.
    done(&publish(&world, "one", &["a"]));
    done(&publish(&world, "one", &[]));
    refused(
        &publish(&world, "two", &[]),
        2,
        "the index of the mirror is signed; name the key",
    );
    refused(
        &publish(&world, "two", &["b"]),
        4,
        "was signed by none of the keys that shall sign the next one",
    );
    assert!(tree(&mirror) == before);

    // Whoever can write to the mirror gets no signature for it.
    let text = fs::read_to_string(mirror.join("index.json")).unwrap();
    fs::write(mirror.join("index.json"), text.replace("\"size\":", "\"size\":1")).unwrap();
    refused(
        &publish(&world, "two", &["a"]),
        4,
        "index.json of the mirror was signed by none of the keys",
    );
    fs::write(mirror.join("index.json"), text).unwrap();

    // A change of keys: both for a while, then the new one.
    done(&publish(&world, "two", &["a", "b"]));
    assert_eq!((signed(&mirror, &a), signed(&mirror, &b)), ([true; 2], [true; 2]));
    let mut args = vec!["refresh", "mirror", "--sign-key"];
    let b_key = key("b");
    args.push(&b_key);
    done(&upload(world.path(), &args));
    assert_eq!((signed(&mirror, &a), signed(&mirror, &b)), ([false; 2], [true; 2]));
}

/// A reader takes the file and its signatures one after the other; whatever lies between them, they fit.
#[test]
fn signatures_cover_the_file_before_them() {
    let world = World::new();
    let mirror = world.mirror();
    let a = TrustList::parse([keygen(&world, "a").as_str()]).unwrap();
    world.make("one", WORDS);
    world.make("two", two());
    done(&publish(&world, "one", &["a"]));
    let old = ["index.json", Root::PATH].map(|file| fs::read(mirror.join(file)).unwrap());
    done(&publish(&world, "two", &["a"]));
    for (file, old) in ["index.json", Root::PATH].into_iter().zip(old) {
        let signatures = fs::read_to_string(mirror.join(format!("{file}.sig"))).unwrap();
        let signatures: IndexSignatures = signatures.parse().unwrap();
        assert!(
            signatures.check(&old, &a).is_ok(),
            "{file} read before, its signatures after"
        );
        let new = fs::read(mirror.join(file)).unwrap();
        assert_ne!(old, new);
        assert!(signatures.check(&new, &a).is_ok());
        assert_eq!(signatures.lines().len(), 2);
    }
}

#[test]
fn refreshing() {
    let world = World::new();
    let mirror = world.mirror();
    let a = keygen(&world, "a");
    let key = key("a");
    world.make("one", WORDS);
    done(&publish(&world, "one", &["a"]));
    let before = root(&mirror);
    let said = done(&upload(
        world.path(),
        &["refresh", "mirror", "--sign-key", &key, "--expires", "90d"],
    ));
    assert!(said.starts_with("serial 2, counts until 20"), "{said}");
    let after = root(&mirror);
    assert_eq!((after.serial, &after.shards, after.total), (2, &before.shards, 1));
    assert!(after.expires > before.expires);
    assert_eq!((index(&mirror).serial, index(&mirror).expires), (2, after.expires));
    assert_eq!(signed(&mirror, &a), [true, true]);
    refused(
        &upload(world.path(), &["refresh", "mirror"]),
        2,
        "expected a key to sign with",
    );
    let args = ["refresh", "mirror", "--sign-key", &key, "--expires", "soon"];
    refused(&upload(world.path(), &args), 2, "such as 30d");
    let public = "a/flavor-public.key";
    let output = upload(world.path(), &["refresh", "mirror", "--sign-key", public]);
    refused(&output, 1, "expected a secret key, found a public one");
}

#[test]
fn packages_are_signed_in_folders_and_on_mirrors() {
    let world = World::new();
    let mirror = world.mirror();
    let (a, b) = (keygen(&world, "a"), keygen(&world, "b"));
    let (a_key, b_key) = (key("a"), key("b"));
    let file = world.make("one", WORDS);
    let tarball = format!("one/{file}");
    let sign = |target: &str, key: &str| upload(world.path(), &["sign", target, "--sign-key", key]);
    let sidecar = |folder: &str| fs::read_to_string(world.path().join(folder).join(format!("{file}.sha256"))).unwrap();
    assert_eq!(done(&sign(&tarball, &a_key)), format!("{tarball}: signed\n"));
    let once = sidecar("one");
    assert_eq!(once.matches("# Signature: ").count(), 1);
    assert_eq!(
        done(&sign(&format!("{tarball}.sha256"), &a_key)),
        format!("{tarball}: was signed\n")
    );
    assert_eq!(sidecar("one"), once);
    done(&publish(&world, "one", &[]));
    assert_eq!(sidecar("mirror/w"), once);
    assert_eq!(index(&mirror).packages()[0].signatures.len(), 1);

    // On the mirror, with a second key: packages and index, once.
    let output = sign("mirror", &b_key);
    assert!(
        stderr(&output).contains("the index was not signed so far"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "mirror: 1 packages signed, 0 were; serial 2\n"
    );
    assert_eq!(sidecar("mirror/w").matches("# Signature: ").count(), 2);
    let record = index(&mirror).packages()[0].clone();
    assert_eq!((record.signatures.len(), record.published), (2, 1));
    assert_eq!((signed(&mirror, &a), signed(&mirror, &b)), ([false; 2], [true; 2]));
    let before = tree(&mirror);
    assert_eq!(
        done(&sign("mirror", &b_key)),
        "mirror: 0 packages signed, 1 were; serial 2\n"
    );
    assert!(tree(&mirror) == before);
    let keys = [a.as_str(), "--key", b.as_str()];
    done(&upload(
        world.path(),
        &[&["check", "mirror", "--full", "--key"], &keys[2..]].concat(),
    ));
    let output = upload(world.path(), &[&["check", "mirror", "--key"], &keys[..1]].concat());
    refused(&output, 4, "mirror has 2 faults");

    // A folder; and what is not as it says gets no signature.
    done(&sign("one", &b_key));
    assert_eq!(sidecar("one").matches("# Signature: ").count(), 2);
    let mut bytes = fs::read(world.path().join(&tarball)).unwrap();
    bytes[9] ^= 1;
    fs::write(world.path().join(&tarball), bytes).unwrap();
    refused(&sign("one", &a_key), 4, "does not verify");
    fs::create_dir(world.path().join("empty")).unwrap();
    refused(&sign("empty", &a_key), 3, "no binary package and no index in empty");
    let other = fs::read_to_string(mirror.join("w").join(format!("{file}.sha256"))).unwrap();
    fs::write(
        mirror.join("w").join(format!("{file}.sha256")),
        other.replace("Size: ", "Size: 1"),
    )
    .unwrap();
    refused(&sign("mirror", &b_key), 4, "and the index disagree about `size`");
}

/// What an interrupted run left unsigned, or signed by others, is no obstacle.
#[test]
fn sidecars_only_gain_signatures() {
    let world = World::new();
    let mirror = world.mirror();
    keygen(&world, "a");
    keygen(&world, "b");
    let file = world.make("one", WORDS);
    let sidecar = mirror.join("w").join(format!("{file}.sha256"));
    done(&upload(world.path(), &["sign", "one", "--sign-key", &key("a")]));
    done(&publish(&world, "one", &[]));
    let first = fs::read_to_string(&sidecar).unwrap();
    fs::remove_file(mirror.join("index.json")).unwrap();
    fs::remove_dir_all(mirror.join("index")).unwrap();
    world.make("one", WORDS);
    done(&upload(world.path(), &["sign", "one", "--sign-key", &key("b")]));
    done(&publish(&world, "one", &[]));
    let both = fs::read_to_string(&sidecar).unwrap();
    assert!(
        both.starts_with(&first) && both.matches("# Signature: ").count() == 2,
        "{both}"
    );
}
