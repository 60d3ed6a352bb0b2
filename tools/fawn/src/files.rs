//! Reading the files of cells, wherever they are: on disk, or inside this program.

use crate::label::join;
use anyhow::{Context, Result};
use include_dir::{Dir, DirEntry, include_dir};
use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

static PRELUDE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/prelude");

/// Every path of the disk that was looked at: what stands there, or that nothing does, has decided what came of a command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looked(Arc<Mutex<Vec<PathBuf>>>);

impl Looked {
    /// Notes a path.
    pub(crate) fn add(&self, path: PathBuf) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    }

    /// All of them, some several times.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A directory, and the note of what was looked at in it.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    looked: Looked,
}

impl Disk {
    /// The directory itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn look(&self, path: &str) -> PathBuf {
        let file = self.root.join(path);
        self.looked.add(file.clone());
        file
    }
}

/// Where the files of a cell are.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// A directory.
    Disk(Disk),
    /// The prelude that is compiled into this program.
    Bundled,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) directory: bool,
}

impl Tree {
    /// The files below `root`; what is looked at is noted.
    pub(crate) fn disk(root: PathBuf, looked: &Looked) -> Self {
        Tree::Disk(Disk {
            root,
            looked: looked.clone(),
        })
    }

    /// Whether it is the one inside this program.
    pub(crate) fn is_bundled(&self) -> bool {
        matches!(self, Tree::Bundled)
    }

    /// The text of a file, or `None` when there is none.
    pub(crate) fn read(&self, path: &str) -> Result<Option<Cow<'static, str>>> {
        match self {
            Tree::Disk(disk) => {
                let file = disk.look(path);
                match std::fs::read_to_string(&file) {
                    Ok(text) => Ok(Some(Cow::Owned(text))),
                    Err(error) if absent(&error) => Ok(None),
                    Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
                }
            }
            Tree::Bundled => Ok(PRELUDE
                .get_file(path)
                .and_then(|file| file.contents_utf8())
                .map(Cow::Borrowed)),
        }
    }

    /// Whether there is a file (not a directory) at this path.
    pub(crate) fn is_file(&self, path: &str) -> bool {
        match self {
            Tree::Disk(disk) => disk.look(path).is_file(),
            Tree::Bundled => PRELUDE.get_file(path).is_some(),
        }
    }

    /// Whether there is a directory at this path.
    pub(crate) fn is_directory(&self, path: &str) -> bool {
        match self {
            Tree::Disk(disk) => disk.look(path).is_dir(),
            Tree::Bundled => path.is_empty() || PRELUDE.get_dir(path).is_some(),
        }
    }

    /// The entries of a directory by name; links to directories count as directories.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<Entry>> {
        let mut entries = match self {
            Tree::Disk(disk) => list_disk(&disk.look(path), &disk.looked)?,
            Tree::Bundled => list_bundled(path),
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }
}

fn absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}

fn list_disk(path: &Path, looked: &Looked) -> Result<Vec<Entry>> {
    let context = || format!("cannot list {}", path.display());
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).with_context(context)? {
        let entry = entry.with_context(context)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue; // A name that is no UTF-8 cannot be written in a build file.
        };
        let kind = entry.file_type().with_context(context)?;
        let mut directory = kind.is_dir();
        if kind.is_symlink() {
            looked.add(entry.path());
            directory = entry.path().is_dir();
        }
        entries.push(Entry { name, directory });
    }
    Ok(entries)
}

fn list_bundled(path: &str) -> Vec<Entry> {
    let directory = if path.is_empty() {
        Some(&PRELUDE)
    } else {
        PRELUDE.get_dir(path)
    };
    let entries = directory.into_iter().flat_map(|directory| directory.entries());
    entries
        .filter_map(|entry| {
            let name = entry.path().file_name()?.to_str()?.to_owned();
            let directory = matches!(entry, DirEntry::Dir(_));
            Some(Entry { name, directory })
        })
        .collect()
}

/// Whether a path is `prefix` or below it.
pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    prefix.is_empty() || path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
}

/// The path that a cell-relative path has in the project.
pub(crate) fn in_project(cell_path: &str, path: &str) -> String {
    join(cell_path, path)
}
