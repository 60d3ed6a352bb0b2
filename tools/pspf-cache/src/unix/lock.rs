use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::UseLock;
use crate::error::{CacheError, IoContext};

/// Opens the lock file `path` and locks it; `None` when somebody else holds the lock or has just removed its file. With
/// `wait` waits for the other holder.
pub fn open_locked(path: &Path, wait: bool) -> Result<Option<File>, CacheError> {
    let operation = match wait {
        true => FlockOperation::LockExclusive,
        false => FlockOperation::NonBlockingLockExclusive,
    };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32)
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
    Ok(same.then_some(file))
}

/// Removes a lock file and gives the lock up.
pub fn release_locked(file: &File, path: &Path) {
    // Removed while still held, so that whoever gets the lock next notices and makes the file again.
    let _ = std::fs::remove_file(path);
    let _ = flock(file, FlockOperation::Unlock);
}

impl UseLock {
    /// Hands the lock to the program that is about to replace this process: the descriptor moves to a number that
    /// shell scripts do not use for themselves, and stays open across `exec`.
    ///
    /// # Errors
    /// When there is no descriptor left.
    pub fn keep_across_exec(self) -> std::io::Result<()> {
        const HIGH: i32 = 200;
        // Where the limit on descriptors is lower than that, any number has to do.
        let high = rustix::io::fcntl_dupfd_cloexec(self.file(), HIGH);
        let kept: OwnedFd = high.or_else(|_| rustix::io::dup(self.file().as_fd()))?;
        rustix::io::fcntl_setfd(&kept, rustix::io::FdFlags::empty())?;
        // Not to be closed by us: it belongs to the next program.
        std::mem::forget(kept);
        Ok(())
    }
}
