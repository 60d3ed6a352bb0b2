//! One command at a time changes what lies below `buck-out/fawn`.

use super::files;
use anyhow::{Context, Result};
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

static HELD: AtomicBool = AtomicBool::new(false);

/// Whether this process holds the lock of its project right now.
pub fn is_held() -> bool {
    HELD.load(Ordering::SeqCst)
}

/// Held until it is dropped, or until the process ends, however it ends.
pub struct Lock {
    _file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        HELD.store(false, Ordering::SeqCst);
    }
}

/// Takes the lock at `path`; calls `waiting` with the holder's description if it is held by another command.
///
/// # Errors
/// The operating system's.
pub fn take(path: &Path, who: &str, waiting: &mut dyn FnMut(&str)) -> Result<Lock> {
    files::make_parent(path)?;
    let told = || format!("cannot lock {}", path.display());
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .with_context(told)?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let mut holder = String::new();
        // What the holder wrote is for people only.
        let _ = file.read_to_string(&mut holder);
        waiting(holder.trim());
        flock(&file, FlockOperation::LockExclusive).with_context(told)?;
    }
    let written = file
        .set_len(0)
        .and_then(|()| std::io::Seek::rewind(&mut file))
        .and_then(|()| file.write_all(who.as_bytes()));
    written.with_context(told)?;
    HELD.store(true, Ordering::SeqCst);
    Ok(Lock { _file: file })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_second_waits_and_is_told_for_whom() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("lock");
        let first = take(&path, "process 1: build", &mut |_| unreachable!()).unwrap();
        let told = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| {
                take(&path, "process 2", &mut |holder| {
                    assert_eq!(holder, "process 1: build");
                    told.store(true, Ordering::SeqCst);
                })
                .unwrap()
            });
            while !told.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            assert!(!second.is_finished());
            drop(first);
            second.join().unwrap();
        });
    }
}
