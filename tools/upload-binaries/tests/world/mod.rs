//! A folder with packages and a mirror, and `upload-binaries` in it.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use binpkg::index::{Index, Root};
use testkit::TestPackage;

pub fn upload(dir: &Path, args: &[&str]) -> Output {
    Command::new(testkit::program("upload-binaries"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .output()
        .unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn done(output: &Output) -> String {
    assert_eq!((output.status.code(), stderr(output).as_str()), (Some(0), ""));
    stdout(output)
}

pub fn refused(output: &Output, code: i32, words: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    assert!(
        stderr(output).contains(words),
        "expected `{words}`, found {}",
        stderr(output)
    );
}

/// Every file below a folder with its content.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(&path).unwrap();
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), content);
            }
        }
    }
    files
}

pub fn index(mirror: &Path) -> Index {
    Index::parse(&fs::read(mirror.join("index.json")).unwrap()).unwrap()
}

pub fn root(mirror: &Path) -> Root {
    Root::parse(&fs::read(mirror.join(Root::PATH)).unwrap()).unwrap()
}

pub fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

pub struct World {
    folder: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn make(&self, source: &str, package: TestPackage<'_>) -> String {
        name(&package.make(&self.path().join(source)))
    }

    pub fn publish(&self, source: &str) -> Output {
        upload(self.path(), &["-s", source, "-m", "mirror"])
    }

    pub fn mirror(&self) -> PathBuf {
        self.path().join("mirror")
    }
}
