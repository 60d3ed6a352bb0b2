//! Contents by digest, below `buck-out/fawn/cache/blobs`.
//!
//! Every blob is written elsewhere, renamed into place, and hashed again before its first use in a command: bytes that
//! rotted or were edited never reach an action. A blob carries mode 0644 or 0755 and one constant time, because actions
//! see links to it; the two modes of one content are two blobs.

use super::entry::FileEntry;
use super::{files, scan};
use anyhow::{Context, Result};
use digest::Sha256;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where bytes come from that are not in the store yet.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A file outside the store, usually a source.
    Path(Arc<Path>),
    /// Bytes in memory.
    Bytes(Arc<[u8]>),
}

/// A content that was promised and is gone or changed.
#[derive(Debug, thiserror::Error)]
#[error("the cached content {0} is missing or damaged")]
pub struct Damaged(pub Sha256);

/// The blobs of one project.
pub struct Store {
    blobs: PathBuf,
    unfinished: PathBuf,
    origins: Mutex<HashMap<Sha256, Origin>>,
    verified: Mutex<HashSet<(Sha256, bool)>>,
    /// Who looks at a content and then changes its place in the store holds the turn of the content's first byte: between
    /// the two nobody else may bring the same content in.
    turns: [Mutex<()>; 256],
    grown: AtomicBool,
}

impl Store {
    /// The store in the directory `cache`, which need not exist.
    pub fn new(cache: &Path) -> Self {
        Self {
            blobs: cache.join("blobs"),
            unfinished: unfinished(cache),
            origins: Mutex::default(),
            verified: Mutex::default(),
            turns: std::array::from_fn(|_| Mutex::default()),
            grown: AtomicBool::new(false),
        }
    }

