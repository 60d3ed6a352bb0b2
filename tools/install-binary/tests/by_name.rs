//! Packages of mirrors, by name.
#![cfg(unix)]

mod world;

use std::fs;

use testkit::{TestPackage, WORDS};
use world::World;

/// A mirror with `words` 1.0 in three builds and 2.0 in one; returns the short config hashes by what tells them apart.
fn several(world: &World) -> [String; 4] {
    let hash = |file: String| file.split('-').nth(2).unwrap().to_owned();
    let make = |folder: &str, package: TestPackage<'_>| {
        let made = hash(world.make(folder, package));
        world.publish(folder, "mirror");
        made
    };
    let with = make(
        "one",
        TestPackage {
            use_flags: r#"{"ssl":true}"#,
            ..WORDS
        },
    );
    let without = make(
        "two",
        TestPackage {
            use_flags: r#"{"ssl":false}"#,
            ..WORDS
        },
    );
    let foreign = make(
        "three",
        TestPackage {
            platform: r#"{"cpu":"mips"}"#,
            ..WORDS
        },
    );
    let newer = make(
        "four",
        TestPackage {
            version: "2.0",
            ..WORDS
        },
    );
    [with, without, foreign, newer]
}

#[test]
fn the_version_that_is_named() {
    let world = World::new();
    let [_, without, _, newer] = several(&world);
    let said = world.run(&["words", "--version", "1.0", "-m", "../mirror", "--root", "../root"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "installed  words@0 1.0\n"));
    let lines: Vec<_> = said.stderr.lines().collect();
    assert!(
        lines[0].starts_with(&format!("install    words 1.0 ({without}), ")),
        "{}",
        said.stderr
    );
    assert!(
        lines[0].ends_with(" to fetch, 6 bytes installed; it was published last; 1 other build runs here"),
        "{}",
        said.stderr
    );
    assert!(
        lines[1].starts_with(&format!("fetched    words-1.0-{without}-bin.tar.gz, ")),
        "{}",
        said.stderr
    );
    assert!(lines[1].ends_with(" from [WORLD]/here/../mirror"), "{}", said.stderr);
    assert_eq!(world.tree("root")["usr/share/words/words"], "words\n");
    // Another version takes its place, whether newer or not.
    assert_eq!(
        world.done(&["words@2.0", "-m", "../mirror", "--root", "../root", "-q"]),
        "replaced   words@0 1.0 by 2.0\n"
    );
    let said = world.run(&["words@1.0", "-m", "../mirror", "--root", "../root", "-n"]);
    assert!(
        said.stdout.starts_with(&format!(
            "downgrade  words 1.0 ({without}) in the place of words 2.0 ({newer}), "
        )),
        "{}",
        said.stdout
    );
}

/// Decision D6: whoever names no version is asked, or says --yes.
#[test]
fn without_a_version_somebody_has_to_agree() {
    let world = World::new();
    let [.., newer] = several(&world);
    let exactly = format!("`install-binary words --version 2.0 --config-hash {newer} --root ../root`");
    let args = ["words", "-m", "../mirror", "--root", "../root"];
    world.refused(
        &args,
        2,
        &format!("no version was asked for; exactly this is {exactly}; nobody can be asked here: say --yes to go on"),
    );
    let said = world.run(&[&args[..], &["--yes"]].concat());
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "installed  words@0 2.0\n"));
    assert!(said.stderr.contains(&exactly), "{}", said.stderr);
    // There is nothing to agree to.
    assert_eq!(world.run(&args).code, Some(0));
}

#[test]
fn which_build() {
    let world = World::new();
    let [with, without, foreign, newer] = several(&world);
    fn install<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["install", "words", "-m", "../mirror", "--root", "../root"], more].concat()
    }
    let chosen = |more: &[&str]| {
        let said = world.done(&[&install(more)[..], &["-n"]].concat());
        said.split(['(', ')']).nth(1).unwrap().to_owned()
    };
    assert_eq!(chosen(&[]), newer);
    assert_eq!(chosen(&["--version", "1.0", "--use", "+ssl"]), with);
    assert_eq!(chosen(&["--version", "1.0", "--use", "-ssl"]), without);
    assert_eq!(chosen(&["--config-hash", &with]), with);
    assert_eq!(chosen(&["-c", &with.to_uppercase()]), with);
    world.refused(&install(&["-v", "1.0", "-c", &foreign]), 3, "cpu mips, not ");
    world.refused(
        &install(&["-v", "1.0", "--use", "+tls"]),
        3,
        "no build of words that runs here has the flags +tls; there is:",
    );
    world.refused(
        &install(&["-v", "3"]),
        3,
        "no version 3 of words on the mirrors; there is 2.0, 1.0",
    );
    world.refused(
        &install(&["-c", "00000000"]),
        3,
        "begins with 00000000; there is:\n    1.0 ",
    );
    world.refused(
        &install(&["-c", "0000"]),
        2,
        "expected 8 to 64 lower-case hex digits, found `0000`",
    );
    world.refused(
        &["wordz@1.0", "-m", "../mirror", "--root", "../root"],
        3,
        "no package `wordz` on the mirrors; there is words",
    );
    let explained = world.done(&["explain", "words@1.0", "-m", "../mirror", "--use", "+ssl"]);
    let rows: Vec<_> = explained
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert!(
        rows.contains(&format!("taken 1.0 {with} no other build has the flags asked for")),
        "{explained}"
    );
    assert!(
        rows.contains(&format!("not 1.0 {without} not the flags asked for, but -ssl")),
        "{explained}"
    );
    assert!(
        rows.contains(&format!("not 2.0 {newer} another version than asked for")),
        "{explained}"
    );
    assert!(explained.contains(&format!("{foreign}  cpu mips, not ")), "{explained}");
}

