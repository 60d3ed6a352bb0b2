//! What programs and shells rely on: help, JSON, completions, closed pipes, web servers.
#![cfg(unix)]

mod world;

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value as Json;
use snapbox::assert_data_eq;
use testkit::{Answer, Server, TestPackage, WORDS};
use world::World;

#[test]
fn help() {
    let world = World::new();
    let said = world.run(&["--help"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert_data_eq!(said.stdout, include_str!("help.txt"));
    // Every command has its own, and says what it is for.
    for command in [
        "install",
        "upgrade",
        "remove",
        "list",
        "files",
        "owner",
        "verify",
        "repair",
        "history",
        "rollback",
        "recover",
        "explain",
        "lock",
        "clean",
        "completions",
    ] {
        let said = world.run(&[command, "--help"]);
        assert!(
            said.code == Some(0) && said.stdout.contains(&format!("Usage: install-binary {command}")),
            "{command}"
        );
    }
    let said = world.run(&[]);
    assert!(
        said.code == Some(2) && said.stderr.contains("Usage: install-binary [OPTIONS]"),
        "{}",
        said.stderr
    );
    assert!(world.done(&["-V"]).starts_with("install-binary "));
}

#[test]
fn completions() {
    let world = World::new();
    for (shell, words) in [
        ("bash", "-o bashdefault -o default install-binary"),
        ("zsh", "#compdef install-binary"),
        ("fish", "complete -c install-binary"),
    ] {
        assert!(world.done(&["completions", shell]).contains(words), "{shell}");
    }
}

fn mirror(world: &World) {
    let base = TestPackage { name: "base", ..WORDS };
    world.make("source", base);
    world.make(
        "source",
        TestPackage {
            deps: &[base],
            use_flags: r#"{"nls":true}"#,
            ..WORDS
        },
    );
    world.publish("source", "mirror");
}

/// A type as the schema below names it, of a value or of each of a list.
fn fits(value: &Json, kind: &str) -> bool {
    if let Some(kind) = kind.strip_suffix('?') {
        return value.is_null() || fits(value, kind);
    }
    if let Some(kind) = kind.strip_prefix("list of ") {
        return value
            .as_array()
            .is_some_and(|list| list.iter().all(|value| fits(value, kind)));
    }
    match kind {
        "text" => value.is_string(),
        "number" => value.is_u64(),
        "bool" => value.is_boolean(),
        "object" => value.is_object(),
        "hash" => value
            .as_str()
            .is_some_and(|text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())),
        _ => SCHEMA
            .iter()
            .find(|(name, _)| *name == kind)
            .is_some_and(|(_, fields)| {
                let object = value.as_object();
                object.is_some_and(|object| {
                    object.len() == fields.len()
                        && fields
                            .iter()
                            .all(|(key, kind)| object.get(*key).is_some_and(|value| fits(value, kind)))
                })
            }),
    }
}

type Fields = &'static [(&'static str, &'static str)];

/// The shapes of everything that is printed with --json: every key, and nothing else.
const SCHEMA: &[(&str, Fields)] = &[
    (
        "plan",
        &[
            ("event", "text"),
            ("steps", "list of step"),
            ("present", "list of build"),
            ("kept", "list of kept"),
        ],
    ),
    (
        "step",
        &[
            ("action", "text"),
            ("name", "text"),
            ("version", "text"),
            ("slot", "text"),
            ("config_hash_full", "hash?"),
            ("before", "build?"),
            ("by", "text?"),
            ("fetch", "number?"),
            ("installed_size", "number?"),
            ("because", "text"),
            ("candidates", "list of object"),
        ],
    ),
    (
        "build",
        &[
            ("name", "text"),
            ("version", "text"),
            ("slot", "text"),
            ("config_hash_full", "hash?"),
        ],
    ),
    ("kept", &[("build", "build"), ("named", "object"), ("by", "text")]),
    (
        "started",
        &[
            ("event", "text"),
            ("file", "text"),
            ("size", "number"),
            ("mirror", "text"),
            ("from", "number"),
        ],
    ),
    (
        "fetched",
        &[
            ("event", "text"),
            ("file", "text"),
            ("size", "number"),
            ("mirror", "text?"),
        ],
    ),
    (
        "preparing",
        &[("event", "text"), ("package", "text"), ("bytes", "number")],
    ),
    ("committing", &[("event", "text")]),
    ("downloaded", &[("event", "text"), ("file", "text")]),
    (
        "done",
        &[
            ("event", "text"),
            ("transaction", "text?"),
            ("changes", "list of change"),
            ("adopted", "list of text"),
            ("config_kept", "list of text"),
            ("config_new", "list of text"),
            ("config_left", "list of text"),
        ],
    ),
    (
        "change",
        &[("package", "text"), ("before", "text?"), ("after", "text?")],
    ),
    (
        "installed",
        &[
            ("name", "text"),
            ("slot", "text"),
            ("version", "text"),
            ("config_hash_full", "hash?"),
            ("content_hash_full", "hash"),
            ("use", "object"),
            ("platform", "object"),
            ("prefix", "text"),
            ("explicit", "bool"),
            ("installed_size", "number"),
            ("mirror", "text?"),
        ],
    ),
    (
        "file",
        &[
            ("package", "text"),
            ("path", "text"),
            ("type", "text"),
            ("mode", "text"),
            ("config", "bool"),
        ],
    ),
    ("owner", &[("path", "text"), ("package", "text"), ("directory", "bool")]),
    (
        "damage",
        &[
            ("package", "text"),
            ("path", "text"),
            ("config", "bool"),
            ("damage", "text"),
        ],
    ),
    (
        "record",
        &[
            ("id", "text"),
            ("time", "number"),
            ("command", "text"),
            ("changes", "list of change"),
        ],
    ),
    (
        "candidate",
        &[
            ("record", "object"),
            ("chosen", "bool"),
            ("why", "text"),
            ("mirror", "text"),
        ],
    ),
];

/// Each line of what is printed is an event; they are returned in order.
fn events(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let event: Json = serde_json::from_str(line).unwrap();
            let name = event["event"].as_str().unwrap().to_owned();
            assert!(fits(&event, &name), "{line}");
            name
        })
        .collect()
}

