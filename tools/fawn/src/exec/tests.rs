//! The engine on hand-made action graphs.

use super::*;
use crate::action::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

#[derive(Default)]
struct Ears {
    ran: Mutex<Vec<String>>,
    said: Mutex<Vec<String>>,
}

impl Reporter for Ears {
    fn started(&self, action: &Action) {
        self.ran.lock().unwrap().push(title(action));
    }
    fn finished(&self, _: &Action, _: Duration, _: bool) {}
    fn failed(&self, _: &anyhow::Error) {}
    fn progress(&self, _: usize, _: usize) {}
    fn say(&self, text: &str) {
        self.said.lock().unwrap().push(text.to_owned());
    }
}

/// Adds one action that writes what it is told by an input.
struct Follow {
    input: PathBuf,
    first: Artifact,
    second: Artifact,
}

impl Expander for Follow {
    fn expand(&self, _: usize, _: &RwLock<ActionGraph>) -> anyhow::Result<Vec<Artifact>> {
        let first = std::fs::read_to_string(&self.input)?.trim() == "first";
        Ok(vec![if first { self.first.clone() } else { self.second.clone() }])
    }
}

struct Never;

impl Expander for Never {
    fn expand(&self, _: usize, _: &RwLock<ActionGraph>) -> anyhow::Result<Vec<Artifact>> {
        anyhow::bail!("nothing is dynamic here")
    }
}

struct World {
    dir: tempfile::TempDir,
    graph: RwLock<ActionGraph>,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let world = Self {
            dir: tempfile::tempdir().unwrap(),
            graph: RwLock::default(),
        };
        files.iter().for_each(|(path, text)| world.write(path, text));
        world
    }

    fn path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn out(&self, artifact: &Artifact) -> PathBuf {
        self.path().join(&**artifact.path())
    }

    fn read(&self, artifact: &Artifact) -> String {
        std::fs::read_to_string(self.out(artifact)).unwrap()
    }

    fn add(&self, name: &str, kind: ActionKind, inputs: Vec<Artifact>, directory: bool) -> Artifact {
        let path: ProjectPath = format!("{OUT}/art/root/cfg/__{name}__/out").into();
        let action = Action {
            owner: format!("root//:{name} (cfg)").into(),
            category: name.into(),
            identifier: None,
            kind,
            inputs,
            outputs: vec![Output {
                path: path.clone(),
                directory,
            }],
        };
        let action = self.graph.write().unwrap().add(action);
        Artifact::Output {
            action,
            root: path.clone(),
            path,
        }
    }

    /// A shell action; `$1` is its output, the rest are its inputs.
    fn sh(&self, name: &str, script: &str, inputs: &[&Artifact]) -> Artifact {
        let out = format!("{OUT}/art/root/cfg/__{name}__/out");
        let mut argv = vec!["/bin/sh".to_owned(), "-c".into(), script.into(), "sh".into(), out];
        argv.extend(inputs.iter().map(|artifact| artifact.path().to_string()));
        let run = Run {
            argv,
            env: BTreeMap::new(),
            local_only: false,
            weight: 1,
            timeout: None,
            always_print_stderr: false,
            no_outputs_cleanup: false,
            error_handler: None,
        };
        let inputs = inputs.iter().map(|artifact| (*artifact).clone()).collect();
        self.add(name, ActionKind::Run(run), inputs, script.starts_with("mkdir"))
    }

    fn write_action(&self, name: &str, text: &str) -> Artifact {
        let content: Arc<[u8]> = text.as_bytes().into();
        self.add(
            name,
            ActionKind::Write {
                content,
                executable: false,
            },
            vec![],
            false,
        )
    }

    fn build(&self, wanted: &[&Artifact]) -> (Vec<String>, Vec<String>) {
        self.build_with(&Never, wanted)
    }

    /// What ran, and what failed.
    fn build_with(&self, expander: &dyn Expander, wanted: &[&Artifact]) -> (Vec<String>, Vec<String>) {
        let ears = Ears::default();
        let options = Options {
            jobs: 2,
            keep_going: false,
            namespaces: false,
        };
        let engine = Engine::open(&self.path(), &["test".into()], options, &ears).unwrap();
        let wanted: Vec<_> = wanted.iter().map(|artifact| (*artifact).clone()).collect();
        let built = engine.build(&self.graph, expander, &wanted, &wanted).unwrap();
        engine.save().unwrap();
        drop(engine);
        let mut ran = ears.ran.into_inner().unwrap();
        ran.sort();
        (ran, built.failures.iter().map(|(_, error)| error.to_string()).collect())
    }
}

fn source(path: &str) -> Artifact {
    Artifact::Source(path.into())
}

fn ran(names: &[&str]) -> (Vec<String>, Vec<String>) {
    (names.iter().map(|name| (*name).to_owned()).collect(), Vec::new())
}

