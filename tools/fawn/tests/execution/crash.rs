//! Killed at any moment, and two at once: what is there afterwards is right.

use crate::world::{World, files, said};
use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Twelve actions in three layers, some of them trees, that together take about half a second.
const LAYERS: &str = r#"
[sh(name = "a%d" % i, cmd = "sleep 0.03; cat $2 > $1; echo %d >> $1" % i, srcs = ["in.txt"]) for i in range(6)]
[sh(name = "b%d" % i, dir = True, cmd = "mkdir $1; cat $2 > $1/one; sleep 0.02; cp $1/one $1/two", srcs = [":a%d" % i]) for i in range(5)]
sh(name = "c", cmd = "cat $2/one $3/two $4/one $5/two $6/one > $1", srcs = [":b%d" % i for i in range(5)])
"#;

fn world() -> World {
    let world = World::new(LAYERS);
    world.write("in.txt", "in\n");
    world
}

/// Everything below the outputs, by path.
fn outputs(world: &World) -> BTreeMap<String, Vec<u8>> {
    let art = world.path().join("buck-out/fawn/art");
    let entries = files(&art).into_iter().map(|path| {
        let bytes = std::fs::read(&path).unwrap();
        (path.strip_prefix(&art).unwrap().to_str().unwrap().to_owned(), bytes)
    });
    entries.collect()
}

fn start(world: &World, words: &[&str]) -> Child {
    world
        .command(words)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn killed_fifty_times_it_still_builds_the_same() {
    let reference = world();
    let begin = Instant::now();
    reference.ok(&["build", "-q", "//:"]);
    let whole = begin.elapsed();
    let expected = outputs(&reference);
    let world = world();
    for round in 0..50_u32 {
        let mut child = start(&world, &["build", "//:"]);
        // Moments spread over the whole length of a build, in an order that looks random.
        std::thread::sleep(whole * ((round * 37) % 50) / 40);
        child.kill().unwrap();
        child.wait().unwrap();
        for (path, bytes) in outputs(&world) {
            assert_eq!(Some(&bytes), expected.get(&path), "round {round}: {path} is half made");
        }
        if round % 10 == 9 {
            world.ok(&["build", "-q", "//:"]);
            assert_eq!(outputs(&world), expected, "after round {round}");
            // Something to do for the next kills.
            world.ok(&["clean"]);
        }
    }
}

#[test]
fn an_interrupt_ends_everything() {
    for namespaces in [true, false] {
        // Of its own: what an interrupted command leaves of its sandbox would look like a second start.
        let world = World::new("sh(name = 'slow', cmd = 'echo half > $1; touch started; sleep 600')\n");
        let mut command = world.command(&["build", "//:slow"]);
        if !namespaces {
            command.env("FAWN_NO_NAMESPACES", "1");
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let sandboxes = world.path().join("buck-out/fawn/sandbox");
        let begin = Instant::now();
        while !files(&sandboxes).iter().any(|path| path.ends_with("started")) {
            assert!(begin.elapsed() < Duration::from_secs(20), "the action does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        let pid = rustix::process::Pid::from_child(&child);
        // Not INT: where the tests were started in the background it is ignored, and programs inherit that.
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let said = said(&child.wait_with_output().unwrap());
        assert_eq!(said.code, Some(143), "{}", said.stderr);
        assert!(said.stderr.contains("fawn: interrupted"), "{}", said.stderr);
        assert!(!world.path().join("buck-out/fawn/art").exists());
    }
}

#[test]
fn two_at_once_wait_for_each_other() {
    let world = world();
    let expected = {
        let alone = self::world();
        alone.ok(&["build", "-q", "//:"]);
        outputs(&alone)
    };
    let children: Vec<Child> = (0..3).map(|_| start(&world, &["build", "//:"])).collect();
    let words: Vec<String> = children
        .into_iter()
        .map(|child| {
            let said = said(&child.wait_with_output().unwrap());
            assert_eq!(said.code, Some(0), "{}", said.stderr);
            said.stderr
        })
        .collect();
    assert_eq!(outputs(&world), expected);
    assert_eq!(
        words
            .iter()
            .map(|words| words.matches("running ").count())
            .sum::<usize>(),
        12
    );
    assert!(
        words
            .iter()
            .any(|words| words.contains("waiting for another fawn to finish (process ")),
        "{words:?}"
    );
}

#[test]
fn interrupting_one_that_waits_leaves_the_other_alone() {
    let world = World::new("sh(name = 'slow', cmd = 'touch started; sleep 2; echo whole > $1')\n");
    let first = start(&world, &["build", "//:slow"]);
    let sandboxes = world.path().join("buck-out/fawn/sandbox");
    let begin = Instant::now();
    while !files(&sandboxes).iter().any(|path| path.ends_with("started")) {
        assert!(begin.elapsed() < Duration::from_secs(20), "the action does not start");
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut second = start(&world, &["build", "//:slow"]);
    let mut word = [0];
    // Its first words are that it waits.
    std::io::Read::read_exact(second.stderr.as_mut().unwrap(), &mut word).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_child(&second), rustix::process::Signal::INT).unwrap();
    assert_eq!(second.wait().unwrap().code(), Some(130));
    let said = said(&first.wait_with_output().unwrap());
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(std::fs::read(world.output("//:slow")).unwrap(), b"whole\n");
}
