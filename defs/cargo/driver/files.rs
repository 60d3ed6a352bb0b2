//! Files: errors that say which file they are about, copies, a place of this action alone.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::workspace::{add_stubs, refuse_git};

/// A directory of this action alone, removed at the end.
pub struct Scratch {
    pub dir: PathBuf,
}

impl Scratch {
    pub fn new() -> Result<Scratch> {
        let parent =
            std::env::var_os("BUCK_SCRATCH_PATH").map_or_else(|| PathBuf::from("cargo-scratch"), PathBuf::from);
        let dir = at(&parent, std::path::absolute(parent.join("cargo")))?;
        if dir.exists() {
            at(&dir, fs::remove_dir_all(&dir))?;
        }
        for name in ["bin", "home", "tmp", "workspace"] {
            at(&dir, fs::create_dir_all(dir.join(name)))?;
        }
        Ok(Scratch { dir })
    }

    /// Copies the workspace, refuses what cannot be pinned, and gives members without sources empty ones.
    pub fn workspace(&self, from: &Path) -> Result<PathBuf> {
        let to = self.dir.join("workspace");
        copy_tree(from, &to)?;
        let lock = to.join("Cargo.lock");
        let text =
            fs::read_to_string(&lock).map_err(|_| format!("{}: no Cargo.lock; add it to `srcs`", from.display()))?;
        refuse_git(&text)?;
        add_stubs(&to)?;
        Ok(to)
    }

    /// Settings of cargo: every crate comes from the folder `crates`.
    pub fn cargo_home(&self, crates: &Path) -> Result<()> {
        let config = format!(
            "[source.crates-io]\nreplace-with = \"pinned\"\n\n[source.pinned]\ndirectory = {:?}\n\n[net]\noffline = true\n",
            crates.display().to_string()
        );
        write(&self.dir.join("home/config.toml"), config.as_bytes())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A leftover costs space and nothing else: the next run clears it first.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    at(to, fs::create_dir_all(to))?;
    for entry in entries(from)? {
        let Some(name) = entry.file_name() else { continue };
        if entry.is_dir() {
            copy_tree(&entry, &to.join(name))?
        } else {
            copy_file(&entry, &to.join(name))?
        }
    }
    Ok(())
}

pub fn copy_file(from: &Path, to: &Path) -> Result<()> {
    make_parent(to)?;
    fs::copy(from, to)
        .map(drop)
        .map_err(|e| format!("cannot copy {} to {}: {e}", from.display(), to.display()))
}

/// A link where the system has them, else a copy.
pub fn link(to: &Path, place: &Path) -> Result<()> {
    make_parent(place)?;
    #[cfg(unix)]
    return at(place, std::os::unix::fs::symlink(to, place));
    #[cfg(not(unix))]
    return if to.is_dir() {
        copy_tree(to, place)
    } else {
        copy_file(to, place)
    };
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    make_parent(path)?;
    at(path, fs::write(path, bytes))
}

fn make_parent(path: &Path) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    at(parent, fs::create_dir_all(parent))
}

/// Says which file an error is about.
pub fn at<T>(path: &Path, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| format!("{}: {error}", path.display()))
}

/// The entries of a directory, sorted by name.
pub fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let read = at(dir, fs::read_dir(dir))?.map(|entry| entry.map(|entry| entry.path()));
    let mut found = at(dir, read.collect::<std::io::Result<Vec<_>>>())?;
    found.sort();
    Ok(found)
}
