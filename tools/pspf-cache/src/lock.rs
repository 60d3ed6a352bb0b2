//! Kernel locks: one maker per entry, and a sign that an entry is in use.
//!
//! The kernel drops a lock with its last holder, however that died, so there is no process id to be mistaken for
//! another's and nothing to wait out.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::{CacheError, IoContext};

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
            if let Some(lock) = Self::attempt(&path, FlockOperation::LockExclusive)? {
                return Ok(lock);
            }
        }
    }

    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    /// A failed system call, with the path of the lock file.
    pub fn take(path: PathBuf) -> Result<Option<Self>, CacheError> {
        Self::attempt(&path, FlockOperation::NonBlockingLockExclusive)
    }

    /// `None` when somebody else holds the lock or has just removed its file.
    fn attempt(path: &Path, operation: FlockOperation) -> Result<Option<Self>, CacheError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .mode(0o600)
            .custom_flags(libc_nofollow())
            .open(path)
            .context("open lock file", path)?;
        loop {
            match flock(&file, operation) {
                Ok(()) => break,
                Err(Errno::INTR) => continue,
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(error) => return Err(error).context("lock", path),
            }
        }
        // The previous holder may have removed the file between our open and our lock; then the lock is on a file
        // that nobody else will ever see.
        let held = file.metadata().context("look at", path)?;
        let current = std::fs::symlink_metadata(path);
        let same = current.is_ok_and(|current| current.ino() == held.ino() && current.dev() == held.dev());
        Ok(same.then(|| ExtractionLock {
            path: path.to_owned(),
            file,
        }))
    }
}

impl Drop for ExtractionLock {
    fn drop(&mut self) {
        // Removed while still held, so that whoever gets the lock next notices and makes the file again.
        let _ = std::fs::remove_file(&self.path);
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

fn libc_nofollow() -> i32 {
    rustix::fs::OFlags::NOFOLLOW.bits() as i32
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
        while flock(&record, FlockOperation::LockShared) == Err(Errno::INTR) {}
        UseLock(record)
    }

    /// The right to remove the entry; `None` while somebody uses it.
    pub(crate) fn exclusive(record: File) -> Option<Self> {
        loop {
            match flock(&record, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::INTR) => continue,
                Err(Errno::WOULDBLOCK) => return None,
                _ => return Some(UseLock(record)),
            }
        }
    }

    /// The record itself.
    pub fn file(&self) -> &File {
        &self.0
    }

    /// Hands the lock to the program that is about to replace this process: the descriptor moves to a number that
    /// shell scripts do not use for themselves, and stays open across `exec`.
    ///
    /// # Errors
    /// When there is no descriptor left.
    pub fn keep_across_exec(self) -> std::io::Result<()> {
        const HIGH: i32 = 200;
        // Where the limit on descriptors is lower than that, any number has to do.
        let high = rustix::io::fcntl_dupfd_cloexec(&self.0, HIGH);
        let kept: OwnedFd = high.or_else(|_| rustix::io::dup(self.0.as_fd()))?;
        rustix::io::fcntl_setfd(&kept, rustix::io::FdFlags::empty())?;
        // Not to be closed by us: it belongs to the next program.
        std::mem::forget(kept);
        Ok(())
    }

    /// The number of the descriptor, for tests and traces.
    pub fn number(&self) -> i32 {
        self.0.as_raw_fd()
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