/// A lock file decides, that of the project or one that is named.
#[test]
fn the_build_of_the_lock_file() {
    let world = World::new();
    let [with, ..] = several(&world);
    fs::write(
        world.path("here/.buckconfig"),
        format!("[buckos]\nbinary_mirror = {}\n", world.path("mirror").display()),
    )
    .unwrap();
    world.done(&["lock", "--package", "words"]);
    let lock = fs::read_to_string(world.path("here/binaries.lock.json")).unwrap();
    let only: String = lock
        .lines()
        .filter(|line| !line.contains("\"name\"") || line.contains(&format!("-{with}-")))
        .collect();
    fs::write(world.path("here/binaries.lock.json"), only.replace("},  ]", "}  ]")).unwrap();
    fs::create_dir(world.path("here/below")).unwrap();
    let said = world
        .command(&["words", "--root", "../../root", "-n"])
        .current_dir(world.path("here/below"))
        .output()
        .unwrap();
    let said = world.said(&said);
    assert!(
        said.stdout.contains(&format!("words 1.0 ({with})")),
        "{}{}",
        said.stdout,
        said.stderr
    );
    assert!(
        said.stdout.contains("; the lock file has it; 1 other build runs here"),
        "{}",
        said.stdout
    );
    fs::rename(world.path("here/binaries.lock.json"), world.path("here/other.json")).unwrap();
    assert!(
        world
            .done(&["words@1.0", "--lock-file", "other.json", "--root", "../root", "-n"])
            .contains(&with)
    );
    world.refused(
        &["words@1.0", "--lock-file", "none.json", "--root", "../root"],
        1,
        "cannot read none.json",
    );
}

