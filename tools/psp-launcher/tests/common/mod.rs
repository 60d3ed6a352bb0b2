//! A temporary world with packages in it, and starts whose whole result is compared.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod forge;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use pspf::{Editor, FileMode, Launcher, OperationChain, SigningKey, Slot, Target};

/// A directory of its own for one test, with a cache and a home in it.
pub struct World {
    _dir: tempfile::TempDir,
    pub top: PathBuf,
}

/// What a start did: exit code, stdout and stderr, with the world's path replaced by `[TOP]`.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Seen {
    /// The result of a start that printed `stdout` and nothing else.
    pub fn printed(stdout: &str) -> Self {
        Seen {
            code: Some(0),
            stdout: stdout.into(),
            stderr: String::new(),
        }
    }

    /// The result of a start that the launcher refused.
    pub fn refused(code: i32, stderr: &str) -> Self {
        Seen {
            code: Some(code),
            stdout: String::new(),
            stderr: format!("psp-launcher: error: {stderr}\n"),
        }
    }
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        // Whatever the umask of the tests is, the world is safe to hold a cache.
        fs::set_permissions(&top, fs::Permissions::from_mode(0o700)).unwrap();
        fs::create_dir(top.join("home")).unwrap();
        World { _dir: dir, top }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.top.join(name)
    }

    pub fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    /// The bytes of the launcher under test.
    pub fn launcher() -> Vec<u8> {
        fs::read(testkit::program("psp-launcher")).unwrap()
    }

    /// An editor with launcher and one script as its program.
    pub fn editor(script: &str) -> Editor {
        Editor::new("app", "1.0")
            .command("\"{workenv}/bin/run\"")
            .launcher(Launcher::from_bytes(Self::launcher()), Target::Any)
            .slot(program("run", script))
    }

    /// Builds a package called `name`.
    pub fn build(&self, name: &str, editor: Editor) -> PathBuf {
        let path = self.path(name);
        editor
            .store()
            .unwrap()
            .sign(&SigningKey::from_seed("test"))
            .unwrap()
            .write(&path)
            .unwrap();
        never_open_here(&path);
        path
    }

    /// A package whose program is the script.
    pub fn script(&self, name: &str, script: &str) -> PathBuf {
        self.build(name, Self::editor(script))
    }

    /// Writes bytes as an executable file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        never_open_here(&path);
        path
    }

    /// A start of `package`, with the world's cache and home and nothing else in the environment.
    pub fn command(&self, package: &Path) -> Command {
        let mut command = Command::new(package);
        command
            .env_clear()
            .env("FLAVOR_CACHE_DIR", self.cache())
            .env("HOME", self.path("home"));
        command
            .env("PATH", "/usr/bin:/bin")
            .current_dir(&self.top)
            .stdin(Stdio::null());
        command
    }

    /// Starts `package` without arguments.
    pub fn start(&self, package: &Path) -> Seen {
        self.see(&mut self.command(package))
    }

    /// Starts `package` with one more variable.
    pub fn start_with(&self, package: &Path, name: &str, value: impl AsRef<OsStr>) -> Seen {
        self.see(self.command(package).env(name, value))
    }

    /// Runs a command to its end.
    pub fn see(&self, command: &mut Command) -> Seen {
        self.seen(&output(command))
    }

    pub fn seen(&self, output: &Output) -> Seen {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(self.top.to_str().unwrap(), "[TOP]");
        Seen {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// The names in our folder of the cache, in order, but for the mark of the last clean-up.
    pub fn entries(&self) -> Vec<String> {
        entries(&self.cache().join("buckpack"))
    }

    /// The one unpacked package.
    pub fn entry(&self) -> PathBuf {
        let entries = self.entries();
        assert_eq!(entries.len(), 1, "{entries:?}");
        self.cache().join("buckpack").join(&entries[0])
    }

    pub fn workenv(&self) -> PathBuf {
        self.entry().join("workenv")
    }
}

/// Replaces a file by a copy that another process wrote. A child that another thread of the tests starts holds, until
/// its exec, what this process had open for writing, and the system calls such a program busy: a shell that is to start
/// it then ends with code 126.
fn never_open_here(path: &Path) {
    let copy = path.with_extension("copy");
    assert!(
        Command::new("cp")
            .arg("-p")
            .args([path, &copy])
            .status()
            .unwrap()
            .success()
    );
    fs::rename(copy, path).unwrap();
}

/// Runs a command to its end. A program that a test wrote by other means than [`World`]'s may still be open in a child
/// that is about to exec: the system says "text file busy", and the next moment is better.
pub fn output(command: &mut Command) -> Output {
    loop {
        match command.output() {
            Err(error) if error.raw_os_error() == Some(26) => std::thread::sleep(std::time::Duration::from_millis(5)),
            result => return result.unwrap(),
        }
    }
}

/// The names in a directory but for the mark of the last clean-up; none when it does not exist.
pub fn entries(directory: &Path) -> Vec<String> {
    let Ok(found) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut names: Vec<String> = found
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.retain(|name| name != ".swept");
    names.sort();
    names
}

/// A slot with an executable script in `bin`.
pub fn program(id: &str, script: &str) -> Slot {
    Slot::bytes(id, format!("#!/bin/sh\n{script}\n"))
        .target(format!("bin/{id}"))
        .permissions(mode("0755"))
}

pub fn mode(text: &str) -> FileMode {
    FileMode::parse(text).unwrap()
}

/// A slot with a file of data.
pub fn data(id: &str, bytes: impl Into<Vec<u8>>) -> Slot {
    Slot::bytes(id, bytes)
        .target(format!("data/{id}"))
        .operations(OperationChain::NONE)
}

/// Whether a tool of the host is there; says so if not.
pub fn has(tool: &str) -> bool {
    let found = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        .iter()
        .any(|dir| Path::new(dir).join(tool).exists());
    if !found {
        eprintln!("SKIPPED: {tool} is not installed");
    }
    found
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
