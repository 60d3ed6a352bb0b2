//! A mirror that is a directory of this machine, written.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use digest::{HashingReader, Sha256};
use tempfile::TempPath;

use super::lock::{DirectoryLock, Held, LockError, LockRules};
use super::store::{FileContent, Listed, NewFile, Store, StoreError};

/// Where bytes wait until they are complete: on the disk of the mirror, so that a rename puts them in place. Whoever holds the lock is
/// the only one to use it; what a killed run left in it goes with the next one.
const INCOMING: &str = ".incoming";

/// A mirror that is a directory of this machine.
pub struct DirectoryStore {
    root: PathBuf,
}

impl DirectoryStore {
    /// The mirror at `base`: in its folder `binaries` where there is one, else in itself.
    pub fn at(base: &Path) -> Self {
        let below = base.join("binaries");
        let root = if below.is_dir() { below } else { base.to_owned() };
        Self { root }
    }

    /// The directory that holds the letters.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Brings all bytes to the disk of the mirror; `None` for a file that `skip` says is there.
    fn bring(
        &self,
        files: &[NewFile],
        skip: impl Fn(&NewFile, &Path) -> io::Result<bool>,
    ) -> Result<Vec<Option<TempPath>>, StoreError> {
        let incoming = self.root.join(INCOMING);
        let mut brought = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let write = || {
                if skip(file, &self.root.join(&file.path))? {
                    return Ok(None);
                }
                fs::create_dir_all(&incoming)?;
                let path = incoming.join(number.to_string());
                let mut new = File::create(&path)?;
                // From here on it goes when something fails.
                let path = TempPath::try_from_path(path)?;
                match &file.content {
                    FileContent::File(from) => drop(io::copy(&mut File::open(from)?, &mut new)?),
                    FileContent::Bytes(bytes) => new.write_all(bytes)?,
                }
                #[cfg(unix)]
                new.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
                new.sync_all()?;
                Ok(Some(path))
            };
            brought.push(write().map_err(StoreError::file("write", &file.path))?);
        }
        Ok(brought)
    }

    fn make_parent(&self, path: &str) -> Result<PathBuf, StoreError> {
        let place = self.root.join(path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(StoreError::file("make the folder of", path))?;
        }
        Ok(place)
    }

    fn clean(&self) {
        // Only an empty folder goes, and that there is one is no harm.
        let _ = fs::remove_dir(self.root.join(INCOMING));
    }
}

impl Store for DirectoryStore {
    fn address(&self) -> String {
        self.root.display().to_string()
    }

