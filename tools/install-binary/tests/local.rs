//! Tarballs of this machine.
#![cfg(unix)]

mod world;

use std::fs;

use testkit::{TestPackage, WORDS};
use world::World;

#[test]
fn a_tarball_and_its_sidecar() {
    let world = World::new();
    let file = world.make("here", WORDS);
    let path = format!("./{file}");
    let said = world.run(&[&path, "--root", "../root"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "installed  words@0 1.0\n"));
    let hash = &file["words-1.0-".len().."words-1.0-".len() + 8];
    assert_eq!(
        said.stderr,
        format!("install    words 1.0 ({hash}), 6 bytes installed\n")
    );
    assert_eq!(world.names("root"), ["usr/share/words/words"]);
    assert_eq!(
        world.done(&["list", "--root", "../root"]),
        format!("words  1.0  {hash}  explicit\n")
    );
    assert_eq!(
        world.done(&["files", "words", "--root", "../root"]),
        "/usr/\n/usr/share/\n/usr/share/words/\n/usr/share/words/words\n"
    );
    // Once more there is nothing to do.
    let said = world.run(&[&path, "--root", "../root"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""));
    assert_eq!(said.stderr, format!("present    words 1.0 ({hash})\n"));
    assert_eq!(
        world.done(&[&path, "--root", "../root", "--reinstall", "-q"]),
        "replaced   words@0 1.0 by 1.0\n"
    );
    assert_eq!(world.done(&["recover", "--root", "../root"]), "nothing to recover\n");
}

#[test]
fn what_does_not_verify_changes_nothing() {
    let world = World::new();
    let file = world.make("here", WORDS);
    let other = world.make("here", TestPackage { version: "2", ..WORDS });
    let (path, sidecar) = (
        world.path("here").join(&file),
        world.path("here").join(format!("{file}.sha256")),
    );
    let install = format!("./{file}");
    let refused = |words: &str| world.refused(&[&install, "--root", "../root"], 4, words);
    // Another file's bytes.
    let good = fs::read(&path).unwrap();
    fs::copy(world.path("here").join(&other), &path).unwrap();
    refused("the checksum of ./words-1.0-");
    fs::write(&path, &good).unwrap();
    let text = fs::read_to_string(&sidecar).unwrap();
    // Another file's sidecar.
    fs::copy(world.path("here").join(format!("{other}.sha256")), &sidecar).unwrap();
    refused("expected the checksum of `words-1.0-");
    // The right bytes under another name, version or configuration.
    fs::write(&sidecar, text.replace("# Package: words", "# Package: sword")).unwrap();
    refused("expected `name` to be sword, found words");
    fs::write(&sidecar, text.replace("# Version: 1.0", "# Version: 1.1")).unwrap();
    refused("expected `version` to be 1.1, found 1.0");
    let hash = text
        .lines()
        .find_map(|line| line.strip_prefix("# Config Hash Full: "))
        .unwrap();
    let wrong = format!("{}{}", &hash[..63], if hash.ends_with('0') { '1' } else { '0' });
    fs::write(&sidecar, text.replace(hash, &wrong)).unwrap();
    refused("expected `config_hash_full` to be ");
    fs::write(&sidecar, "").unwrap();
    refused("found an empty file");
    fs::remove_file(&sidecar).unwrap();
    refused("without which nothing says that the package is whole");
    fs::write(&sidecar, &text).unwrap();
    world.refused(
        &[&install, "--root", "../root", "-f", "00000000"],
        4,
        "expected `file hash` to be 00000000, found ",
    );
    world.done(&[&install, "--root", "../root"]);
}

/// From the graph a package comes as a folder, and what it needs as further ones.
#[test]
fn dependencies_from_folders() {
    let world = World::new();
    let base = TestPackage { name: "base", ..WORDS };
    world.make("here/own", TestPackage { deps: &[base], ..WORDS });
    world.make("other", TestPackage { name: "other", ..WORDS });
    world.publish("other", "mirror");
    let refused = world.refused(
        &["./own", "-m", "../mirror", "--root", "../root"],
        3,
        "words needs base 1.0 (",
    );
    assert!(
        refused.contains("which no mirror has; --no-deps installs without it"),
        "{refused}"
    );
    world.make("here/needed", base);
    let said = world.run(&["./own", "--from", "needed", "--root", "../root"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(0), "installed  base@0 1.0\ninstalled  words@0 1.0\n")
    );
    assert!(
        said.stderr.contains(" for words, 6 bytes installed\n"),
        "{}",
        said.stderr
    );
    let listed = world.done(&["list", "--root", "../root"]);
    assert_eq!(
        listed.split_whitespace().filter(|word| *word == "dependency").count(),
        1
    );
    // What is needed stays, unless that is said.
    world.refused(
        &["remove", "base", "--root", "../root"],
        5,
        "base@0 is required by words@0",
    );
    assert_eq!(
        world.done(&["remove", "words", "--autoremove", "--root", "../root", "-yq"]),
        "removed    base@0 1.0\nremoved    words@0 1.0\n"
    );
    assert_eq!(world.names("root"), Vec::<String>::new());
    assert_eq!(
        world.done(&["rollback", "--root", "../root"]),
        "installed  base@0 1.0\ninstalled  words@0 1.0\n"
    );
    let history = world.done(&["history", "--root", "../root"]);
    assert!(
        history.contains("  rollback --root ../root\n     installed base@0 1.0\n"),
        "{history}"
    );
}

#[test]
fn owners_and_damage() {
    let world = World::new();
    world.make("here/own", WORDS);
    world.done(&["./own", "--root", "../root", "-q"]);
    let words = world.path("root/usr/share/words/words");
    assert_eq!(
        world.done(&["owner", "/usr/share/words/words", "--root", "../root"]),
        "/usr/share/words/words  words@0\n"
    );
    world.refused(
        &["owner", "/usr/bin/x", "--root", "../root"],
        3,
        "no package has /usr/bin/x",
    );
    assert_eq!(world.done(&["verify", "--root", "../root"]), "");
    fs::write(&words, "other\n").unwrap();
    let said = world.run(&["verify", "words", "--root", "../root"]);
    assert_eq!(said.code, Some(4));
    assert!(
        said.stdout
            .starts_with("damaged    words@0: /usr/share/words/words has other bytes: expected "),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr.contains("1 thing is not as it was installed"),
        "{}",
        said.stderr
    );
    world.refused(&["verify", "sword", "--root", "../root"], 3, "sword is not installed");
}