#[test]
fn only_what_depends_on_changed_bytes_runs_again() {
    let world = World::new(&[("a.txt", "a\n# comment\n"), ("b.txt", "b\n")]);
    let stripped = world.sh("strip", "grep -v '^#' $2 > $1", &[&source("a.txt")]);
    let other = world.sh("other", "cat $2 > $1", &[&source("b.txt")]);
    let joined = world.sh("join", "cat $2 $3 > $1", &[&stripped, &other]);
    assert_eq!(world.build(&[&joined]), ran(&["join", "other", "strip"]));
    assert_eq!(world.read(&joined), "a\nb\n");
    assert_eq!(world.build(&[&joined]), ran(&[]));
    world.write("a.txt", "a\n# another comment\n");
    assert_eq!(world.build(&[&joined]), ran(&["strip"]));
    world.write("b.txt", "c\n");
    assert_eq!(world.build(&[&joined]), ran(&["join", "other"]));
    assert_eq!(world.read(&joined), "a\nc\n");
    world.write("b.txt", "b\n");
    assert_eq!(world.build(&[&joined]), ran(&[]));
    assert_eq!(world.read(&joined), "a\nb\n");
}

#[test]
fn an_action_sees_its_inputs_and_nothing_else() {
    let world = World::new(&[("d/in.txt", "x"), ("d/other.txt", "y")]);
    let listing = world.sh(
        "list",
        "all=$(find . -type f | sort; env | sort); echo \"$all\" > $1",
        &[&source("d/in.txt")],
    );
    assert_eq!(world.build(&[&listing]), ran(&["list"]));
    let text = world.read(&listing);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("PWD=") && !line.starts_with('_'))
        .collect();
    let ["./d/in.txt", scratch] = lines[..] else {
        panic!("{lines:?}")
    };
    assert!(scratch.starts_with("BUCK_SCRATCH_PATH=buck-out/fawn/tmp/"), "{scratch}");
}

#[test]
fn a_failure_tells_all() {
    let world = World::new(&[("secret.txt", "s"), ("pkg/x", "x")]);
    let bad = world.sh("bad", "echo out; cat pkg/x >&2; exit 7", &[]);
    let (_, failures) = world.build(&[&bad]);
    let [failure] = &failures[..] else {
        panic!("{failures:?}")
    };
    assert!(
        failure.starts_with("action `bad` of root//:bad (cfg) failed: it ended with exit code 7\n"),
        "{failure}"
    );
    assert!(
        failure.contains("\n  undeclared input: pkg/x; add it to the inputs of root//:bad\n"),
        "{failure}"
    );
    assert!(
        failure.contains("\n  stdout:\nout\n  stderr:\ncat: pkg/x: No such file or directory"),
        "{failure}"
    );
    let script = failure
        .split("repeat it in its sandbox: sh ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let again = std::process::Command::new("/bin/sh")
        .arg(world.path().join(script))
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(7));
    assert_eq!(again.stdout, b"out\n");
}

#[test]
fn outputs_that_are_missing_or_of_the_wrong_kind_fail() {
    let world = World::new(&[]);
    let none = world.sh("none", "true", &[]);
    assert!(world.build(&[&none]).1[0].contains("it did not make its output buck-out/fawn/art/root/cfg/__none__/out"));
    let file = world.sh("file", "mkdir -p x; echo > $1", &[]);
    assert!(world.build(&[&file]).1[0].contains("the output is declared with `dir = True`"));
    let pipe = world.sh("pipe", "mkfifo $1", &[]);
    assert!(world.build(&[&pipe]).1[0].contains("is neither file, directory nor link"));
    let missing = world.sh("missing", "cat $2 > $1", &[&source("nothing.txt")]);
    let (_, failures) = world.build(&[&missing]);
    assert!(
        failures[0].contains("the source `nothing.txt` does not exist"),
        "{failures:?}"
    );
    for artifact in [&none, &file, &pipe, &missing] {
        assert!(!world.out(artifact).exists());
    }
}

#[test]
fn a_timeout_kills() {
    let world = World::new(&[]);
    let slow = world.sh("slow", "sleep 60", &[]);
    let Artifact::Output { action, .. } = slow else {
        unreachable!()
    };
    let mut changed = Action::clone(world.graph.read().unwrap().get(action));
    let ActionKind::Run(run) = &mut changed.kind else {
        unreachable!()
    };
    run.timeout = Some(Duration::from_millis(200));
    let path = changed.outputs[0].path.clone();
    let action = world.graph.write().unwrap().add(changed);
    let (_, failures) = world.build(&[&Artifact::Output {
        action,
        root: path.clone(),
        path,
    }]);
    assert!(
        failures[0].contains("ran longer than the 0.2 s of `timeout_seconds`"),
        "{failures:?}"
    );
}

#[test]
fn an_action_that_writes_to_its_input_harms_nobody() {
    let world = World::new(&[("in.txt", "right")]);
    let first = world.sh("first", "cat $2 > $1; echo wrong > $2", &[&source("in.txt")]);
    let second = world.sh(
        "second",
        "cat $2 $3 > $1; echo wrong > $3",
        &[&source("in.txt"), &first],
    );
    assert_eq!(world.build(&[&second]), ran(&["first", "second"]));
    assert_eq!(world.read(&second), "rightright");
    assert_eq!(world.build(&[&first, &second]), ran(&[]));
    assert_eq!(world.read(&first), "right");
    assert_eq!(std::fs::read(world.path().join("in.txt")).unwrap(), b"right");
}

