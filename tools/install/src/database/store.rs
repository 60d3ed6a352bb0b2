//! Files that were replaced or removed, by the digest of their content, kept for rollback.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use digest::{HashingReader, Sha256};
use rustix::fs::{AtFlags, CWD};

use crate::target_path::TargetPath;
use crate::tree::Tree;

/// `store/<aa>/<sha256>`.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    directory: PathBuf,
}

impl Store {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where a content is, if it is there.
    pub(crate) fn path(&self, sha256: &Sha256) -> PathBuf {
        let name = sha256.hex();
        self.directory.join(&name[..2]).join(&name)
    }

    /// Takes the content of the file at `place`: a second name of the same file where that is possible, which costs no
    /// space, else a copy. Returns its digest and size.
    pub(crate) fn take(&self, tree: &Tree, place: &TargetPath) -> io::Result<(Sha256, u64)> {
        let mut reader = HashingReader::new(tree.read(place)?);
        io::copy(&mut reader, &mut io::sink())?;
        let (sha256, size) = reader.finish();
        let to = self.make_room(&sha256)?;
        let linked = tree.within(place, |parent, name| {
            rustix::fs::linkat(parent, name, CWD, &to, AtFlags::empty())
        });
        match linked {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // Another file system, a file of somebody else, too many names.
            Err(_) => copy_file(&mut tree.read(place)?, &to)?,
        }
        Ok((sha256, size))
    }

    /// Takes bytes.
    pub(crate) fn put(&self, bytes: &[u8]) -> io::Result<Sha256> {
        let sha256 = Sha256::of(bytes);
        let to = self.make_room(&sha256)?;
        if !to.exists() {
            copy_file(&mut &bytes[..], &to)?;
        }
        Ok(sha256)
    }

    fn make_room(&self, sha256: &Sha256) -> io::Result<PathBuf> {
        let to = self.path(sha256);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(to)
    }

    /// Makes the directories that [`Store::take_over`] will need.
    pub(crate) fn make_room_for(&self, other: &Store) -> io::Result<()> {
        let files = other.files()?;
        let digests: BTreeSet<_> = files.iter().filter_map(|path| digest_of(path)).collect();
        digests.iter().try_for_each(|sha256| self.make_room(sha256).map(drop))
    }

    /// Moves everything from another store on the same file system to here. Can be repeated.
    pub(crate) fn take_over(&self, other: &Store) -> io::Result<()> {
        for path in other.files()? {
            let Some(sha256) = digest_of(&path) else { continue };
            fs::rename(&path, self.make_room(&sha256)?)?;
        }
        Ok(())
    }

    /// Removes every content that nobody names any more; returns how many bytes that were.
    pub(crate) fn keep_only(&self, named: impl Fn(&Sha256) -> bool) -> io::Result<u64> {
        let mut freed = 0;
        for path in self.files()? {
            if digest_of(&path).is_none_or(|sha256| !named(&sha256)) {
                freed += fs::symlink_metadata(&path)?.len();
                fs::remove_file(&path)?;
            }
        }
        Ok(freed)
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for directory in list(&self.directory)? {
            files.extend(list(&directory)?);
        }
        Ok(files)
    }
}

fn digest_of(path: &Path) -> Option<Sha256> {
    path.file_name()?.to_str()?.parse().ok()
}

fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Copies a content to a new file, whole or not at all.
fn copy_file(from: &mut dyn io::Read, to: &Path) -> io::Result<()> {
    let beside = to.with_extension("part");
    let copied = File::create(&beside).and_then(|mut file| {
        io::copy(from, &mut file)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        fs::rename(&beside, to)
    });
    if copied.is_err() {
        let _ = fs::remove_file(&beside);
    }
    copied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_by_digest() {
        let world = tempfile::tempdir().unwrap();
        fs::write(world.path().join("x"), "hello\n").unwrap();
        let tree = Tree::open(world.path()).unwrap();
        let store = Store::new(world.path().join("journal/store"));
        let (sha256, size) = store.take(&tree, &TargetPath::root().join(b"x")).unwrap();
        assert_eq!((sha256, size), (Sha256::of(b"hello\n"), 6));
        // Twice is once.
        store.take(&tree, &TargetPath::root().join(b"x")).unwrap();
        let other = store.put(b"other").unwrap();
        let kept = Store::new(world.path().join("store"));
        kept.take_over(&store).unwrap();
        kept.take_over(&store).unwrap();
        assert_eq!(fs::read(kept.path(&sha256)).unwrap(), b"hello\n");
        assert_eq!(fs::read(kept.path(&other)).unwrap(), b"other");
        assert_eq!(kept.keep_only(|named| *named == sha256).unwrap(), 5);
        assert!(kept.path(&sha256).exists() && !kept.path(&other).exists());
    }
}
