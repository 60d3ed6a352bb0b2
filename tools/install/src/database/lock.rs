//! One process at a time changes an installation (section 14.2).
//!
//! The kernel drops the lock with its holder, however that died. What is written in the file is for the message alone.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::error::{At, InstallError};

/// Who holds the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub process: u32,
    /// What it was called with.
    pub command: String,
    /// When it took the lock, in seconds since 1970.
    pub since: u64,
}

/// The right to change an installation.
#[derive(Debug)]
pub struct DbLock {
    // Held for as long as it is open.
    _file: File,
    command: String,
}

/// How often a waiting process looks again.
const PAUSE: Duration = Duration::from_millis(50);

impl DbLock {
    /// Takes the lock in the file `path`, which is made if it is missing.
    pub(super) fn take(path: PathBuf, command: &str, wait: Duration) -> Result<Self, InstallError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .custom_flags((OFlags::NOFOLLOW | OFlags::CLOEXEC).bits() as i32)
            .open(&path)
            .at("open", &path)?;
        let until = Instant::now() + wait;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => break,
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) if Instant::now() < until => std::thread::sleep(PAUSE),
                Err(Errno::WOULDBLOCK) => {
                    let holder = Holder::read(&mut file);
                    return Err(InstallError::Locked { path, holder });
                }
                Err(error) => return Err(error).at("lock", &path),
            }
        }
        let holder = Holder {
            process: std::process::id(),
            command: command.into(),
            since: now(),
        };
        holder.write(&mut file, &path)?;
        Ok(Self {
            _file: file,
            command: command.into(),
        })
    }

    /// The command that took the lock.
    pub fn command(&self) -> &str {
        &self.command
    }
}

impl Holder {
    /// Somebody who has only just taken the lock has not written anything yet.
    fn read(file: &mut File) -> Self {
        let mut text = String::new();
        let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
        read.ok()
            .and_then(|_| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    fn write(&self, file: &mut File, path: &Path) -> Result<(), InstallError> {
        let text = serde_json::json!(self).to_string() + "\n";
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            // Readers may know who holds it, whatever the umask is.
            .and_then(|()| file.set_permissions(std::fs::Permissions::from_mode(0o644)))
            .at("write", path)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.process == 0 {
            return f.write_str("another process");
        }
        let seconds = now().saturating_sub(self.since);
        write!(f, "process {} (`{}`, for {seconds} s)", self.process, self.command)
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("lock");
        let first = DbLock::take(path.clone(), "install x", Duration::ZERO).unwrap();
        let error = DbLock::take(path.clone(), "remove x", Duration::ZERO).unwrap_err();
        assert!(error.is_locked());
        let expected = format!("locked by process {} (`install x`, for ", std::process::id());
        assert!(error.to_string().contains(&expected), "{error}");
        drop(first);
        DbLock::take(path, "remove x", Duration::ZERO).unwrap();
    }

    #[test]
    fn who_waits_gets_it() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("lock");
        let first = DbLock::take(path.clone(), "a", Duration::ZERO).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| DbLock::take(path.clone(), "b", Duration::from_secs(60)));
            std::thread::sleep(Duration::from_millis(100));
            assert!(!waiting.is_finished());
            drop(first);
            assert_eq!(waiting.join().unwrap().unwrap().command(), "b");
        });
    }

    /// A lock file left by a killed process, whatever it says, holds nobody up.
    #[test]
    fn a_file_without_a_holder_is_no_lock() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("lock");
        std::fs::write(&path, r#"{"process": 1, "command": "x", "since": 0}"#).unwrap();
        DbLock::take(path, "y", Duration::ZERO).unwrap();
    }
}
