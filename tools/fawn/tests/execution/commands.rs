//! Each command through its options.

use crate::world::{World, said};
use std::fs;

const PROGRAM: &str = "sh(name = 'program', cmd = 'printf \"#!/bin/sh\\\\necho at \\\\$(pwd) with \\\\$* \\\\$FAWN; exit 9\\\\n\" > $1; chmod 755 $1')\n";

#[test]
fn build_shows_outputs() {
    let world = World::new(
        "sh(name = 'a', cmd = 'echo a > $1')\nsh(name = 'd', dir = True, cmd = 'mkdir $1; echo x > $1/f')\n",
    );
    let shown = world.ok(&["build", "//:a", "--show-output"]);
    let (label, path) = shown.trim_end().split_once(' ').unwrap();
    assert_eq!(label, "root//:a");
    assert!(
        path.starts_with("buck-out/fawn/art/root/") && path.ends_with("/__a__/out"),
        "{path}"
    );
    assert_eq!(fs::read(world.path().join(path)).unwrap(), b"a\n");
    assert_eq!(
        world.ok(&["build", "//:a", "--show-json-output"]),
        format!("{{\"root//:a\":\"{path}\"}}\n")
    );
    world.ok(&["build", "-q", "//:a", "--out", "copies/a"]);
    assert_eq!(fs::read(world.path().join("copies/a")).unwrap(), b"a\n");
    world.ok(&["build", "-q", "//:d", "--out", "copies/d"]);
    assert_eq!(fs::read(world.path().join("copies/d/f")).unwrap(), b"x\n");
    let said = world.fawn(&["build", "-q", "//:a", "//:d", "--out", "copies/both"]);
    assert_eq!(
        (said.code, &*said.stderr),
        (Some(3), "fawn: error: --out needs exactly one target, found 2\n")
    );
    let said = world.fawn(&["build", "-q", "//:d", "--out", "-"]);
    assert!(
        said.stderr
            .contains("is a directory and cannot go to stdout; give --out a path"),
        "{}",
        said.stderr
    );
}

#[test]
fn quiet_is_quiet_and_bad_usage_is_3() {
    let world = World::new("sh(name = 'a', cmd = 'echo a > $1')\n");
    let said = world.fawn(&["build", "-q", "//:a"]);
    assert_eq!((said.code, &*said.stdout, &*said.stderr), (Some(0), "", ""));
    for words in [&["build", "--nonsense"][..], &["frob"], &["build"], &[]] {
        assert_eq!(world.fawn(words).code, Some(3), "{words:?}");
    }
    assert_eq!(world.fawn(&["--help"]).code, Some(0));
}