    fn turn(&self, digest: &Sha256) -> MutexGuard<'_, ()> {
        lock(&self.turns[usize::from(digest.as_bytes()[0])])
    }

    fn is_verified(&self, file: &FileEntry) -> bool {
        lock(&self.verified).contains(&(file.digest, file.executable))
    }

    /// Removes from the directory `cache` what killed commands had not finished.
    pub fn clear_leftovers(cache: &Path) {
        files::remove_stubborn(&unfinished(cache));
    }

    /// Where a content lies if the store has it.
    fn path(&self, digest: &Sha256, executable: bool) -> PathBuf {
        blob(&self.blobs, digest, executable)
    }

    /// Whether anything was put in.
    pub fn has_grown(&self) -> bool {
        self.grown.load(Ordering::Relaxed)
    }

    /// Remembers where to get a content from, should anybody need it.
    pub fn offer(&self, digest: Sha256, origin: Origin) {
        lock(&self.origins).entry(digest).or_insert(origin);
    }

    /// The path of a content that is known to be right; brings it in from its origin if need be.
    ///
    /// # Errors
    /// [`Damaged`] (found by downcasting) when nobody has these bytes any more; a source that changed since it was
    /// hashed; the operating system's.
    pub fn fetch(&self, file: &FileEntry) -> Result<PathBuf> {
        let path = self.path(&file.digest, file.executable);
        if self.is_verified(file) {
            return Ok(path);
        }
        let _turn = self.turn(&file.digest);
        if !self.is_verified(file) && !self.holds(&path, file) {
            let _ = fs::remove_file(&path);
            self.bring_in(&path, file)?;
        }
        lock(&self.verified).insert((file.digest, file.executable));
        Ok(path)
    }

    /// Whether the blob is there with the right bytes.
    fn holds(&self, path: &Path, file: &FileEntry) -> bool {
        let Ok(metadata) = fs::symlink_metadata(path) else {
            return false;
        };
        if !metadata.is_file() || metadata.len() != file.size || scan::is_executable(&metadata) != file.executable {
            return false;
        }
        scan::file(path, &metadata).is_ok_and(|found| found.digest == file.digest)
    }

    fn bring_in(&self, path: &Path, file: &FileEntry) -> Result<()> {
        let origin = lock(&self.origins).get(&file.digest).cloned();
        match origin {
            Some(Origin::Bytes(bytes)) => self.publish(path, file, |beside| Ok(fs::write(beside, &bytes)?)),
            Some(Origin::Path(source)) => {
                let copied = self.publish(path, file, |beside| Ok(fs::copy(&source, beside).map(drop)?));
                copied.with_context(|| format!("cannot take {} into the cache", source.display()))
            }
            None => {
                let other = self.path(&file.digest, !file.executable);
                if !other.exists() {
                    return Err(Damaged(file.digest).into());
                }
                self.publish(path, file, |beside| Ok(fs::copy(&other, beside).map(drop)?))
            }
        }
    }

    /// Makes a blob complete elsewhere in the cache, checks it, then renames it.
    fn publish(&self, path: &Path, file: &FileEntry, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        self.grown.store(true, Ordering::Relaxed);
        files::make_parent(path)?;
        files::make_dir(&self.unfinished)?;
        let beside = self.unfinished.join(files::unique(""));
        let made = make(&beside).and_then(|()| {
            let found = scan::file(&beside, &fs::symlink_metadata(&beside)?)?;
            anyhow::ensure!(found.digest == file.digest, "it changed during the build; start again");
            files::normalize(&beside, file.executable)?;
            fs::rename(&beside, path).with_context(|| format!("cannot rename {} into place", path.display()))
        });
        if made.is_err() {
            let _ = fs::remove_file(&beside);
        }
        made
    }

    /// Moves a file that was just hashed into the store. One that is there already stays: a rename over an existing file
    /// makes some file systems write the new one to disk at once, which for the thousands of files of a directory that
    /// was made twice takes minutes.
    ///
    /// # Errors
    /// The operating system's.
    pub fn adopt(&self, from: &Path, file: &FileEntry) -> Result<()> {
        let path = self.path(&file.digest, file.executable);
        let _turn = self.turn(&file.digest);
        if self.is_verified(file) || self.holds(&path, file) {
            lock(&self.verified).insert((file.digest, file.executable));
            return fs::remove_file(from).with_context(|| format!("cannot remove {}", from.display()));
        }
        self.grown.store(true, Ordering::Relaxed);
        files::make_parent(&path)?;
        files::normalize(from, file.executable)?;
        fs::rename(from, &path).with_context(|| format!("cannot move {} into the cache", from.display()))?;
        lock(&self.verified).insert((file.digest, file.executable));
        Ok(())
    }

    /// Stores bytes that exist nowhere else.
    ///
    /// # Errors
    /// The operating system's.
    pub fn insert(&self, bytes: &[u8]) -> Result<FileEntry> {
        let file = FileEntry {
            digest: Sha256::of(bytes),
            size: bytes.len() as u64,
            executable: false,
        };
        let path = self.path(&file.digest, false);
        let _turn = self.turn(&file.digest);
        if !self.holds(&path, &file) {
            self.publish(&path, &file, |beside| Ok(fs::write(beside, bytes)?))?;
        }
        lock(&self.verified).insert((file.digest, false));
        Ok(file)
    }

    /// The bytes of a content that is no larger than memory.
    ///
    /// # Errors
    /// As [`Store::fetch`].
    pub fn read(&self, file: &FileEntry) -> Result<Vec<u8>> {
        let path = self.fetch(file)?;
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// Where blobs are made before they get their names.
fn unfinished(cache: &Path) -> PathBuf {
    cache.join("unfinished")
}

/// The place of a content below the directory of blobs.
pub fn blob(blobs: &Path, digest: &Sha256, executable: bool) -> PathBuf {
    let hex = digest.hex();
    let suffix = if executable { "x" } else { "" };
    blobs.join(&hex[..2]).join(format!("{}{suffix}", &hex[2..]))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    fn entry(bytes: &[u8], executable: bool) -> FileEntry {
        FileEntry {
            digest: Sha256::of(bytes),
            size: bytes.len() as u64,
            executable,
        }
    }

    #[test]
    fn an_edited_blob_is_noticed_by_the_next_command() {
        let world = tempfile::tempdir().unwrap();
        let file = Store::new(world.path()).insert(b"right").unwrap();
        let path = Store::new(world.path()).fetch(&file).unwrap();
        fs::write(&path, b"wrong").unwrap();
        files::normalize(&path, false).unwrap();
        let error = Store::new(world.path()).fetch(&file).unwrap_err();
        assert_eq!(error.downcast_ref::<Damaged>().unwrap().0, file.digest);
        assert!(!path.exists());
    }

    #[test]
    fn an_offer_is_taken_only_when_it_holds() {
        let world = tempfile::tempdir().unwrap();
        let source = world.path().join("source");
        fs::write(&source, b"one").unwrap();
        let store = Store::new(&world.path().join("cache"));
        store.offer(Sha256::of(b"one"), Origin::Path(source.as_path().into()));
        let path = store.fetch(&entry(b"one", true)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        fs::write(&source, b"two").unwrap();
        store.offer(Sha256::of(b"2"), Origin::Path(source.as_path().into()));
        let error = store.fetch(&entry(b"2", false)).unwrap_err();
        assert!(
            format!("{error:#}").ends_with("it changed during the build; start again"),
            "{error:#}"
        );
    }

    #[test]
    fn a_file_that_is_there_already_stays_and_a_damaged_one_is_replaced() {
        let world = tempfile::tempdir().unwrap();
        let store = Store::new(&world.path().join("cache"));
        let file = store.insert(b"made twice").unwrap();
        let path = store.fetch(&file).unwrap();
        let first = fs::metadata(&path).unwrap().ino();
        let made = world.path().join("made");
        fs::write(&made, b"made twice").unwrap();
        store.adopt(&made, &file).unwrap();
        assert!(!made.exists());
        assert_eq!(fs::metadata(&path).unwrap().ino(), first);

        fs::write(&path, b"made wrong").unwrap();
        fs::write(&made, b"made twice").unwrap();
        Store::new(&world.path().join("cache")).adopt(&made, &file).unwrap();
        assert!(!made.exists());
        assert_eq!(fs::read(&path).unwrap(), b"made twice");
    }

    #[test]
    fn what_one_thread_brought_in_no_other_takes_away() {
        let world = tempfile::tempdir().unwrap();
        let source = world.path().join("source");
        fs::write(&source, b"one").unwrap();
        for round in 0..400 {
            let store = Store::new(&world.path().join(format!("cache{round}")));
            store.offer(Sha256::of(b"one"), Origin::Path(source.as_path().into()));
            let barrier = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        barrier.wait();
                        let path = store.fetch(&entry(b"one", false)).unwrap();
                        assert_eq!(fs::read(path).unwrap(), b"one");
                    });
                }
            });
        }
    }

    #[test]
    fn the_other_mode_of_a_content_is_made_from_the_first() {
        let world = tempfile::tempdir().unwrap();
        let store = Store::new(world.path());
        let file = store.insert(b"x").unwrap();
        let path = store
            .fetch(&FileEntry {
                executable: true,
                ..file
            })
            .unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o755);
    }
}
