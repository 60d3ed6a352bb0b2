//! A temporary world for `install-binary`: packages, mirrors, and a root to install into.
#![allow(dead_code, reason = "each test file uses its share")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use testkit::TestPackage;

/// The world; everything is below one folder.
pub struct World {
    folder: tempfile::TempDir,
}

/// What a command said, with what changes from run to run redacted.
pub struct Said {
    /// Its exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl World {
    /// An empty root.
    pub fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["root", "home", "here"] {
            fs::create_dir(world.path(folder)).unwrap();
        }
        world
    }

    /// A path in the world.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a package in a folder, and returns the file name of its tarball.
    pub fn make(&self, folder: &str, package: TestPackage<'_>) -> String {
        name(&package.make(&self.path(folder)))
    }

    /// Publishes what is in a folder.
    pub fn publish(&self, folder: &str, mirror: &str) {
        let output = Command::new(testkit::program("upload-binaries"))
            .args(["-s", folder, "-m", mirror])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The command, in the folder `here`, with an environment of its own.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(testkit::program("install-binary"));
        command
            .args(args)
            .current_dir(self.path("here"))
            .env_clear()
            .env("HOME", self.path("home"));
        command
    }

    /// Runs the command.
    pub fn run(&self, args: &[&str]) -> Said {
        self.said(&self.command(args).output().unwrap())
    }

    /// Runs the command, and expects it to end well; what it printed.
    pub fn done(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, Some(0), "{args:?}: {}{}", said.stdout, said.stderr);
        said.stdout
    }

    /// Runs the command, and expects it to be refused with a code, words, and a root as it was.
    pub fn refused(&self, args: &[&str], code: i32, words: &str) -> String {
        let before = self.tree("root");
        let said = self.run(args);
        assert_eq!(said.code, Some(code), "{args:?}: {}{}", said.stdout, said.stderr);
        assert!(
            said.stderr.contains(words),
            "{args:?}: expected `{words}`, found {}",
            said.stderr
        );
        assert_eq!(self.tree("root"), before, "{args:?}: something changed in the root");
        said.stderr
    }

    /// Redacts the world's folder, hashes and times.
    pub fn said(&self, output: &Output) -> Said {
        let redact =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(self.folder.path().to_str().unwrap(), "[WORLD]");
        Said {
            code: output.status.code(),
            stdout: redact(&output.stdout),
            stderr: redact(&output.stderr),
        }
    }

    /// Every file and link below a folder, with what it holds; without the database.
    pub fn tree(&self, folder: &str) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let top = self.path(folder);
        let mut folders = vec![top.clone()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(&next).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&top).unwrap().to_str().unwrap().to_owned();
                if name.starts_with("var/lib/binpkg") || name.contains(".binpkg/") {
                    continue;
                }
                let found = fs::symlink_metadata(&path).unwrap();
                if found.is_symlink() {
                    files.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
                } else if found.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
                }
            }
        }
        files
    }

    /// The names in a tree.
    pub fn names(&self, folder: &str) -> Vec<String> {
        self.tree(folder).into_keys().collect()
    }
}

/// The last part of a path.
pub fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}
