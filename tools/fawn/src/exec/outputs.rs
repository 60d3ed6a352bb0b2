//! The outputs that people see, below `buck-out/fawn/art`: copies of what the cache holds.
//!
//! Only what was asked for is written. A record of what stands where, with the stamps of files and directories, tells whether
//! it still does; whatever was edited, added or removed is written again. Inside a directory only the directories are looked
//! at, which show each name that came, went or was replaced: looking at all files of compilers and libraries as well took half
//! of the time of a build with nothing to do. A file in there that is written over in place goes unnoticed.

use super::entry::Entry;
use super::sandbox::place::{Means, place};
use super::store::Store;
use super::{files, paths, stamp};
use anyhow::{Context, Result};
use digest::{Hasher, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

const HEADER: &str = "fawn outputs 3";

/// What stands at a path.
struct Known {
    content: Sha256,
    stamp: Sha256,
    /// The directories below, by their paths from there.
    directories: Vec<String>,
}

/// What stands where.
pub struct Outputs {
    root: PathBuf,
    /// Where they are made before they get their names; nothing there survives the command, however it ends.
    beside: PathBuf,
    record: PathBuf,
    known: Mutex<BTreeMap<String, Known>>,
    /// What this command has made stand, with its content.
    shown: Mutex<BTreeMap<String, Sha256>>,
}

impl Outputs {
    /// The outputs of the project at `root`; `record` is the file that remembers them, `beside` a directory of the same file
    /// system that is emptied before and after each command.
    pub fn load(root: &Path, record: PathBuf, beside: PathBuf) -> Self {
        let known = fs::read_to_string(&record)
            .ok()
            .and_then(|text| parse(&text))
            .unwrap_or_default();
        Self {
            root: root.to_owned(),
            beside,
            record,
            known: Mutex::new(known),
            shown: Mutex::default(),
        }
    }

    /// What this command has made stand, with digests of their contents.
    pub fn shown(&self) -> Vec<(String, Sha256)> {
        let shown = lock(&self.shown);
        shown.iter().map(|(path, content)| (path.clone(), *content)).collect()
    }

    /// Whether all of these stand with these contents; as many `threads` look.
    pub fn stand(&self, shown: &[(String, Sha256)], threads: usize) -> bool {
        let expected: Vec<_> = shown.iter().map(|(path, content)| (path.as_str(), *content)).collect();
        self.look(&expected, threads).into_iter().all(|stands| stands)
    }

    /// Makes each entry stand at its project path, complete from the moment it appears; as many `threads` look at what is
    /// there. No path lies inside another.
    ///
    /// # Errors
    /// Content that the store has lost, or the operating system's.
    pub fn ensure(&self, entries: &[(&str, &Entry)], store: &Store, threads: usize) -> Result<()> {
        let expected: Vec<_> = entries.iter().map(|(path, entry)| (*path, content(entry))).collect();
        let stand = self.look(&expected, threads);
        let mut missing = entries.iter().zip(stand).filter(|(_, stands)| !stands);
        missing.try_for_each(|((path, entry), _)| self.write(path, entry, store))?;
        let shown = expected.into_iter().map(|(path, content)| (path.to_owned(), content));
        lock(&self.shown).extend(shown);
        Ok(())
    }

    /// Which of these stand with their contents.
    fn look(&self, expected: &[(&str, Sha256)], threads: usize) -> Vec<bool> {
        let mut stand = vec![false; expected.len()];
        let size = expected.len().div_ceil(threads.max(1)).max(1);
        let known = lock(&self.known);
        std::thread::scope(|scope| {
            for (expected, stand) in expected.chunks(size).zip(stand.chunks_mut(size)) {
                let known = &*known;
                scope.spawn(move || {
                    for ((path, content), stands) in expected.iter().zip(stand) {
                        *stands = known.get(*path).is_some_and(|was| self.stands(path, content, was));
                    }
                });
            }
        });
        stand
    }

    fn stands(&self, path: &str, content: &Sha256, was: &Known) -> bool {
        was.content == *content && stamp(&self.root.join(path), &was.directories).is_ok_and(|now| now == was.stamp)
    }

    fn write(&self, path: &str, entry: &Entry, store: &Store) -> Result<()> {
        let full = self.root.join(path);
        self.clear_way(path)?;
        let beside = self.beside.join(files::unique("new-"));
        let placed = place(entry, &beside, store, Means::Fresh).and_then(|()| {
            self.take_away(&full)?;
            files::make_parent(&full)?;
            fs::rename(&beside, &full).with_context(|| format!("cannot rename {} into place", full.display()))
        });
        if placed.is_err() {
            let _ = files::remove(&beside);
        }
        placed?;
        let directories = directories(entry);
        let stamp = stamp(&full, &directories).with_context(|| format!("cannot look at {}", full.display()))?;
        let known = Known {
            content: content(entry),
            stamp,
            directories,
        };
        lock(&self.known).insert(path.to_owned(), known);
        Ok(())
    }

    /// Removes what an earlier build left at `full`, in one step: a kill leaves no half of a directory under its name.
    fn take_away(&self, full: &Path) -> Result<()> {
        if fs::symlink_metadata(full).is_ok_and(|metadata| metadata.is_dir()) {
            let old = self.beside.join(files::unique("old-"));
            // Fails for a directory that its owner may not write; that one goes piece by piece.
            if fs::rename(full, &old).is_ok() {
                return files::remove(&old);
            }
        }
        files::remove(full)
    }

    /// Removes a file of an earlier build that stands where a directory must be now.
    fn clear_way(&self, path: &str) -> Result<()> {
        let mut above = paths::parent(path);
        while !above.is_empty() {
            let full = self.root.join(above);
            match fs::symlink_metadata(&full) {
                Ok(metadata) if metadata.is_dir() => return Ok(()),
                Ok(_) => return files::remove(&full),
                Err(_) => above = paths::parent(above),
            }
        }
        Ok(())
    }

    /// Remembers what stands where.
    ///
    /// # Errors
    /// The operating system's.
    pub fn save(&self) -> Result<()> {
        let mut text = format!("{HEADER}\0");
        for (path, known) in &*lock(&self.known) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{} {} {path}\0", known.content, known.stamp);
            for directory in &known.directories {
                let _ = write!(text, "/{directory}\0");
            }
        }
        if fs::read(&self.record).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(());
        }
        files::write_atomically(&self.record, text.as_bytes())
    }
}

