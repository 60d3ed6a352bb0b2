//! What packages need at run time.
#![cfg(unix)]

mod world;

use testkit::{TestPackage, WORDS, library};
use world::World;

fn package(name: &'static str) -> TestPackage<'static> {
    TestPackage { name, ..WORDS }
}

const ROOT: [&str; 5] = ["-m", "../mirror", "--root", "../root", "-yq"];

fn install<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [words, &ROOT].concat()
}

/// Published are the packages of a chain, `one` to `three`, the last of which only if it is said.
fn chain(world: &World, whole: bool) {
    let three = package("three");
    let two = TestPackage {
        deps: &[three],
        ..package("two")
    };
    world.make(
        "source",
        TestPackage {
            deps: &[two],
            ..package("one")
        },
    );
    world.make("source", two);
    if whole {
        world.make("source", three);
    }
    world.publish("source", "mirror");
}

#[test]
fn a_chain_comes_in_one_transaction() {
    let world = World::new();
    chain(&world, true);
    assert_eq!(
        world.done(&install(&["one"])),
        "installed  one@0 1.0\ninstalled  three@0 1.0\ninstalled  two@0 1.0\n"
    );
    let listed = world.done(&["list", "--explicit", "--root", "../root"]);
    assert!(listed.starts_with("one ") && listed.lines().count() == 1, "{listed}");
    let history = world.done(&["history", "--root", "../root"]);
    assert_eq!(history.lines().filter(|line| line.starts_with("1  ")).count(), 1);
    assert_eq!(world.done(&["rollback", "--root", "../root"]).lines().count(), 3);
    assert_eq!(world.names("root"), Vec::<String>::new());
}

#[test]
fn a_missing_one_is_named_with_its_chain() {
    let world = World::new();
    chain(&world, false);
    let said = world.refused(&install(&["one"]), 3, "one -> two needs three 1.0 (");
    assert!(
        said.contains("which no mirror has; --no-deps installs without it"),
        "{said}"
    );
    let said = world.run(&install(&["one", "--no-deps"]));
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "installed  one@0 1.0\n"));
    assert!(
        said.stderr.contains("install-binary: warning: what one 1.0 ("),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains(" needs is not looked for, because of --no-deps\n"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_cycle_is_installed_together() {
    let world = World::new();
    let (egg, hen) = (package("egg"), package("hen"));
    world.make("source", TestPackage { deps: &[hen], ..egg });
    world.make("source", TestPackage { deps: &[egg], ..hen });
    world.publish("source", "mirror");
    assert_eq!(
        world.done(&install(&["egg"])),
        "installed  egg@0 1.0\ninstalled  hen@0 1.0\n"
    );
    assert_eq!(world.done(&["verify", "--root", "../root"]), "");
    world.refused(&["remove", "egg", "--root", "../root"], 5, "egg@0 is required by hen@0");
    assert_eq!(
        world
            .done(&["remove", "egg", "--cascade", "--root", "../root", "-yq"])
            .lines()
            .count(),
        2
    );
}

/// A library in two builds, one of which lacks a name; `user` was built with the first, which offers both.
fn libraries(world: &World) {
    let (one, two) = (library("libone.so.1", &[]), library("libtwo.so.1", &[]));
    let both = [
        ("usr/lib/libone.so.1", one.as_slice()),
        ("usr/lib/libtwo.so.1", two.as_slice()),
    ];
    let user = library("", &["libone.so.1"]);
    let lib = TestPackage {
        version: "1",
        files: &both,
        ..package("lib")
    };
    world.make("first", lib);
    let program = [("usr/bin/user", user.as_slice())];
    world.make(
        "first",
        TestPackage {
            deps: &[lib],
            files: &program,
            ..package("user")
        },
    );
    world.publish("first", "mirror");
    // Without what nobody here needs, then without what `user` needs.
    world.make(
        "second",
        TestPackage {
            version: "2",
            files: &both[..1],
            ..package("lib")
        },
    );
    world.publish("second", "mirror");
    world.make(
        "third",
        TestPackage {
            version: "3",
            files: &both[1..],
            ..package("lib")
        },
    );
    world.publish("third", "mirror");
}

#[test]
fn another_build_that_does_as_well_stays() {
    let world = World::new();
    libraries(&world);
    world.done(&install(&["lib@2"]));
    let said = world.run(&["user@1.0", "-m", "../mirror", "--root", "../root"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "installed  user@0 1.0\n"));
    assert!(said.stderr.starts_with("keep       lib 2 ("), "{}", said.stderr);
    assert!(said.stderr.contains(") for user, which names 1 ("), "{}", said.stderr);
    // The next one would not do.
    let words = "installed packages would miss what they need:\n    user needs so:libone.so.1 of lib 2 (";
    world.refused(&install(&["lib@3"]), 5, words);
    world.refused(&install(&["upgrade", "lib"]), 5, words);
    assert_eq!(world.done(&install(&["lib@1"])), "replaced   lib@0 2 by 1\n");
}

#[test]
fn one_that_does_not_is_replaced() {
    let world = World::new();
    libraries(&world);
    world.done(&install(&["lib@3"]));
    assert_eq!(
        world.done(&install(&["user"])),
        "replaced   lib@0 3 by 1\ninstalled  user@0 1.0\n"
    );
    // Both at once: the one that is asked for does not do, and would be in the way of the one that is named.
    world.done(&["remove", "user", "lib", "--root", "../root"]);
    world.refused(&install(&["user", "lib@3"]), 5, "user needs lib 1 (");
    assert_eq!(
        world.done(&install(&["user", "lib@2"])),
        "installed  lib@0 2\ninstalled  user@0 1.0\n"
    );
}

#[test]
fn several_packages_in_one_transaction() {
    let world = World::new();
    world.make("source", package("one"));
    world.make("source", package("two"));
    world.make(
        "source",
        TestPackage {
            version: "2.0",
            ..package("one")
        },
    );
    // The same file as one of `one` has.
    let words = [("usr/share/one/words", b"words\n".as_slice())];
    world.make(
        "source",
        TestPackage {
            files: &words,
            ..package("thief")
        },
    );
    world.publish("source", "mirror");
    world.refused(
        &install(&["one@1.0", "one@2.0"]),
        5,
        "cannot be installed together: both go to the slot 0",
    );
    let said = world.refused(
        &install(&["one@1.0", "thief", "two"]),
        5,
        "1 thing is in the way, nothing was changed:",
    );
    assert!(said.contains("/usr/share/one/words is in "), "{said}");
    assert_eq!(
        world.done(&install(&["one@1.0", "two"])),
        "installed  one@0 1.0\ninstalled  two@0 1.0\n"
    );
    world.refused(
        &install(&["thief"]),
        5,
        "belongs to one@0; it is identical, but a file belongs to one package only",
    );
}

/// In slots of their own, two versions live side by side, and the index knows it before anything is fetched.
#[test]
fn slots() {
    let world = World::new();
    world.make(
        "source",
        TestPackage {
            slot: "1",
            words: "1\n",
            files: &[("usr/share/a", b"")],
            ..package("lib")
        },
    );
    let two = [("usr/share/b", b"".as_slice())];
    world.make(
        "source",
        TestPackage {
            version: "2.0",
            slot: "2",
            files: &two,
            kind: "prefix",
            ..package("lib")
        },
    );
    world.publish("source", "mirror");
    assert_eq!(world.done(&install(&["lib@1.0"])), "installed  lib@1 1.0\n");
    let plan = world.done(&["lib@2.0", "-n", "-m", "../mirror", "--root", "../root"]);
    assert!(plan.starts_with("install    lib 2.0 ("), "{plan}");
}
