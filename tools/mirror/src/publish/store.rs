use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use digest::{HashingReader, Sha256};

use super::lock::{LockError, LockGuard, LockRules};
use crate::directory::Directory;
use crate::transport::{Content, OpenError, Transport};
use crate::whole_file::{Taken, WholeFile};

/// A mirror that can be written.
pub trait Store: Transport {
    /// Becomes the only writer.
    ///
    /// # Errors
    /// Somebody else is, or the mirror cannot be written.
    fn lock(&self, rules: &LockRules) -> Result<LockGuard, LockError>;

    /// Puts a file in place whose name was not taken. A file that is there with the same bytes is left alone.
    ///
    /// # Errors
    /// It cannot be written, or the name stands for other bytes.
    fn put_new(&self, path: &str, from: &Path) -> io::Result<()>;

    /// Puts a file in place, whatever was there.
    ///
    /// # Errors
    /// It cannot be written.
    fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()>;
}

/// A mirror that is a directory of this machine.
pub struct DirectoryStore {
    root: PathBuf,
    directory: Directory,
}

impl DirectoryStore {
    /// The mirror at `base`: in its folder `binaries` where there is one, else in itself. The directory is made.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(base: &Path) -> io::Result<Self> {
        let store = Self::at(base);
        fs::create_dir_all(&store.root)?;
        Ok(store)
    }

    /// The same mirror, without making anything.
    pub fn at(base: &Path) -> Self {
        let below = base.join("binaries");
        let root = if below.is_dir() { below } else { base.to_owned() };
        let directory = Directory::new(root.clone());
        Self { root, directory }
    }

    /// The directory that holds the letters.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn make_parent(&self, path: &str) -> io::Result<PathBuf> {
        let path = self.root.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(path)
    }
}

impl Transport for DirectoryStore {
    fn open(&self, path: &str) -> Result<Content, OpenError> {
        self.directory.open(path)
    }
}

impl Store for DirectoryStore {
    fn lock(&self, rules: &LockRules) -> Result<LockGuard, LockError> {
        LockGuard::take(&self.root.join(".lock"), rules)
    }

    fn put_new(&self, path: &str, from: &Path) -> io::Result<()> {
        let place = self.make_parent(path)?;
        let mut file = WholeFile::create(&place)?;
        io::copy(&mut File::open(from)?, &mut file)?;
        match file.finish(Taken::Refuse) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if digest_of(&place)? == digest_of(from)? {
                    return Ok(());
                }
                let words = format!(
                    "{} has other bytes and is not in the index; an interrupted publication may have left it: remove it and publish again",
                    place.display()
                );
                Err(io::Error::new(io::ErrorKind::AlreadyExists, words))
            }
            done => done,
        }
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = WholeFile::create(&self.make_parent(path)?)?;
        file.write_all(bytes)?;
        file.finish(Taken::Replace)
    }
}

fn digest_of(path: &Path) -> io::Result<Sha256> {
    let mut hashing = HashingReader::new(BufReader::with_capacity(256 << 10, File::open(path)?));
    io::copy(&mut hashing, &mut io::sink())?;
    Ok(hashing.finish().0)
}