#[test]
fn the_file_hash_is_enforced() {
    let world = World::new();
    let [_, without, ..] = several(&world);
    let listed = world.done(&["words", "--list", "-v", "1.0", "-m", "../mirror"]);
    let row = listed.lines().find(|line| line.contains(&without)).unwrap();
    let file_hash = row.split_whitespace().nth(3).unwrap();
    let install = |hash: &str| {
        ["words@1.0", "-m", "../mirror", "--root", "../root", "-f"]
            .map(str::to_owned)
            .into_iter()
            .chain([hash.to_owned()])
            .collect::<Vec<_>>()
    };
    let wrong = install("00000000");
    let words: Vec<_> = wrong.iter().map(String::as_str).collect();
    world.refused(&words, 4, "expected `file hash` to be 00000000, found ");
    assert!(
        !world.path("home/.cache/buckos-binaries/files").exists(),
        "nothing was fetched"
    );
    let right = install(file_hash);
    world.done(&right.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_there_is() {
    let world = World::new();
    let [_, without, foreign, newer] = several(&world);
    let listed = world.done(&["words", "--list", "-m", "../mirror"]);
    let rows: Vec<_> = listed
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .collect();
    assert_eq!(
        rows.iter().map(|row| row[1]).collect::<Vec<_>>(),
        ["2.0", "1.0", "1.0", "1.0"]
    );
    assert_eq!(
        (rows[0][2], rows[1][2], rows[2][2]),
        (newer.as_str(), foreign.as_str(), without.as_str())
    );
    assert!(listed.contains("  mips  "), "{listed}");
    assert_eq!(world.done(&["--list", "-m", "../mirror"]), "words\n");
    // Nothing there is an answer; no answer is none.
    let said = world.run(&["sword", "--list", "-m", "../mirror"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""));
    assert_eq!(said.stderr, "install-binary: warning: the mirrors have no sword\n");
    world.refused(
        &["sword", "--list", "-m", "../nowhere"],
        6,
        "no mirror can be read: [WORLD]/here/../nowhere: ",
    );
    let json: serde_json::Value =
        serde_json::from_str(&world.done(&["words", "--list", "--json", "-m", "../mirror"])).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&fs::read(world.path("mirror/index.json")).unwrap()).unwrap();
    let all = json.as_array().unwrap();
    assert_eq!(all.len(), 4);
    assert!(
        index["packages"]
            .as_array()
            .unwrap()
            .iter()
            .all(|record| all.contains(record)),
        "the records of the index"
    );
}

#[test]
fn only_fetching() {
    let world = World::new();
    let base = TestPackage { name: "base", ..WORDS };
    world.make("one", base);
    let file = world.make("one", TestPackage { deps: &[base], ..WORDS });
    world.publish("one", "mirror");
    let said = world.run(&["words", "-d", "-m", "../mirror", "--cache-dir", "cache"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let paths: Vec<_> = said.stdout.lines().collect();
    assert_eq!(paths[0], format!("cache/packages/{file}"));
    assert!(paths[1].starts_with("cache/packages/base-1.0-"));
    assert_eq!(world.names("root"), Vec::<String>::new());
    // What was fetched is a package like any other, with no mirror left.
    fs::rename(world.path("mirror"), world.path("away")).unwrap();
    world.done(&[paths[0], "--from", "cache/packages", "--root", "../root", "-q"]);
    // And by name from the cache alone.
    world.done(&["remove", "words", "base", "--root", "../root"]);
    let said = world.run(&[
        "words@1.0",
        "--offline",
        "-m",
        "../mirror",
        "--cache-dir",
        "cache",
        "--root",
        "../root",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stderr.contains(&format!("in cache   {file}\n")), "{}", said.stderr);
    assert!(world.done(&["clean", "--cache-dir", "cache"]).ends_with(" freed\n"));
    assert!(!world.path("here/cache/files").exists() && world.path("here/cache").exists());
    world.refused(
        &[
            "words@1.0",
            "--offline",
            "-m",
            "../mirror",
            "--cache-dir",
            "cache",
            "--root",
            "../root",
        ],
        6,
        "offline nothing is fetched",
    );
}

#[test]
fn a_package_that_is_called_like_a_command() {
    let world = World::new();
    world.make("one", TestPackage { name: "list", ..WORDS });
    world.publish("one", "mirror");
    assert_eq!(
        world.done(&["install", "list", "-m", "../mirror", "--root", "../root", "-yq"]),
        "installed  list@0 1.0\n"
    );
    assert!(world.done(&["list", "--root", "../root"]).starts_with("list  1.0  "));
}

#[test]
fn only_below_the_prefix_that_it_was_built_for() {
    let world = World::new();
    world.make("one", WORDS);
    world.make(
        "one",
        TestPackage {
            name: "free",
            relocatable: true,
            ..WORDS
        },
    );
    world.publish("one", "mirror");
    let to = |name: &'static str| [name, "-m", "../mirror", "--root", "../root", "--prefix", "/opt/x", "-y"];
    world.refused(&to("words"), 5, "was built for /usr and works nowhere else");
    world.done(&to("free"));
    world.done(&[&to("words")[..], &["--force-prefix"]].concat());
    assert_eq!(
        world.names("root"),
        ["opt/x/share/free/words", "opt/x/share/words/words"]
    );
    world.refused(
        &["words", "-m", "../mirror", "--root", "../root", "--prefix", "opt"],
        2,
        "expected the prefix to be an absolute path",
    );
}

#[test]
fn up_to_date() {
    let world = World::new();
    let [with, ..] = several(&world);
    world.done(&["words", "-c", &with, "-m", "../mirror", "--root", "../root"]);
    // With the same flags, there is nothing newer than what there is.
    world.make(
        "five",
        TestPackage {
            version: "3.0",
            use_flags: r#"{"ssl":true}"#,
            ..WORDS
        },
    );
    world.make(
        "five",
        TestPackage {
            version: "3.0",
            use_flags: r#"{"ssl":false}"#,
            ..WORDS
        },
    );
    world.publish("five", "mirror");
    let args = ["upgrade", "-m", "../mirror", "--root", "../root"];
    world.refused(
        &args,
        2,
        "the versions were chosen here; nobody can be asked here: say --yes to go on",
    );
    let said = world.run(&[&args[..], &["-y"]].concat());
    assert_eq!(said.stdout, "replaced   words@0 1.0 by 3.0\n");
    assert_eq!(
        world.done(&["list", "--root", "../root"]).split_whitespace().last(),
        Some("+ssl")
    );
    let said = world.run(&args);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""), "{}", said.stderr);
}

#[test]
fn damaged_files_are_written_again() {
    let world = World::new();
    several(&world);
    world.done(&["words@2.0", "-m", "../mirror", "--root", "../root"]);
    let args = ["repair", "-m", "../mirror", "--root", "../root"];
    assert_eq!(world.run(&args).stderr, "nothing is damaged\n");
    fs::write(world.path("root/usr/share/words/words"), "damage").unwrap();
    assert_eq!(
        world.done(&[&args[..], &["-n"]].concat()),
        "words@0: /usr/share/words/words\n"
    );
    world.done(&args);
    assert_eq!(world.done(&["verify", "--root", "../root"]), "");
    // Without the mirror, a folder will do.
    fs::remove_file(world.path("root/usr/share/words/words")).unwrap();
    fs::rename(world.path("mirror"), world.path("away")).unwrap();
    world.done(&["clean"]);
    world.refused(
        &args,
        3,
        "no mirror has words 2.0 as it is installed; name a folder that has it with --from",
    );
    world.done(&[&args[..], &["--from", "../four"]].concat());
    assert_eq!(world.tree("root")["usr/share/words/words"], "words\n");
}