#[test]
fn damage_in_the_cache_is_repaired() {
    let world = World::new(&[("in.txt", "x")]);
    let first = world.sh("first", "mkdir $1; cp $2 $1/f; echo made >> $1/f", &[&source("in.txt")]);
    let second = world.sh("second", "cat $2/f > $1", &[&first]);
    assert_eq!(world.build(&[&second]), ran(&["first", "second"]));
    let blobs = world.path().join(OUT).join("cache/blobs");
    let damage = |from: &str| {
        for entry in walkdir::WalkDir::new(&blobs).into_iter().flatten() {
            if entry.file_type().is_file() && std::fs::read(entry.path()).unwrap() == from.as_bytes() {
                std::fs::write(entry.path(), from.replace('m', "M")).unwrap();
            }
        }
    };
    damage("xmade\n");
    // The final output is in place and right: nobody reads the damaged bytes.
    assert_eq!(world.build(&[&second]), ran(&[]));
    // The third action starts, finds its input damaged, and starts again when that is made anew.
    let third = world.sh("third", "cat $2/f > $1; echo third >> $1", &[&first]);
    assert_eq!(world.build(&[&third]), ran(&["first", "third", "third"]));
    assert_eq!(world.read(&third), "xmade\nthird\n");
}

#[test]
fn derived_actions_need_no_program() {
    let world = World::new(&[("src/a.txt", "a")]);
    let written = world.write_action("written", "w");
    let entries = BTreeMap::from([
        ("x/a".to_owned(), source("src/a.txt")),
        ("w".to_owned(), written.clone()),
    ]);
    let inputs: Vec<_> = entries.values().cloned().collect();
    let links = world.add(
        "links",
        ActionKind::Tree {
            entries: entries.clone(),
            links: true,
        },
        inputs.clone(),
        true,
    );
    let copies = world.add("copies", ActionKind::Tree { entries, links: false }, inputs, true);
    let copy = world.add(
        "copy",
        ActionKind::Copy {
            from: links.clone(),
            executable: None,
        },
        vec![links.clone()],
        true,
    );
    let used = world.sh("used", "cat $2/x/a $2/w $3/x/a $4/x/a > $1", &[&links, &copies, &copy]);
    assert_eq!(world.build(&[&used, &links, &copies, &copy]), ran(&["used"]));
    assert_eq!(world.read(&used), "awaa");
    assert_eq!(std::fs::read(world.out(&links).join("w")).unwrap(), b"w");
    assert_eq!(std::fs::read(world.out(&copy).join("x/a")).unwrap(), b"a");
    assert!(world.out(&links).join("w").is_symlink());
    assert!(!world.out(&copies).join("w").is_symlink());
}

#[test]
fn a_dynamic_action_builds_what_it_chooses() {
    let world = World::new(&[("choice", "first\n")]);
    let read = world.sh("read", "cat $2 > $1", &[&source("choice")]);
    let first = world.sh("first", "echo 1 > $1", &[]);
    let second = world.sh("second", "echo 2 > $1", &[]);
    let dynamic = world.add("dynamic", ActionKind::Dynamic { token: 0 }, vec![read.clone()], false);
    let used = world.sh("used", "cat $2 > $1", &[&dynamic]);
    let follow = Follow {
        input: world.out(&read),
        first,
        second,
    };
    // The path of the dynamic output is that of what it stands for in real life; here only its content counts.
    assert_eq!(world.build_with(&follow, &[&used]), ran(&["first", "read", "used"]));
    assert_eq!(world.read(&used), "1\n");
    world.write("choice", "second\n");
    assert_eq!(world.build_with(&follow, &[&used]), ran(&["read", "second", "used"]));
    assert_eq!(world.read(&used), "2\n");
}

#[test]
fn fetches_must_be_local_and_programs_must_be_named() {
    let world = World::new(&[]);
    let fetch = world.sh("fetch_x", "true", &[]);
    assert!(world.build(&[&fetch]).1[0].contains("add `local_only = True`"));
    let Artifact::Output { action, .. } = world.sh("bare", "true", &[]) else {
        unreachable!()
    };
    let mut bare = Action::clone(world.graph.read().unwrap().get(action));
    let ActionKind::Run(run) = &mut bare.kind else {
        unreachable!()
    };
    run.argv[0] = "sh".into();
    let path = bare.outputs[0].path.clone();
    let action = world.graph.write().unwrap().add(bare);
    let (_, failures) = world.build(&[&Artifact::Output {
        action,
        root: path.clone(),
        path,
    }]);
    assert!(
        failures[0].contains("only `local_only` actions search PATH"),
        "{failures:?}"
    );
}

#[test]
fn nothing_is_left_behind() {
    let world = World::new(&[("in.txt", "x")]);
    let made = world.sh("made", "cat $2 > $1", &[&source("in.txt")]);
    world.build(&[&made]);
    let entries = |path: &Path| -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        entries(&world.path().join(OUT)),
        ["art", "cache", "lock", "log", "state"]
    );
}
