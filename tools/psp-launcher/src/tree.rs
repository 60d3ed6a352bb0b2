//! Putting files into the staged workenv.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use pspf_cache::{FileList, FileState, Sum};

use crate::say::Progress;
use crate::sink::{self, PIECE, SinkError};
use crate::system;

/// Why something was not put into the tree.
#[derive(Debug)]
pub enum TreeError {
    /// Reading the packed bytes failed.
    Read(io::Error),
    /// The file system refused.
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another slot put something there, and slots are being unpacked at the same time.
    Overlap,
    /// A parent is no directory, or a directory stands where a file should.
    InTheWay(PathBuf),
    /// The list of files could not be written.
    List(pspf_cache::CacheError),
}

/// What to do where something stands already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Say so: slots are being unpacked at the same time, and which one comes later must not be left to chance.
    Report,
    /// A later file takes the place of an earlier one.
    Replace,
}

/// The tree being filled by one worker.
pub struct Tree<'a> {
    root: &'a Path,
    existing: Existing,
    list: Option<&'a FileList>,
    progress: &'a Progress,
    /// Directories that are known to be real ones.
    known: HashSet<PathBuf>,
    /// Modes for directories, to be set when everything is in place.
    modes: Vec<(PathBuf, u32)>,
    /// Links, to be made when everything is in place where several workers are at it.
    links: Vec<(PathBuf, Vec<u8>)>,
    buffer: Vec<u8>,
    bytes: u64,
}

/// What remains to be done for a slot when all slots are in place.
#[derive(Debug, Default)]
pub struct Rest {
    modes: Vec<(PathBuf, u32)>,
    links: Vec<(PathBuf, Vec<u8>)>,
    /// Bytes written.
    pub bytes: u64,
}

impl<'a> Tree<'a> {
    /// A tree in the directory `root`, which nobody else can write to.
    pub fn new(root: &'a Path, existing: Existing, list: Option<&'a FileList>, progress: &'a Progress) -> Self {
        Tree {
            root,
            existing,
            list,
            progress,
            known: HashSet::new(),
            modes: Vec::new(),
            links: Vec::new(),
            buffer: vec![0; PIECE],
            bytes: 0,
        }
    }

    /// What is left to do; the tree goes on with the next slot.
    pub fn take_rest(&mut self) -> Rest {
        Rest {
            modes: std::mem::take(&mut self.modes),
            links: std::mem::take(&mut self.links),
            bytes: std::mem::take(&mut self.bytes),
        }
    }

    /// Makes a directory and its parents. `mode` is set at the end.
    pub fn directory(&mut self, path: &Path, mode: u32) -> Result<(), TreeError> {
        self.directories(path)?;
        // The owner must be able to fill it, and later to remove it.
        self.modes.push((path.to_owned(), (mode & 0o777) | 0o700));
        Ok(())
    }

    /// Writes a file from `content`, of probably `size` bytes.
    pub fn file(&mut self, path: &Path, mode: u32, content: &mut dyn Read, size: u64) -> Result<(), TreeError> {
        let full = self.room(path)?;
        let file = match system::create_new(&full) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match self.existing {
                Existing::Report => return Err(TreeError::Overlap),
                Existing::Replace => {
                    self.clear(&full)?;
                    system::create_new(&full).map_err(failed("create", &full))?
                }
            },
            result => result.map_err(failed("create", &full))?,
        };
        let copied = sink::copy(content, &file, size, &mut self.buffer, self.progress);
        let sum = copied.map_err(|error| match error {
            SinkError::Read(error) => TreeError::Read(error),
            SinkError::Write(error) => failed("write", &full)(error),
        })?;
        self.bytes += sum.bytes();
        let mode = mode & 0o777;
        if mode != 0o600 {
            // Past the umask, and never more than the permission bits.
            system::set_mode(&file, mode).map_err(failed("set the mode of", &full))?;
        }
        self.note(path, sum, Some(pspf_cache::kept_mode(mode)))
    }

    /// Adds a line to the list of files.
    fn note(&self, path: &Path, sum: Sum, mode: Option<u32>) -> Result<(), TreeError> {
        let Some(list) = self.list else { return Ok(()) };
        list.add(path, &FileState { sum, mode }).map_err(TreeError::List)
    }

    /// Makes a symbolic link, at once or, where other slots are unpacked at the same time, at the end: until then
    /// no link can lead a path astray.
    pub fn link(&mut self, path: &Path, target: &[u8]) -> Result<(), TreeError> {
        let full = self.room(path)?;
        if self.existing == Existing::Report || system::LINKS_NEED_TARGETS {
            self.links.push((path.to_owned(), target.to_owned()));
            return Ok(());
        }
        self.clear(&full)?;
        self.make_link(path, target)
    }

    /// Does what was left for the end, slot by slot.
    pub fn settle(&mut self, rest: &Rest) -> Result<(), TreeError> {
        for (path, target) in &rest.links {
            self.make_link(path, target)?;
        }
        for (path, mode) in &rest.modes {
            let full = self.root.join(path);
            system::set_directory_mode(&full, *mode).map_err(failed("set the mode of", &full))?;
        }
        Ok(())
    }

    fn make_link(&self, path: &Path, target: &[u8]) -> Result<(), TreeError> {
        let full = self.root.join(path);
        match system::make_link(target, &full) {
            Ok(()) => self.note(path, Sum::of(target), None),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(TreeError::Overlap),
            Err(error) => Err(failed("create link", &full)(error)),
        }
    }

    /// Makes the parents of `path` and returns the full path.
    fn room(&mut self, path: &Path) -> Result<PathBuf, TreeError> {
        if let Some(parent) = path.parent() {
            self.directories(parent)?;
        }
        Ok(self.root.join(path))
    }

    /// Makes `path` a directory, with all its parents; none of them may be a link.
    fn directories(&mut self, path: &Path) -> Result<(), TreeError> {
        // From the top, and without recursion: a name may have thousands of parts.
        let unknown = |path: &&Path| !path.as_os_str().is_empty() && !self.known.contains(*path);
        let missing: Vec<&Path> = path.ancestors().take_while(unknown).collect();
        for path in missing.into_iter().rev() {
            self.make_directory(path)?;
            self.known.insert(path.to_owned());
        }
        Ok(())
    }

    fn make_directory(&self, path: &Path) -> Result<(), TreeError> {
        let full = self.root.join(path);
        match system::make_directory(&full) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let found = fs::symlink_metadata(&full).map_err(failed("look at", &full))?;
                if found.is_dir() {
                    Ok(())
                } else {
                    Err(self.in_the_way(path))
                }
            }
            Err(error) => Err(failed("create directory", &full)(error)),
        }
    }

    fn in_the_way(&self, path: &Path) -> TreeError {
        match self.existing {
            Existing::Report => TreeError::Overlap,
            Existing::Replace => TreeError::InTheWay(path.to_owned()),
        }
    }

    /// Removes what stands at `full`, unless it is a directory.
    fn clear(&self, full: &Path) -> Result<(), TreeError> {
        match fs::symlink_metadata(full) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed("look at", full)(error)),
            Ok(found) if found.is_dir() => Err(TreeError::InTheWay(
                full.strip_prefix(self.root).unwrap_or(full).to_owned(),
            )),
            Ok(_) => fs::remove_file(full).map_err(failed("remove", full)),
        }
    }
}