#[test]
fn run_becomes_the_program() {
    let world = World::new(PROGRAM);
    fs::create_dir(world.path().join("sub")).unwrap();
    let mut command = world.command(&["run", "-q", "//:program", "--", "a b", "-x"]);
    command.current_dir(world.path().join("sub")).env("FAWN", "/the/script");
    let said = said(&command.output().unwrap());
    let here = world.path().join("sub");
    assert_eq!(said.stdout, format!("at {} with a b -x /the/script\n", here.display()));
    assert_eq!(said.code, Some(9));
    let said = world.fawn(&["run", "//platforms:target"]);
    assert_eq!(said.code, Some(3));
    assert!(
        said.stderr
            .contains("its rule `target_platform` gives no RunInfo; build it instead"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_program_may_call_the_engine_again() {
    let world = World::new(
        "sh(name = 'inner', cmd = 'echo inner > $1')\n\
         sh(name = 'outer', cmd = 'printf \"#!/bin/sh\\\\nexec \\\\$FAWN build -q //:inner --out -\\\\n\" > $1; chmod 755 $1')\n\
         check(name = 'nested', cmd = '$FAWN build -q //:inner --out -')\n",
    );
    assert_eq!(world.ok(&["run", "-q", "//:outer"]), "inner\n");
    assert!(world.ok(&["test", "-q", "//:nested"]).ends_with("1 passed, 0 failed\n"));
}

#[test]
fn tests_are_counted() {
    let world = World::new(
        "check(name = 'good', cmd = 'test $X = y && test -f BUCK && test -f $1', env = {'X': 'y'}, srcs = [':made'])\n\
         sh(name = 'made', cmd = 'echo > $1')\n\
         check(name = 'bad', cmd = 'echo out; echo err >&2; exit 5')\n\
         sh(name = 'broken', cmd = 'false')\n\
         check(name = 'unbuilt', cmd = 'true', srcs = [':broken'])\n",
    );
    let said = world.fawn(&["test", "-q", "//:good", "//:made"]);
    assert_eq!(said.code, Some(0));
    assert!(said.stdout.starts_with("pass root//:good ("), "{}", said.stdout);
    assert!(said.stdout.ends_with("\n1 passed, 0 failed\n"), "{}", said.stdout);
    let said = world.fawn(&["test", "-q", "//:good", "//:bad"]);
    assert_eq!(said.code, Some(32));
    assert!(
        said.stdout.contains("FAIL root//:bad: exit code 5 ("),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains(" s)\n  out\n  err\n"), "{}", said.stdout);
    assert!(said.stdout.ends_with("\n1 passed, 1 failed\n"), "{}", said.stdout);
    assert!(
        world
            .ok(&["log", "what-ran", "--failed"])
            .starts_with("test\troot//:bad (")
    );
    let said = world.fawn(&["test", "-q", "//:unbuilt", "//:good"]);
    assert_eq!(said.code, Some(3));
    assert!(
        said.stdout
            .starts_with("FAIL root//:unbuilt: it was not built\npass root//:good ("),
        "{}",
        said.stdout
    );
    assert!(said.stdout.ends_with("\n1 passed, 1 failed\n"), "{}", said.stdout);
    assert!(
        said.stderr.contains("action `sh` of root//:broken ("),
        "{}",
        said.stderr
    );
}

#[test]
fn what_is_no_test_is_built_on_request() {
    let world = World::new("check(name = 'good', cmd = 'true')\nsh(name = 'broken', cmd = 'false')\n");
    let setting = ["-c", "buck2.test_builds_targets=true"];
    assert_eq!(world.fawn(&["test", "-q", "//..."]).code, Some(0));
    assert_eq!(
        world.fawn(&["test", "-q", "--build-default-info", "//..."]).code,
        Some(3)
    );
    assert_eq!(
        world.fawn(&[&["test", "-q", "//..."][..], &setting].concat()).code,
        Some(3)
    );
    assert_eq!(
        world
            .fawn(&[&["test", "-q", "--skip-default-info", "//..."][..], &setting].concat())
            .code,
        Some(0)
    );
    let said = world.fawn(&["test", "-q", "//...", "-c", "buck2.test_builds_targets=perhaps"]);
    assert_eq!(said.code, Some(3));
    assert!(
        said.stderr
            .contains("`[buck2] test_builds_targets`: expected `true` or `false`, found `perhaps`"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_hanging_test_is_killed() {
    let world = World::new("check(name = 'hang', cmd = 'sleep 600')\n");
    let said = world.fawn(&["test", "-q", "--timeout", "1", "//:hang"]);
    assert_eq!(said.code, Some(32));
    assert!(
        said.stdout.contains("FAIL root//:hang: killed after 1 s ("),
        "{}",
        said.stdout
    );
}

#[test]
fn the_log_tells_what_ran() {
    let world = World::new("sh(name = 'a', cmd = 'echo oops >&2; echo a > $1', env = {'A': 'b c'})\n");
    let said = world.fawn(&["log", "what-ran"]);
    assert!(
        said.stderr.contains("there is no log yet; run a build or test first"),
        "{}",
        said.stderr
    );
    world.ok(&["build", "-q", "//:a"]);
    let said = world.fawn(&["log", "what-ran", "--show-std-err"]);
    assert_eq!(said.stderr, "Showing commands from: fawn build -q //:a\n");
    let fields: Vec<_> = said.stdout.lines().next().unwrap().split('\t').collect();
    let ["build", identity, "local", command] = fields[..] else {
        panic!("{fields:?}")
    };
    assert!(
        identity.starts_with("root//:a (root//platforms:target#") && identity.ends_with(") (sh)"),
        "{identity}"
    );
    assert!(
        command.contains("-- 'A=b c' BUCK_SCRATCH_PATH=buck-out/fawn/tmp/"),
        "{command}"
    );
    assert!(said.stdout.ends_with("oops\n"));
    let json = world.ok(&["log", "what-ran", "--format", "json"]);
    assert!(
        json.contains("\"reproducer\":{\"executor\":\"Local\",\"details\":{\"command\":[\"/bin/sh\",\"-c\","),
        "{json}"
    );
}

#[test]
fn reports_hold_digests_and_errors() {
    let world = World::new(
        "sh(name = 'd', dir = True, cmd = 'mkdir $1; echo x > $1/f; ln -s nowhere $1/l; ln -s /etc/passwd $1/abs')\n\
         sh(name = 'bad', cmd = 'echo why >&2; exit 1')\nsh(name = 'needs', cmd = 'true', srcs = [':bad'])\n",
    );
    let report = world.ok(&["build", "-q", "//:d", "--build-report", "-"]);
    // The digest that a real Buck2 reports for this directory.
    let digest = "58cf3441630aec98e07c918e36322ad8ecf0bc48d4c2277b591bb722709fbb70:109";
    assert!(
        report.contains(&format!("{{\"kind\":\"directory\",\"digest\":\"{digest}\"}}")),
        "{report}"
    );
    let said = world.fawn(&["build", "-q", "//:needs", "--build-report", "report.json"]);
    assert_eq!(said.code, Some(3));
    let report = fs::read_to_string(world.path().join("report.json")).unwrap();
    assert!(report.contains("\"success\":false"), "{report}");
    assert!(
        report.contains("\"key\":{\"owner\":\"root//:bad (root//platforms:target#"),
        "{report}"
    );
    assert!(report.contains("\"why\\n\""), "{report}");
}

#[test]
fn clean_removes_everything() {
    let world = World::new("sh(name = 'a', cmd = 'echo a > $1')\n");
    world.build("//:a");
    world.write("buck-out/v2/other", "not ours");
    world.ok(&["clean"]);
    let left: Vec<_> = crate::world::files(&world.path().join("buck-out"));
    let names: Vec<_> = left
        .iter()
        .map(|path| path.strip_prefix(world.path()).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names.contains(&"buck-out/v2/other") && names.contains(&"buck-out/fawn/lock"),
        "{names:?}"
    );
    world.build("//:a");
    assert_eq!(world.ran(), ["root//:a"]);
}

#[test]
fn targets_are_listed() {
    let world = World::new("sh(name = 'b', cmd = 'b')\nsh(name = 'a', cmd = 'a')\n");
    assert_eq!(world.ok(&["targets", "//:"]), "root//:a\nroot//:b\n");
    let json = world.ok(&["targets", "//:a", "--json"]);
    assert!(
        json.contains("\"name\": \"a\"") && json.contains("\"cmd\": \"a\""),
        "{json}"
    );
    assert_eq!(world.ok(&["root"]), format!("{}\n", world.path().display()));
}
