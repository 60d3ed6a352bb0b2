//! What a failed action gets told.

use crate::world::World;
use std::process::Command;

#[test]
fn a_failure_is_told_whole_and_can_be_repeated() {
    let world = World::new("sh(name = 'bad', cmd = 'echo out; cat a/x.txt >&2; exit 7', env = {'A': 'b c'})");
    world.write("a/x.txt", "x");
    let said = world.fawn(&["build", "//:bad"]);
    assert_eq!(said.code, Some(3));
    assert_eq!(said.stdout, "");
    let words = &said.stderr;
    assert!(words.contains("fawn: error: action `sh` of root//:bad ("), "{words}");
    assert!(words.contains(") failed: it ended with exit code 7\n"), "{words}");
    assert!(
        words.contains("  undeclared input: a/x.txt; add it to the inputs of root//:bad\n"),
        "{words}"
    );
    assert!(
        words.contains("  stdout:\nout\n  stderr:\ncat: a/x.txt: No such file or directory\n"),
        "{words}"
    );
    let script = words
        .split("repeat it in its sandbox: sh ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let again = Command::new("/bin/sh")
        .arg(script)
        .current_dir(world.path())
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(7));
    assert_eq!(again.stdout, b"out\n");
    assert_eq!(again.stderr, b"cat: a/x.txt: No such file or directory\n");
}

#[test]
fn the_kept_sandbox_holds_inputs_and_what_was_made() {
    let world = World::new("sh(name = 'bad', cmd = 'cat $2 > made; exit 1', srcs = ['in.txt'])");
    world.write("in.txt", "input");
    let said = world.fawn(&["build", "//:bad"]);
    let script = said
        .stderr
        .split("in its sandbox: sh ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let kept = world.path().join(script).with_file_name("root");
    assert_eq!(std::fs::read(kept.join("in.txt")).unwrap(), b"input");
    assert_eq!(std::fs::read(kept.join("made")).unwrap(), b"input");
    // Playing in it must not reach the cache.
    std::fs::write(kept.join("in.txt"), "changed").unwrap();
    world.write(
        "BUCK",
        "load(':rules.bzl', 'sh')\nsh(name = 'good', cmd = 'cat $2 > $1', srcs = ['in.txt'])",
    );
    assert_eq!(world.build("//:good"), "input");
}

#[test]
fn an_output_of_another_target_is_named() {
    let world = World::new(
        "sh(name = 'one', cmd = 'echo > $1')\nsh(name = 'two', cmd = 'cat $(dirname $1)/../__one__/out > $1', srcs = [])\n\
         sh(name = 'both', cmd = 'true > $1', srcs = [':one', ':two'])",
    );
    let said = world.fawn(&["build", "//:both"]);
    assert!(
        said.stderr.contains("/__one__/out is an output of root//:one ("),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("); add it to the inputs of root//:two\n"),
        "{}",
        said.stderr
    );
}

#[test]
fn nothing_appears_under_a_final_name_when_an_action_fails() {
    let world = World::new(
        "sh(name = 'partial', dir = True, cmd = 'mkdir $1; echo half > $1/f; exit 1')\n\
         sh(name = 'unmade', cmd = 'echo half > $1.tmp')\n\
         sh(name = 'wrong', dir = True, cmd = 'echo > $1')",
    );
    let said = world.fawn(&["build", "//:partial", "//:unmade", "//:wrong"]);
    assert_eq!(said.code, Some(3));
    assert!(
        said.stderr
            .contains("it did not make its output buck-out/fawn/art/root/"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("but the output is declared with `dir = True`"),
        "{}",
        said.stderr
    );
    assert!(!world.path().join("buck-out/fawn/art").exists());
}

#[test]
fn what_does_not_depend_on_the_failure_is_built() {
    let world = World::new(
        "sh(name = 'bad', cmd = 'exit 1')\nsh(name = 'after', cmd = 'true', srcs = [':bad'])\n\
         sh(name = 'good', cmd = 'sleep 0.1; echo good > $1')",
    );
    let said = world.fawn(&["build", "-j1", "//:after", "//:good"]);
    assert_eq!(said.code, Some(3));
    assert_eq!(world.ran(), ["root//:bad", "root//:good"]);
    assert_eq!(said.stderr.matches("fawn: error:").count(), 1, "{}", said.stderr);
    world.ok(&["build", "//:good"]);
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn a_timeout_is_told() {
    let world = World::new("sh(name = 'slow', cmd = 'sleep 600', timeout = 1)");
    let said = world.fawn(&["build", "//:slow"]);
    assert!(
        said.stderr
            .contains("it ran longer than the 1 s of `timeout_seconds` and was killed"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_failed_validation_fails_whoever_depends_on_it() {
    let world = World::new(
        "checked(name = 'bad', src = 'f', report = '{\"version\": 1, \"data\": {\"status\": \"failure\", \"message\": \"too long\"}}')\n\
         checked(name = 'odd', src = 'f', report = '{}')\n\
         checked(name = 'good', src = 'f', report = '{\"version\": 1, \"data\": {\"status\": \"success\"}}')\n\
         sh(name = 'use', cmd = 'cat $2 > $1', srcs = [':bad'])\n\
         check(name = 'tested', cmd = 'true', srcs = [':bad'])\n",
    );
    world.write("f", "x");
    world.ok(&["build", "//:good"]);
    for words in [["build", "//:use"], ["run", "//:use"], ["test", "//:tested"]] {
        let said = world.fawn(&words);
        assert_eq!(said.code, Some(3));
        assert!(
            said.stderr
                .contains("fawn: error: the validation `good` of root//:bad ("),
            "{}",
            said.stderr
        );
        assert!(said.stderr.contains(") failed: too long\n"), "{}", said.stderr);
    }
    let said = world.fawn(&["build", "//:odd"]);
    assert!(said.stderr.contains("wrote no report into"), "{}", said.stderr);
}

#[test]
fn programs_must_be_named() {
    let world = World::new(
        "sh(name = 'bare', shell = 'sh', cmd = 'true')\nsh(name = 'none', shell = '/bin/nothing-here', cmd = 'true')\n\
         sh(name = 'lost', shell = 'nothing-here', local_only = True, cmd = 'true')\n\
         sh(name = 'local', shell = 'sh', local_only = True, cmd = 'echo hi > $1')\n\
         sh(name = 'fetch', category = 'fetch_x', cmd = 'true')",
    );
    let words = |target: &str| world.fawn(&["build", target]).stderr;
    assert!(words("//:bare").contains("the program `sh` is neither an artifact nor an absolute path"));
    assert!(
        words("//:none").contains("the program `/bin/nothing-here` (or the interpreter"),
        "{}",
        words("//:none")
    );
    assert!(words("//:lost").contains("the program `nothing-here` is not on PATH; install it"));
    assert!(words("//:fetch").contains("add `local_only = True` or rename the category"));
    assert_eq!(world.build("//:local"), "hi\n");
}
