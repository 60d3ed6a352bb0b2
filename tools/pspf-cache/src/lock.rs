//! Kernel locks: one maker per entry, and a sign that an entry is in use.
//!
//! The kernel drops a lock with its last holder, however that died, so there is no process id to be mistaken for
//! another's and nothing to wait out.

use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;

use crate::error::CacheError;
use crate::system;

/// The right to make or replace one entry. Its file is removed when the lock is given up.
#[derive(Debug)]
pub struct ExtractionLock {
    path: PathBuf,
    file: File,
}

impl ExtractionLock {
    /// Waits for the lock.
    ///
    /// # Errors
    /// A failed system call, with the path of the lock file.
    pub fn wait(path: PathBuf) -> Result<Self, CacheError> {
        loop {
            if let Some(file) = system::open_locked(&path, true)? {
                return Ok(ExtractionLock { path, file });
            }
        }
    }

    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    /// A failed system call, with the path of the lock file.
    pub fn take(path: PathBuf) -> Result<Option<Self>, CacheError> {
        let file = system::open_locked(&path, false)?;
        Ok(file.map(|file| ExtractionLock { path, file }))
    }
}

impl Drop for ExtractionLock {
    fn drop(&mut self) {
        system::release_locked(&self.file, &self.path);
    }
}

/// A shared lock on the record of an entry: as long as somebody holds it, clean-up leaves the entry alone.
#[derive(Debug)]
pub struct UseLock(File);

impl UseLock {
    /// Marks an open record as in use. Waits for whoever is just looking whether it is in use, or removing it; the caller
    /// sees by the record's link count which of the two it was.
    ///
    /// A file system that knows no locks gives no protection and no error: the entry is then kept by its age.
    pub fn shared(record: File) -> Self {
        let interrupted = |error: &io::Error| error.kind() == io::ErrorKind::Interrupted;
        while record.lock_shared().is_err_and(|error| interrupted(&error)) {}
        UseLock(record)
    }

    /// The right to remove the entry; `None` while somebody uses it.
    pub(crate) fn exclusive(record: File) -> Option<Self> {
        loop {
            match record.try_lock() {
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(TryLockError::WouldBlock) => return None,
                _ => return Some(UseLock(record)),
            }
        }
    }

    /// The record itself.
    pub fn file(&self) -> &File {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join(".lock-x");
        let first = ExtractionLock::wait(path.clone()).unwrap();
        assert!(ExtractionLock::take(path.clone()).unwrap().is_none());
        drop(first);
        assert!(!path.exists(), "the lock file goes with its lock");
        assert!(ExtractionLock::take(path).unwrap().is_some());
    }

    /// A lock file left by a killed process, whatever process id it may name, holds nobody up.
    #[test]
    fn a_lock_file_without_a_holder_is_no_lock() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join(".lock-x");
        std::fs::write(&path, "1\n").unwrap();
        assert!(ExtractionLock::take(path).unwrap().is_some());
    }

    #[test]
    fn waiters_take_turns_over_a_removed_file() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join(".lock-x");
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _lock = ExtractionLock::wait(path.clone()).unwrap();
                        assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    }
                });
            }
        });
    }

    #[test]
    fn use_and_removal_exclude_each_other() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("record");
        std::fs::write(&path, "").unwrap();
        let open = || File::open(&path).unwrap();
        let used = UseLock::shared(open());
        let also = UseLock::shared(open());
        assert!(UseLock::exclusive(open()).is_none(), "many use it");
        drop((used, also));
        let removing = UseLock::exclusive(open()).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(UseLock::shared(open())));
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(!waiting.is_finished());
            drop(removing);
        });
    }
}
