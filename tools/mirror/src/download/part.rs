use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use digest::Hasher;
use serde::{Deserialize, Serialize};

use super::cache::hash;

/// A file on its way: `<sha256>.part`, and beside it `<sha256>.part.from`, which says whose first bytes these are.
///
/// Whoever holds the lock on the part is the only one who downloads it. The lock is on the open file and goes with the
/// process; the name goes when the file is complete, so that who waited for the lock finds another file behind the name, or
/// none, and looks into the cache again.
pub(super) struct Part {
    path: PathBuf,
    file: File,
}

/// Whose bytes are in a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// Address of the mirror.
    pub(super) mirror: String,
    /// What the mirror said stands for these very bytes.
    pub(super) validator: String,
}

impl Part {
    /// Waits for the lock on the part at `path`, which is made if it is not there; `waiting` is called before it waits.
    pub(super) fn lock(path: &Path, waiting: &mut dyn FnMut()) -> io::Result<Self> {
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    waiting();
                    file.lock()?;
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let path = path.to_owned();
            if is_at(&file, &path)? {
                return Ok(Self { path, file });
            }
        }
    }

    /// How many bytes are there.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Whose bytes these are, if that was written down.
    pub(super) fn origin(&self) -> Option<Origin> {
        serde_json::from_slice(&fs::read(self.origin_path()).ok()?).ok()
    }

    /// Begins anew with bytes of `origin`; without one they are not gone on with.
    pub(super) fn restart(&mut self, origin: Option<&Origin>) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        // After the old bytes went and before new ones come, so that it is never said of other bytes.
        match origin {
            Some(origin) => fs::write(self.origin_path(), serde_json::to_vec(origin)?),
            None => absent_is_fine(fs::remove_file(self.origin_path())),
        }
    }

    /// What the bytes that are there hash to so far. What is written afterwards comes after them.
    pub(super) fn hash(&mut self) -> io::Result<Hasher> {
        self.file.seek(SeekFrom::Start(0))?;
        hash(&self.file, u64::MAX)
    }

    /// Where the next bytes go.
    pub(super) fn writer(&mut self) -> &mut File {
        &mut self.file
    }

    /// Gives the file its final name. Its bytes have been checked.
    pub(super) fn finish(self, place: &Path) -> io::Result<()> {
        fs::set_permissions(&self.path, fs::Permissions::from_mode(0o644))?;
        absent_is_fine(fs::remove_file(self.origin_path()))?;
        // No sync: a file that a power cut empties is found out by its digest, and fetched again.
        fs::rename(&self.path, place)
    }

    /// Leaves nothing behind.
    pub(super) fn discard(self) -> io::Result<()> {
        absent_is_fine(fs::remove_file(self.origin_path()))?;
        absent_is_fine(fs::remove_file(&self.path))
    }

    fn origin_path(&self) -> PathBuf {
        crate::local_package::beside(&self.path, ".from")
    }
}

/// Whether an open file is the one under a name.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let here = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((here.dev(), here.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn absent_is_fine(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}
