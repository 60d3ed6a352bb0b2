//! A temporary folder to run `psp` in, with its paths taken out of what it says.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The folder.
pub struct World(TempDir);

/// What a run of `psp` gave.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl World {
    pub fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder for the file");
        std::fs::write(path, content).expect("a file");
        self
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Names of everything in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let list = std::fs::read_dir(self.0.path()).expect("the folder");
        let mut names: Vec<String> = list
            .map(|item| item.expect("an entry").file_name().to_string_lossy().into())
            .collect();
        names.sort();
        names
    }

    /// Runs a program of ours here, or one by that name in the folder, with nothing of our environment.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Outcome {
        let here = self.path(program);
        let mut command = Command::new(if here.is_file() {
            here
        } else {
            testkit::program(program)
        });
        let home = self.path("home");
        let done = command
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", &home)
            .output();
        let done = done.expect("the program starts");
        Outcome {
            code: done.status.code(),
            stdout: String::from_utf8_lossy(&done.stdout).into(),
            stderr: String::from_utf8_lossy(&done.stderr).into(),
        }
    }

    pub fn psp(&self, arguments: &[&str]) -> Outcome {
        self.run("psp", arguments)
    }

    /// Runs `psp`, which must succeed and say nothing on standard error; gives its standard output.
    pub fn psp_ok(&self, arguments: &[&str]) -> String {
        let done = self.psp(arguments);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "psp {arguments:?}");
        done.stdout
    }

    /// A package of two slots, `hello.psp`, for any platform.
    pub fn hello(&self) -> &Self {
        self.file("hello.sh", "#!/bin/sh\necho hello\n")
            .file("data/x", "x\n")
            .file("launcher", "#!/bin/sh\nexit 0\n");
        self.file(
            "s.json",
            r#"{"id":"script","source":"hello.sh","target":"bin/hello","permissions":"0755","purpose":"code"}"#,
        );
        self.file(
            "d.json",
            r#"{"id":"data","source":"data","target":"share","operations":"tgz"}"#,
        );
        for slot in ["s", "d"] {
            self.psp_ok(&[
                "slot",
                "--spec",
                &format!("{slot}.json"),
                "--payload",
                &format!("{slot}.payload"),
                "--record",
                &format!("{slot}.record"),
            ]);
        }
        self.assemble("hello.psp", r#""command": "{workenv}/bin/hello""#)
    }

    /// Assembles the two slots with further keys of the specification.
    pub fn assemble(&self, out: &str, more: &str) -> &Self {
        self.file("package.json", package(more));
        self.psp_ok(&["assemble", "--spec", "package.json", "--out", out]);
        self
    }
}

/// A specification for `psp assemble`; `more` holds at least the command.
pub fn package(more: &str) -> String {
    format!(
        r#"{{"launcher": "launcher", "platform": "any", "package": {{"name": "hello", "version": "1.0"}}, "key_seed": "s1",
            "slots": [{{"payload": "s.payload", "record": "s.record"}}, {{"payload": "d.payload", "record": "d.record"}}], {more}}}"#
    )
}