/// A line for each output, then one with a slash in front for each directory in it.
fn parse(text: &str) -> Option<BTreeMap<String, Known>> {
    let mut records = text.split_terminator('\0');
    (records.next()? == HEADER).then_some(())?;
    let mut all: Vec<(String, Known)> = Vec::new();
    for record in records {
        if let Some(directory) = record.strip_prefix('/') {
            all.last_mut()?.1.directories.push(directory.to_owned());
            continue;
        }
        let mut fields = record.splitn(3, ' ');
        let known = Known {
            content: fields.next()?.parse().ok()?,
            stamp: fields.next()?.parse().ok()?,
            directories: Vec::new(),
        };
        all.push((fields.next()?.to_owned(), known));
    }
    Some(all.into_iter().collect())
}

fn content(entry: &Entry) -> Sha256 {
    Sha256::of(entry.fingerprint().as_bytes())
}

fn directories(entry: &Entry) -> Vec<String> {
    let mut found = Vec::new();
    entry.walk(&mut String::new(), &mut |path, entry| {
        if matches!(entry, Entry::Dir(_)) && !path.is_empty() {
            found.push(path.to_owned());
        }
    });
    found
}

/// Changes whenever `path` or one of the `directories` below is changed: whatever is in one by name, not by content.
fn stamp(path: &Path, directories: &[String]) -> std::io::Result<Sha256> {
    let mut hasher = Hasher::new();
    // The link itself counts, not what it leads to: that may not stand yet.
    stamp::add(&mut hasher, &fs::symlink_metadata(path)?);
    for directory in directories {
        stamp::add(&mut hasher, &fs::symlink_metadata(path.join(directory))?);
    }
    Ok(hasher.finish())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn what_was_edited_or_removed_is_written_again() {
        let world = tempfile::tempdir().unwrap();
        let root = world.path();
        let store = Store::new(&root.join("cache"));
        let file = Entry::File(store.insert(b"right").unwrap());
        let inner = Entry::dir([("f".to_owned(), file.clone())].into());
        let tree = Entry::dir([("d".to_owned(), inner)].into());
        let ensure = || {
            let outputs = Outputs::load(root, root.join("record"), root.join("beside"));
            let entries = [("out/a/file", &file), ("out/tree", &tree)];
            outputs.ensure(&entries, &store, 2).unwrap();
            outputs.save().unwrap();
        };
        let inode = |path: &str| fs::metadata(root.join(path)).unwrap().ino();
        ensure();
        let before = [inode("out/a/file"), inode("out/tree/d/f")];
        ensure();
        assert_eq!([inode("out/a/file"), inode("out/tree/d/f")], before);
        fs::write(root.join("out/a/file"), "wrong").unwrap();
        fs::write(root.join("out/tree/d/extra"), "").unwrap();
        ensure();
        assert_eq!(fs::read(root.join("out/a/file")).unwrap(), b"right");
        assert!(!root.join("out/tree/d/extra").exists());
        fs::remove_file(root.join("out/tree/d/f")).unwrap();
        ensure();
        assert!(root.join("out/tree/d/f").exists());
        fs::write(root.join("beside-f"), "wrong").unwrap();
        fs::rename(root.join("beside-f"), root.join("out/tree/d/f")).unwrap();
        ensure();
        assert_eq!(fs::read(root.join("out/tree/d/f")).unwrap(), b"right");
        fs::remove_dir_all(root.join("out")).unwrap();
        ensure();
        assert_eq!(fs::read(root.join("out/tree/d/f")).unwrap(), b"right");
    }

    #[test]
    fn a_file_in_the_way_of_a_directory_goes() {
        let world = tempfile::tempdir().unwrap();
        let store = Store::new(&world.path().join("cache"));
        let file = Entry::File(store.insert(b"x").unwrap());
        let outputs = Outputs::load(world.path(), world.path().join("record"), world.path().join("beside"));
        outputs.ensure(&[("out/a", &file)], &store, 2).unwrap();
        outputs.ensure(&[("out/a/b/c", &file)], &store, 2).unwrap();
        assert!(world.path().join("out/a/b/c").is_file());
        outputs.ensure(&[("out/a", &file)], &store, 2).unwrap();
        assert!(world.path().join("out/a").is_file());
    }
}