fn failed(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TreeError {
    let path = path.to_owned();
    move |source| TreeError::File { verb, path, source }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::options::Options;
    use crate::say::Say;

    fn with_tree(existing: Existing, work: impl FnOnce(&mut Tree<'_>, &Path)) {
        let world = tempfile::tempdir().unwrap();
        let root = world.path().join("tree");
        fs::create_dir(&root).unwrap();
        let list = FileList::create(world.path().join("files")).unwrap();
        let progress = Say::new(&Options::read(|_| None)).progress("test".into(), 0);
        work(&mut Tree::new(&root, existing, Some(&list), &progress), &root);
    }

    fn put(tree: &mut Tree<'_>, path: &str, mode: u32, text: &str) -> Result<(), TreeError> {
        tree.file(Path::new(path), mode, &mut text.as_bytes(), 0)
    }

    #[test]
    fn set_id_bits_never_reach_a_file() {
        with_tree(Existing::Replace, |tree, root| {
            put(tree, "a/b/x", 0o4755, "x").unwrap();
            tree.directory(Path::new("d"), 0o2000).unwrap();
            let rest = tree.take_rest();
            tree.settle(&rest).unwrap();
            let mode = |path: &str| fs::metadata(root.join(path)).unwrap().mode() & 0o7777;
            assert_eq!((mode("a/b/x"), mode("a"), mode("d")), (0o755, 0o700, 0o700));
        });
    }

    #[test]
    fn later_files_win_one_after_the_other_and_overlap_is_reported_otherwise() {
        with_tree(Existing::Replace, |tree, root| {
            put(tree, "x", 0o600, "first").unwrap();
            put(tree, "x", 0o600, "second").unwrap();
            assert_eq!(fs::read_to_string(root.join("x")).unwrap(), "second");
        });
        with_tree(Existing::Report, |tree, _| {
            put(tree, "x", 0o600, "first").unwrap();
            assert!(matches!(put(tree, "x", 0o600, "second"), Err(TreeError::Overlap)));
        });
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let outside = tempfile::tempdir().unwrap();
        with_tree(Existing::Replace, |tree, root| {
            std::os::unix::fs::symlink(outside.path(), root.join("out")).unwrap();
            assert!(matches!(put(tree, "out/x", 0o600, "x"), Err(TreeError::InTheWay(_))));
            std::os::unix::fs::symlink(outside.path().join("y"), root.join("y")).unwrap();
            put(tree, "y", 0o600, "y").unwrap();
        });
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn links_wait_for_the_end_where_slots_are_unpacked_at_once() {
        with_tree(Existing::Report, |tree, root| {
            tree.link(Path::new("l"), b"d").unwrap();
            assert!(fs::symlink_metadata(root.join("l")).is_err());
            put(tree, "l/x", 0o600, "x").unwrap();
            let rest = tree.take_rest();
            assert!(matches!(tree.settle(&rest), Err(TreeError::Overlap)));
        });
    }

    #[test]
    fn a_directory_is_not_replaced_by_a_file() {
        with_tree(Existing::Replace, |tree, _| {
            put(tree, "d/x", 0o600, "x").unwrap();
            assert!(matches!(put(tree, "d", 0o600, "x"), Err(TreeError::InTheWay(_))));
            assert!(matches!(put(tree, "d/x/y", 0o600, "x"), Err(TreeError::InTheWay(_))));
        });
    }
}
