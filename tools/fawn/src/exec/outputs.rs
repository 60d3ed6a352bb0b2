//! The outputs that people see, below `buck-out/fawn/art`: copies of what the cache holds.
//!
//! Only what was asked for is written. A record of what stands where, with the stamp of every file, tells whether it
//! still does; whatever was edited or removed is written again.

use super::entry::Entry;
use super::sandbox::place::{Means, place};
use super::store::Store;
use super::{files, paths};
use anyhow::{Context, Result};
use digest::{Hasher, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const HEADER: &str = "fawn outputs 2";

/// What stands where.
pub struct Outputs {
    root: PathBuf,
    /// Where they are made before they get their names; nothing there survives the command, however it ends.
    beside: PathBuf,
    record: PathBuf,
    known: Mutex<BTreeMap<String, (Sha256, Sha256)>>,
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
        }
    }

    /// Makes `entry` stand at the project path `path`, complete from the moment it appears.
    ///
    /// # Errors
    /// Content that the store has lost, or the operating system's.
    pub fn ensure(&self, path: &str, entry: &Entry, store: &Store) -> Result<()> {
        let content = Sha256::of(entry.fingerprint().as_bytes());
        let full = self.root.join(path);
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(path)
            .copied();
        if known.is_some_and(|(was, stamp)| was == content && self::stamp(&full).is_ok_and(|now| now == stamp)) {
            return Ok(());
        }
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
        let stamp = self::stamp(&full).with_context(|| format!("cannot look at {}", full.display()))?;
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(path.to_owned(), (content, stamp));
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
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: String = known
            .iter()
            .map(|(path, (content, stamp))| format!("{content} {stamp} {path}\0"))
            .collect();
        let text = format!("{HEADER}\0{lines}");
        if fs::read(&self.record).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(());
        }
        files::write_atomically(&self.record, text.as_bytes())
    }
}

fn parse(text: &str) -> Option<BTreeMap<String, (Sha256, Sha256)>> {
    let mut records = text.split_terminator('\0');
    (records.next()? == HEADER).then_some(())?;
    records
        .map(|record| {
            let mut fields = record.splitn(3, ' ');
            let (content, stamp) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
            Some((fields.next()?.to_owned(), (content, stamp)))
        })
        .collect()
}

/// Changes whenever anything at or below `path` is changed, added or removed.
fn stamp(path: &Path) -> std::io::Result<Sha256> {
    let mut hasher = Hasher::new();
    // The link itself counts, not what it leads to: that may not stand yet.
    let metadata = fs::symlink_metadata(path)?;
    add(&mut hasher, &metadata);
    if metadata.is_dir() {
        add_entries(&mut hasher, path)?;
    }
    Ok(hasher.finish())
}

/// The entries of a directory ask the system for their own names only, which for large trees is most of what can be spared.
fn add_entries(hasher: &mut Hasher, directory: &Path) -> std::io::Result<()> {
    let mut entries = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| (entry.file_name(), entry)))
        .collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (name, entry) in &entries {
        let name = name.as_encoded_bytes();
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name);
        let metadata = entry.metadata()?;
        add(hasher, &metadata);
        if metadata.is_dir() {
            add_entries(hasher, &entry.path())?;
        }
    }
    hasher.update(&u64::MAX.to_le_bytes());
    Ok(())
}

fn add(hasher: &mut Hasher, metadata: &Metadata) {
    let numbers = [
        metadata.ino(),
        metadata.len(),
        u64::from(metadata.mode()),
        metadata.mtime().cast_unsigned(),
        metadata.mtime_nsec().cast_unsigned(),
        metadata.ctime().cast_unsigned(),
        metadata.ctime_nsec().cast_unsigned(),
    ];
    numbers.iter().for_each(|number| hasher.update(&number.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_edited_or_removed_is_written_again() {
        let world = tempfile::tempdir().unwrap();
        let root = world.path();
        let store = Store::new(&root.join("cache"));
        let file = Entry::File(store.insert(b"right").unwrap());
        let tree = Entry::dir([("f".to_owned(), file.clone())].into());
        let ensure = || {
            let outputs = Outputs::load(root, root.join("record"), root.join("beside"));
            outputs.ensure("out/a/file", &file, &store).unwrap();
            outputs.ensure("out/tree", &tree, &store).unwrap();
            outputs.save().unwrap();
        };
        ensure();
        let inode = fs::metadata(root.join("out/a/file")).unwrap().ino();
        ensure();
        assert_eq!(fs::metadata(root.join("out/a/file")).unwrap().ino(), inode);
        fs::write(root.join("out/a/file"), "wrong").unwrap();
        fs::write(root.join("out/tree/extra"), "").unwrap();
        ensure();
        assert_eq!(fs::read(root.join("out/a/file")).unwrap(), b"right");
        assert!(!root.join("out/tree/extra").exists());
        fs::remove_dir_all(root.join("out")).unwrap();
        ensure();
        assert_eq!(fs::read(root.join("out/tree/f")).unwrap(), b"right");
    }

    #[test]
    fn a_file_in_the_way_of_a_directory_goes() {
        let world = tempfile::tempdir().unwrap();
        let store = Store::new(&world.path().join("cache"));
        let file = Entry::File(store.insert(b"x").unwrap());
        let outputs = Outputs::load(world.path(), world.path().join("record"), world.path().join("beside"));
        outputs.ensure("out/a", &file, &store).unwrap();
        outputs.ensure("out/a/b/c", &file, &store).unwrap();
        assert!(world.path().join("out/a/b/c").is_file());
        outputs.ensure("out/a", &file, &store).unwrap();
        assert!(world.path().join("out/a").is_file());
    }
}
