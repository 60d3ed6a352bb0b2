//! A build with nothing to do looks at what the last one came of, and at nothing else; whatever has changed is seen.

use crate::world::{World, files};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

/// Something of everything: a macro in a file of its own, a glob, a folder as a source, a setting.
const TARGETS: &str = r#"
load(":named.bzl", "NAME")
sh(name = NAME, cmd = "cat $2 $3/* > $1; echo $S >> $1", srcs = glob(["*.txt"]) + ["folder"], env = {"S": read_config("a", "b", "none")})
sh(name = "tree", dir = True, cmd = "mkdir $1 $1/sub; echo x > $1/sub/x")
sh(name = "rust", category = "rust_identity", cmd = "echo $2 > $1", srcs = [])
"#;

const WORDS: &[&str] = &["build", "-q", "//:", "--show-simple-output"];

/// Longer than what counts as the same moment.
fn wait() {
    std::thread::sleep(Duration::from_millis(80));
}

fn world() -> World {
    let world = World::new(TARGETS);
    world.write("named.bzl", "NAME = 'cat'\n");
    world.write("a.txt", "a\n");
    world.write("folder/b", "b\n");
    world
}

fn records(world: &World) -> Vec<PathBuf> {
    files(&world.path().join("buck-out/fawn/state/unchanged"))
}

/// Builds until there is a record, and writes other results into it, which shows when it is used.
fn marked() -> World {
    let world = world();
    for _ in 0..2 {
        wait();
        world.ok(WORDS);
    }
    let records = records(&world);
    assert_eq!(records.len(), 1, "a build that ran nothing leaves a record");
    let text = fs::read_to_string(&records[0]).unwrap();
    let (before, _) = text.split_once("\"results\":").unwrap();
    fs::write(&records[0], format!("{before}\"results\":\"from the record\"}}}}")).unwrap();
    assert_eq!(world.ok(WORDS), "from the record");
    assert_eq!(world.ran(), [""; 0]);
    world
}

fn is_seen(what: &str, change: impl Fn(&World)) {
    let world = marked();
    change(&world);
    let said = world.fawn(WORDS);
    assert_ne!(said.stdout, "from the record", "{what} was not seen");
}

#[test]
fn changes_of_build_files_and_settings_are_seen() {
    is_seen("a build file", |world| {
        let text = fs::read_to_string(world.path().join("BUCK")).unwrap();
        world.write("BUCK", &text.replace("echo x", "echo y"));
    });
    is_seen("a loaded file", |world| world.write("named.bzl", "NAME = 'dog'\n"));
    is_seen("a setting", |world| world.write(".buckconfig.local", "[a]\nb = c\n"));
    is_seen("a folder of settings", |world| {
        world.write(".buckconfig.d/x", "[a]\nb = c\n")
    });
    is_seen("settings of the user", |world| {
        world.write("home/.buckconfig.local", "[a]\nb = c\n")
    });
    is_seen("a PACKAGE file", |world| world.write("PACKAGE", "fail('seen')\n"));
    is_seen("a package below", |world| world.write("folder/BUCK", ""));
    is_seen("a root within", |world| world.write(".buckroot", ""));
}

#[test]
fn changes_of_sources_are_seen() {
    is_seen("a source", |world| world.write("a.txt", "c\n"));
    is_seen("a source of the same size with its old time", |world| {
        let file = world.path().join("a.txt");
        let time = fs::metadata(&file).unwrap().modified().unwrap();
        fs::write(&file, "c\n").unwrap();
        fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(time)
            .unwrap();
    });
    is_seen("a mode", |world| {
        fs::set_permissions(world.path().join("a.txt"), fs::Permissions::from_mode(0o755)).unwrap();
    });
    is_seen("a file for a glob", |world| world.write("z.txt", ""));
    is_seen("a file that is gone", |world| {
        fs::remove_file(world.path().join("a.txt")).unwrap()
    });
    is_seen("a file in a folder", |world| world.write("folder/c", ""));
    is_seen("a link in place of a file", |world| {
        let file = world.path().join("folder/b");
        fs::rename(&file, world.path().join("b")).unwrap();
        std::os::unix::fs::symlink("../b", &file).unwrap();
    });
}

#[test]
fn changes_of_outputs_are_seen() {
    let output = |world: &World, end: &str| {
        let mut outputs = files(&world.path().join("buck-out/fawn/art")).into_iter();
        outputs.find(|path| path.ends_with(end)).unwrap()
    };
    is_seen("an edited output", |world| {
        fs::write(output(world, "__cat__/out"), "").unwrap()
    });
    is_seen("a removed output", |world| {
        fs::remove_file(output(world, "__rust__/out")).unwrap()
    });
    is_seen("a file added to a tree", |world| {
        fs::write(output(world, "out/sub/x").with_file_name("y"), "").unwrap();
    });
    is_seen("a cache that was cleaned", |world| {
        world.ok(&["cache", "clean"]);
    });
}

#[test]
fn another_question_gets_its_own_answer() {
    let world = marked();
    let elsewhere = world.command(WORDS).current_dir(world.path().join("folder")).output();
    assert_ne!(elsewhere.unwrap().stdout, b"from the record");
    let other = world.ok(&["build", "-q", "//:", "--show-simple-output", "-c", "a.b=c"]);
    assert!(other.contains("buck-out/"), "{other}");
    // What the other command made stand has another content, so the record counts no more.
    assert_ne!(world.ok(WORDS), "from the record");
}

/// The compilers that `PATH` finds are part of the question, and so is what stands there.
#[test]
fn another_compiler_is_seen() {
    let (world, bin) = (world(), tempfile::tempdir().unwrap());
    let install = |text: &str| {
        let rustc = bin.path().join("rustc");
        fs::write(&rustc, text).unwrap();
        fs::set_permissions(rustc, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let path = format!("{}:/usr/bin:/bin", bin.path().display());
    let build = || world.command(WORDS).env("PATH", &path).output().unwrap();
    install("one");
    for _ in 0..2 {
        wait();
        assert!(build().status.success());
    }
    assert_eq!(records(&world).len(), 1);
    install("another");
    build();
    let ran = world.ran();
    assert_eq!(ran, ["root//:rust"]);
}

/// A file that changed while the build ran, or just before, could have been read before the change.
#[test]
fn what_is_too_young_is_not_remembered() {
    let world = world();
    wait();
    world.ok(WORDS);
    world.write("named.bzl", "NAME = 'cat' # as before\n");
    world.ok(WORDS);
    assert_eq!(records(&world), [] as [PathBuf; 0]);
}

#[test]
fn a_damaged_record_is_no_answer() {
    for text in ["", "{", "[]", "{\"question\":[]}"] {
        let world = marked();
        fs::write(&records(&world)[0], text).unwrap();
        assert!(world.ok(WORDS).contains("buck-out/"), "{text}");
    }
}