fn list(text: &str, kind: &str) -> usize {
    let value: Json = serde_json::from_str(text).unwrap();
    assert!(fits(&value, &format!("list of {kind}")), "{text}");
    value.as_array().unwrap().len()
}

#[test]
fn json() {
    let world = World::new();
    mirror(&world);
    let to = ["-m", "../mirror", "--root", "../root", "--json"];
    assert_eq!(events(&world.done(&[&["words@1.0", "-n"], &to[..]].concat())), ["plan"]);
    let said = world.run(&[&["words@1.0"], &to[..]].concat());
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    let mut found = events(&said.stdout);
    assert_eq!(
        (found.remove(0).as_str(), found.pop().as_deref()),
        ("plan", Some("done"))
    );
    found.sort();
    assert_eq!(
        found,
        [
            "committing",
            "fetched",
            "fetched",
            "preparing",
            "preparing",
            "started",
            "started"
        ]
    );
    assert_eq!(
        events(&world.done(&[&["words@1.0"], &to[..]].concat())),
        ["plan", "done"]
    );
    assert_eq!(
        events(&world.done(&[&["words@1.0", "--download-only"], &to[..]].concat()))
            .pop()
            .as_deref(),
        Some("downloaded")
    );
    let root = ["--root", "../root", "--json"];
    assert_eq!(list(&world.done(&[&["list"], &root[..]].concat()), "installed"), 2);
    assert_eq!(list(&world.done(&[&["files", "words"], &root[..]].concat()), "file"), 4);
    assert_eq!(list(&world.done(&[&["owner", "/usr"], &root[..]].concat()), "owner"), 2);
    assert_eq!(list(&world.done(&[&["history"], &root[..]].concat()), "record"), 1);
    assert_eq!(
        list(
            &world.done(&["explain", "words", "--json", "-m", "../mirror"]),
            "candidate"
        ),
        1
    );
    assert_eq!(
        list(&world.done(&["words", "--list", "--json", "-m", "../mirror"]), "object"),
        1
    );
    fs::remove_file(world.path("root/usr/share/words/words")).unwrap();
    assert_eq!(list(&world.run(&[&["verify"], &root[..]].concat()).stdout, "damage"), 1);
    assert_eq!(
        events(&world.done(&[&["repair", "-m", "../mirror"], &root[..]].concat()))
            .pop()
            .as_deref(),
        Some("done")
    );
    assert_eq!(
        events(&world.done(&[&["remove", "words"], &root[..]].concat())),
        ["done"]
    );
    assert_eq!(events(&world.done(&[&["rollback"], &root[..]].concat())), ["done"]);
}

/// Whoever has read enough is no failure of ours.
#[test]
fn a_closed_pipe() {
    let world = World::new();
    mirror(&world);
    world.done(&["words@1.0", "-m", "../mirror", "--root", "../root", "-q"]);
    for args in [
        &["files", "words", "--root", "../root"][..],
        &["words", "--list", "-m", "../mirror"],
        &["completions", "bash"],
    ] {
        let mut child = world
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut words = String::new();
        child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        assert_eq!(
            (child.wait().unwrap().code(), words.as_str()),
            (Some(0), ""),
            "{args:?}"
        );
    }
}

#[test]
fn from_a_web_server() {
    let world = World::new();
    mirror(&world);
    let files = world.path("mirror");
    let server = Server::start(
        move |path, _| match fs::read(files.join(Path::new(path).strip_prefix("/").unwrap())) {
            Ok(bytes) => Answer::Bytes(bytes),
            Err(_) => Answer::Status(404, ""),
        },
    );
    let args = ["words@1.0", "--root", "../root", "-m", server.address()];
    world.refused(&args, 2, "anybody on the way to http://127.0.0.1:");
    let said = world.run(&[&args[..], &["--allow-insecure"]].concat());
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(0), "installed  base@0 1.0\ninstalled  words@0 1.0\n"),
        "{}",
        said.stderr
    );
    assert_eq!(
        said.stderr.matches(&format!(" from {}\n", server.address())).count(),
        2,
        "{}",
        said.stderr
    );
    // A mirror that is not there does no harm while another one is.
    let args = [
        "words@1.0",
        "--root",
        "../other",
        "-m",
        "../nowhere",
        "-m",
        "../mirror",
        "-q",
    ];
    fs::create_dir(world.path("other")).unwrap();
    let said = world.run(&args);
    assert_eq!(said.code, Some(0));
    assert!(
        said.stderr
            .starts_with("install-binary: warning: [WORLD]/here/../nowhere cannot be read, and is left out: "),
        "{}",
        said.stderr
    );
    world.refused(
        &["words@1.0", "--root", "../root", "-m", "../nowhere", "-m", "../neither"],
        6,
        "no mirror can be read: ",
    );
    world.refused(
        &["words@1.0", "--root", "../root", "-m", "s3://host/srv"],
        2,
        "found `s3://host/srv`",
    );
}
