//! Puts contents from the store at their places, as links to the blobs or as copies.

use crate::exec::entry::Entry;
use crate::exec::files;
use crate::exec::store::Store;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// How files get to their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// Hard links to the blobs: only where nobody can write through them.
    Link,
    /// Copies with the modes and times of the blobs.
    Copy,
    /// Copies with the time of the copying, for people. Directories are old, so that each change of one shows, however soon.
    Fresh,
}

/// Makes `entry` stand at `path`, where nothing is yet; parents are made.
///
/// # Errors
/// Content that the store has lost, or the operating system's.
pub fn place(entry: &Entry, path: &Path, store: &Store, means: Means) -> Result<()> {
    files::make_parent(path)?;
    put(entry, path, store, means)
}

fn put(entry: &Entry, path: &Path, store: &Store, means: Means) -> Result<()> {
    match entry {
        Entry::File(file) => {
            let blob = store.fetch(file)?;
            let made = match means {
                Means::Link => link_or_copy(&blob, path, file.executable),
                Means::Copy => copy(&blob, path).and_then(|()| files::normalize(path, file.executable)),
                Means::Fresh => copy(&blob, path),
            };
            made.with_context(|| format!("cannot place {}", path.display()))
        }
        Entry::Link(target) => std::os::unix::fs::symlink(&**target, path)
            .with_context(|| format!("cannot make the link {}", path.display())),
        Entry::Dir(tree) => {
            fs::create_dir(path).with_context(|| format!("cannot create the directory {}", path.display()))?;
            tree.entries()
                .iter()
                .try_for_each(|(name, entry)| put(entry, &path.join(name), store, means))?;
            if means == Means::Fresh {
                files::age(path).with_context(|| format!("cannot set the time of {}", path.display()))?;
            }
            Ok(())
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    Ok(fs::copy(from, to).map(drop)?)
}

/// A file system has a limit of links to one file; the rest are copies.
fn link_or_copy(from: &Path, to: &Path, executable: bool) -> Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::TooManyLinks => {
            copy(from, to).and_then(|()| files::normalize(to, executable))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn links_share_the_blob_and_copies_do_not() {
        let world = tempfile::tempdir().unwrap();
        let store = Store::new(&world.path().join("cache"));
        let file = store.insert(b"x").unwrap();
        let tree = Entry::dir(
            [
                ("f".to_owned(), Entry::File(file)),
                ("l".to_owned(), Entry::Link("f".into())),
                ("d".into(), Entry::dir([].into())),
            ]
            .into(),
        );
        for (name, means, links) in [("a", Means::Link, 2), ("b", Means::Copy, 2), ("c", Means::Fresh, 2)] {
            let path = world.path().join("deep").join(name);
            place(&tree, &path, &store, means).unwrap();
            assert_eq!(fs::read(path.join("l")).unwrap(), b"x");
            assert!(path.join("d").is_dir());
            let metadata = fs::metadata(path.join("f")).unwrap();
            assert_eq!(metadata.nlink(), if means == Means::Link { links } else { 1 });
            let old = i64::try_from(files::EPOCH.as_secs()).unwrap();
            assert_eq!(metadata.mtime() == old, means != Means::Fresh);
            let directory = fs::metadata(&path).unwrap();
            assert_eq!(directory.mtime() == old, means == Means::Fresh);
        }
    }
}