    fn lock<'a>(&'a self, rules: &LockRules) -> Result<Box<dyn Held + 'a>, LockError> {
        let lock = DirectoryLock::take(&self.root, rules)?;
        let incoming = self.root.join(INCOMING);
        match fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LockError::File {
                verb: "remove",
                path: incoming,
                source: error,
            }),
            _ => Ok(Box::new(lock)),
        }
    }

    fn read(&self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let read = |path: &String| match fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(StoreError::file("read", path)(error)),
        };
        paths.iter().map(read).collect()
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read>, StoreError> {
        let file = File::open(self.root.join(path)).map_err(StoreError::file("read", path))?;
        Ok(Box::new(BufReader::with_capacity(256 << 10, file)))
    }

    fn digests(&self, paths: &[String]) -> Result<Vec<Option<Sha256>>, StoreError> {
        let digest = |path: &String| match File::open(self.root.join(path)).and_then(digest_of) {
            Ok(digest) => Ok(Some(digest)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(StoreError::file("read", path)(error)),
        };
        paths.iter().map(digest).collect()
    }

    fn put_new(&self, files: &[NewFile]) -> Result<(), StoreError> {
        let is_there = |file: &NewFile, place: &Path| match same_bytes(file, place) {
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(error),
            // Said below, with its path.
            Ok(false) => Ok(false),
            Ok(true) => Ok(true),
        };
        for (file, path) in files.iter().zip(self.bring(files, is_there)?) {
            let Some(path) = path else { continue };
            let place = self.make_parent(&file.path)?;
            match path.persist_noclobber(&place) {
                Ok(()) => {}
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                    if !same_bytes(file, &place).map_err(StoreError::file("read", &file.path))? {
                        let path = file.path.clone();
                        return Err(StoreError::OtherBytes { path });
                    }
                }
                Err(error) => return Err(StoreError::file("write", &file.path)(error.error)),
            }
        }
        self.clean();
        Ok(())
    }

    fn replace(&self, files: &[NewFile]) -> Result<(), StoreError> {
        for (file, path) in files.iter().zip(self.bring(files, |_, _| Ok(false))?) {
            let Some(path) = path else { continue };
            let place = self.make_parent(&file.path)?;
            path.persist(place)
                .map_err(|error| StoreError::file("write", &file.path)(error.error))?;
        }
        self.clean();
        Ok(())
    }

    fn list(&self) -> Result<Vec<Listed>, StoreError> {
        let mut found = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let failed = || StoreError::file("list", if folder.is_empty() { "the folder" } else { &folder });
            let entries = match fs::read_dir(self.root.join(&folder)) {
                Err(error) if folder.is_empty() && is_absent(&error) => return Ok(found),
                entries => entries.map_err(failed())?,
            };
            for entry in entries {
                let entry = entry.map_err(failed())?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if folder.is_empty() && name.starts_with('.') {
                    continue;
                }
                let path = format!("{folder}{name}");
                // Through links: a letter may lie on another disk.
                let about = fs::metadata(entry.path()).map_err(StoreError::file("look at", &path))?;
                if about.is_dir() {
                    folders.push(format!("{path}/"));
                } else {
                    let size = about.len();
                    found.push(Listed { path, size });
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether the file at `place` has the bytes of `file`.
fn same_bytes(file: &NewFile, place: &Path) -> io::Result<bool> {
    let there = File::open(place)?;
    let size = there.metadata()?.len();
    let ours = match &file.content {
        FileContent::Bytes(bytes) => (bytes.len() as u64 == size).then(|| Sha256::of(bytes)),
        FileContent::File(path) if fs::metadata(path)?.len() == size => Some(digest_of(File::open(path)?)?),
        FileContent::File(_) => None,
    };
    Ok(match ours {
        Some(ours) => ours == digest_of(there)?,
        None => false,
    })
}

fn digest_of(file: File) -> io::Result<Sha256> {
    let mut hashing = HashingReader::new(BufReader::with_capacity(256 << 10, file));
    io::copy(&mut hashing, &mut io::sink())?;
    Ok(hashing.finish().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(store: &DirectoryStore) -> Vec<String> {
        let listed = store.list().unwrap().into_iter();
        listed.map(|file| format!("{} {}", file.path, file.size)).collect()
    }

    #[test]
    fn new_names_are_never_given_to_other_bytes() {
        let world = tempfile::tempdir().unwrap();
        let store = DirectoryStore::at(&world.path().join("mirror"));
        assert!(store.list().unwrap().is_empty());
        let one = [NewFile::bytes("a/x", "one"), NewFile::bytes("a/y", "more")];
        store.put_new(&one).unwrap();
        store.put_new(&one).unwrap();
        let error = store
            .put_new(&[NewFile::bytes("b/z", "new"), NewFile::bytes("a/x", "two")])
            .unwrap_err();
        assert!(
            error.to_string().starts_with("a/x of the mirror has other bytes"),
            "{error}"
        );
        assert_eq!(tree(&store), ["a/x 3", "a/y 4", "b/z 3"], "nothing is left over");
        store.replace(&[NewFile::bytes("a/x", "two!")]).unwrap();
        let read = store.read(&["a/x".into(), "a/q".into()]).unwrap();
        assert_eq!(read, [Some(b"two!".to_vec()), None]);
        assert!(!store.root().join(INCOMING).exists());
    }

    #[test]
    fn what_cannot_be_read_leaves_nothing() {
        let world = tempfile::tempdir().unwrap();
        let store = DirectoryStore::at(world.path());
        let missing = NewFile {
            path: "a/y".into(),
            content: FileContent::File(world.path().join("nowhere")),
        };
        let error = store.put_new(&[NewFile::bytes("a/x", "one"), missing]).unwrap_err();
        assert_eq!(error.to_string(), "cannot write a/y of the mirror");
        assert!(tree(&store).is_empty());
    }
}
