//! A fresh directory per action that holds exactly what the action declares.
//!
//! With namespaces the inputs are hard links to the cache below an overlay, so that writing to one reaches neither
//! cache nor project; the program sees them at [`ROOT`], finds no project beside them, and has no network.
//! Without namespaces the inputs are copies in a plain directory.

pub mod groups;
#[cfg(target_os = "linux")]
pub mod namespaces;
pub mod place;
mod plain;
mod signals;
pub mod wait;

use super::entry::Entry;
use super::files;
use super::layout::Layout;
use super::store::Store;
use anyhow::{Context, Result};
use place::Means;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;
use wait::Ended;

/// Where the sandbox stands inside: the same in every checkout, so that no path of this machine gets into an output.
pub const ROOT: &str = "/fawn";

/// A program to start.
#[derive(Clone, Debug)]
pub struct Job {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// Sees the host's files (its home directory, its tools) but the project.
    pub host: bool,
    /// Has the host's network.
    pub network: bool,
    /// Is killed after this long.
    pub timeout: Option<Duration>,
}

/// How this machine isolates actions.
pub enum Isolation {
    /// User, mount, network, process and host name of their own.
    #[cfg(target_os = "linux")]
    Namespaces(namespaces::Client),
    /// A directory of their own, nothing else.
    Directory,
}

impl Isolation {
    /// The best that the kernel permits for `jobs` actions at once; the text says why it is not namespaces.
    pub fn choose(layout: &Layout, jobs: usize) -> (Self, Option<String>) {
        #[cfg(target_os = "linux")]
        {
            match namespaces::Client::start(layout, jobs) {
                Ok(client) => (Isolation::Namespaces(client), None),
                Err(error) => (Isolation::Directory, Some(format!("{error:#}"))),
            }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (layout, jobs);
            (Isolation::Directory, Some("only Linux has them".to_owned()))
        }
    }

    /// Whether inputs may be links to the cache.
    fn is_layered(&self) -> bool {
        match self {
            #[cfg(target_os = "linux")]
            Isolation::Namespaces(client) => client.has_overlay(),
            Isolation::Directory => false,
        }
    }
}

/// The directory of one action.
pub struct Sandbox<'a> {
    dir: PathBuf,
    isolation: &'a Isolation,
    store: &'a Store,
}

impl<'a> Sandbox<'a> {
    /// Makes the directory with its inputs; `directories` are made empty for the program to write in.
    ///
    /// # Errors
    /// Content that the store has lost, or the operating system's.
    pub fn new(
        layout: &Layout,
        isolation: &'a Isolation,
        store: &'a Store,
        inputs: &BTreeMap<String, Entry>,
        directories: &[&str],
    ) -> Result<Self> {
        let dir = layout.sandboxes().join(files::unique(""));
        let sandbox = Self { dir, isolation, store };
        let (inputs_in, means) = if isolation.is_layered() {
            (sandbox.dir.join("in"), Means::Link)
        } else {
            (sandbox.made(), Means::Copy)
        };
        files::make_dir(&inputs_in)?;
        files::make_dir(&sandbox.made())?;
        if isolation.is_layered() {
            files::make_dir(&sandbox.dir.join("work"))?;
        }
        for (path, entry) in inputs {
            place::place(entry, &inputs_in.join(path), store, means)?;
        }
        for directory in directories {
            files::make_dir(&sandbox.made().join(directory))?;
        }
        Ok(sandbox)
    }

    /// Runs the program; its words are in [`Sandbox::stdout`] and [`Sandbox::stderr`] afterwards.
    pub fn run(&self, job: &Job) -> Ended {
        match self.isolation {
            #[cfg(target_os = "linux")]
            Isolation::Namespaces(client) => client.run(job, &self.dir),
            Isolation::Directory => plain::run(job, &self.dir, &self.made()),
        }
    }

    /// Where the outputs of the program lie, at their project paths.
    pub fn made(&self) -> PathBuf {
        self.dir.join("made")
    }

    /// Everything the program said on stdout.
    pub fn stdout(&self) -> Vec<u8> {
        fs::read(self.dir.join("stdout")).unwrap_or_default()
    }

    /// Everything the program said on stderr.
    pub fn stderr(&self) -> Vec<u8> {
        fs::read(self.dir.join("stderr")).unwrap_or_default()
    }

    /// Keeps what the program saw and made as a plain directory at `to`.
    ///
    /// # Errors
    /// The operating system's.
    pub fn keep(self, to: &Path, inputs: &BTreeMap<String, Entry>) -> Result<()> {
        files::remove(to)?;
        files::make_parent(to)?;
        fs::rename(self.made(), to).with_context(|| format!("cannot keep the sandbox in {}", to.display()))?;
        if self.isolation.is_layered() {
            for (path, entry) in inputs {
                let place = to.join(path);
                if fs::symlink_metadata(&place).is_err() {
                    place::place(entry, &place, self.store, Means::Copy)?;
                }
            }
        }
        Ok(())
    }
}

impl Drop for Sandbox<'_> {
    fn drop(&mut self) {
        // The kernel makes this directory without any permission; an empty one can be removed all the same.
        let _ = fs::remove_dir(self.dir.join("work/work"));
        // What cannot be removed now is removed when the next command starts.
        files::remove_stubborn(&self.dir);
    }
}

/// The files that take the program's words.
fn capture(dir: &Path) -> Result<(File, File)> {
    let open = |name: &str| {
        let path = dir.join(name);
        File::create(&path).with_context(|| format!("cannot write {}", path.display()))
    };
    Ok((open("stdout")?, open("stderr")?))
}

/// Why a program did not start, in one sentence.
fn not_started(program: &str, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("the program `{program}` (or the interpreter in its first line) does not exist in the sandbox")
        }
        std::io::ErrorKind::PermissionDenied => format!("the program `{program}` is not executable"),
        _ => format!("the program `{program}` cannot be started: {error}"),
    }
}
