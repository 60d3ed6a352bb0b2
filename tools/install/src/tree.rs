//! The files of the target, by paths that never leave its root.
//!
//! A directory is opened part by part, each below the one before and none through a link, and its descriptor is kept: what
//! is done in it afterwards needs one part of a path, which is also the quickest. Links of the target are followed by
//! [`Resolver`](crate::resolver::Resolver) alone, which gives paths without links.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;

use crate::target_path::TargetPath;

/// Descriptors that are kept; a process may have 1024 by default.
const KEPT: usize = 256;

/// A root, and descriptors of directories in it.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    top: Arc<OwnedFd>,
    open: Mutex<HashMap<TargetPath, Arc<OwnedFd>>>,
}

/// How directories are opened.
const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Tree {
    /// Opens the root, which may itself be reached through links.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let top = rustix::fs::open(root, flags, Mode::empty())?;
        Ok(Self {
            root: root.to_owned(),
            top: Arc::new(top),
            open: Mutex::default(),
        })
    }

    /// Where `path` is on this machine, for messages.
    pub(crate) fn name(&self, path: &TargetPath) -> PathBuf {
        path.under(&self.root)
    }

    /// The directory at `path`.
    pub(crate) fn directory(&self, path: &TargetPath) -> io::Result<Arc<OwnedFd>> {
        let Some((parent, name)) = path.split() else {
            return Ok(self.top.clone());
        };
        if let Some(open) = self.kept().get(path) {
            return Ok(open.clone());
        }
        let parent = self.directory(&TargetPath::root().join(parent))?;
        let open = Arc::new(rustix::fs::openat(&parent, name, DIRECTORY, Mode::empty())?);
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(path.clone(), open.clone());
        Ok(open)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<TargetPath, Arc<OwnedFd>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all descriptors: after a rename a path may mean another directory.
    pub(crate) fn forget(&self) {
        self.kept().clear();
    }

    /// Calls `work` with the directory that holds `path` and its name there.
    pub(crate) fn within<T>(
        &self,
        path: &TargetPath,
        work: impl FnOnce(BorrowedFd<'_>, &OsStr) -> rustix::io::Result<T>,
    ) -> io::Result<T> {
        let (parent, name) = path.split().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = self.directory(&TargetPath::root().join(parent))?;
        Ok(work(parent.as_fd(), OsStr::from_bytes(name))?)
    }

    /// What is at `path`, no link followed; `None` for nothing, also below something that is no directory.
    pub(crate) fn stat(&self, path: &TargetPath) -> io::Result<Option<Stat>> {
        let found = if path.is_root() {
            rustix::fs::fstat(&self.top).map_err(io::Error::from)
        } else {
            self.within(path, |parent, name| {
                rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)
            })
        };
        absent(found)
    }

    /// The target of the link at `path`.
    pub(crate) fn read_link(&self, path: &TargetPath) -> io::Result<Vec<u8>> {
        self.within(path, |parent, name| rustix::fs::readlinkat(parent, name, Vec::new()))
            .map(std::ffi::CString::into_bytes)
    }

    /// Opens the file at `path` for reading.
    pub(crate) fn read(&self, path: &TargetPath) -> io::Result<std::fs::File> {
        // Without blocking: what is no regular file any more, such as a FIFO, must not hold us up.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        self.within(path, |parent, name| {
            rustix::fs::openat(parent, name, flags, Mode::empty())
        })
        .map(Into::into)
    }

    /// Gives `from` the name `to`, in the place of a file that has it.
    pub(crate) fn rename(&self, from: &TargetPath, to: &TargetPath) -> io::Result<()> {
        self.within(from, |parent, name| {
            let (to_parent, to_name) = to.split().ok_or(Errno::INVAL)?;
            if from.split().map(|(parent, _)| parent) == Some(to_parent) {
                return rustix::fs::renameat(parent, name, parent, to_name);
            }
            let other = self
                .directory(&TargetPath::root().join(to_parent))
                .map_err(|error| errno(&error))?;
            rustix::fs::renameat_with(parent, name, &other, to_name, RenameFlags::empty())
        })
    }

    /// Makes a directory that only we can enter.
    pub(crate) fn make_directory(&self, path: &TargetPath) -> io::Result<()> {
        self.within(path, |parent, name| rustix::fs::mkdirat(parent, name, Mode::RWXU))
    }

    /// Removes what is no directory; true when there was something.
    pub(crate) fn remove(&self, path: &TargetPath) -> io::Result<bool> {
        let removed = self.within(path, |parent, name| {
            rustix::fs::unlinkat(parent, name, AtFlags::empty())
        });
        absent(removed).map(|removed| removed.is_some())
    }

    /// Removes an empty directory; true when there is none any more.
    pub(crate) fn remove_directory(&self, path: &TargetPath) -> io::Result<bool> {
        let removed = self.within(path, |parent, name| {
            rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)
        });
        self.forget();
        match absent(removed) {
            Ok(_) => Ok(true),
            // POSIX allows both for a directory that is not empty; the last is a mount point.
            Err(error) if [Errno::NOTEMPTY, Errno::EXIST, Errno::BUSY].contains(&errno(&error)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Names in the directory at `path`.
    pub(crate) fn list(&self, path: &TargetPath) -> io::Result<Vec<Vec<u8>>> {
        let directory = self.directory(path)?;
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(&directory)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(name.to_vec());
            }
        }
        Ok(names)
    }

    /// Removes whatever is at `path`, with everything in it.
    pub(crate) fn remove_all(&self, path: &TargetPath) -> io::Result<()> {
        match self.stat(path)? {
            None => Ok(()),
            Some(found) if is_directory(&found) => {
                for name in self.list(path)? {
                    self.remove_all(&path.join(&name))?;
                }
                self.remove_directory(path).map(drop)
            }
            Some(_) => self.remove(path).map(drop),
        }
    }
}

/// Nothing there is an answer, not an error.
fn absent<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        // A parent that is missing, a file, or a link.
        Err(error) if [Errno::NOENT, Errno::NOTDIR, Errno::LOOP].contains(&errno(&error)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// True for a directory.
pub(crate) fn is_directory(stat: &Stat) -> bool {
    file_type(stat) == FileType::Directory
}

/// What kind of file it is.
pub(crate) fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}
