//! Puts new files where they are prepared: in one pass from the tarball, every byte compared with the manifest on the way.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

use binpkg::escape::unescape;
use binpkg::manifest::{Entry, EntryKind, Manifest, PayloadPath};
use binpkg::tarball::{Contents, ReadLimits, Sink, read};
use digest::{HashingReader, Sha256};
use rustix::fs::{AtFlags, Gid, Uid};

use super::Bytes;
use super::check::{Action, Package};
use super::grants::{Rights, is_root};
use super::writer::{Queue, give, write_behind, write_file};
use crate::database::{Content, Database};
use crate::error::{At, InstallError};
use crate::place::kind_of;
use crate::target_path::TargetPath;
use crate::tree::Tree;

/// Prepares what a package brings.
pub(super) fn stage(database: &Database, package: &Package, done: &mut dyn FnMut(u64)) -> Result<(), InstallError> {
    let incoming = &package.install.incoming;
    match &incoming.bytes {
        Bytes::Store => take_from_store(database, package, done),
        Bytes::Tarball(tarball) => write_behind(database.tree(), package.installed.origin.time, |queue| {
            let mut staging = Staging {
                tree: database.tree(),
                queue,
                manifest: &incoming.manifest,
                actions: &package.actions,
                done,
            };
            let refused = |source| InstallError::Tarball {
                tarball: tarball.clone(),
                source: Box::new(source),
            };
            let file = File::open(tarball).at("open", tarball)?;
            let found = read(file, ReadLimits::default(), &mut staging).map_err(refused)?;
            // What was planned is what was looked at before.
            let (manifest, computed) = match found.contents {
                Contents::Listed(manifest) => (manifest, false),
                Contents::Computed(manifest) => (manifest, true),
            };
            if found.metadata != incoming.metadata || manifest != incoming.manifest || computed != incoming.computed {
                return Err(InstallError::Changed {
                    tarball: tarball.clone(),
                });
            }
            Ok(())
        }),
    }
}

/// Opens a content of the store; one that is missing is `not_stored`.
fn open_stored(
    database: &Database,
    sha256: &Sha256,
    not_stored: impl Fn() -> InstallError,
) -> Result<File, InstallError> {
    let path = database.store().path(sha256);
    match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(not_stored()),
        opened => opened.at("open", path),
    }
}

/// Prepares a file of nobody that comes back.
pub(super) fn stage_content(database: &Database, place: &TargetPath, content: &Content) -> Result<(), InstallError> {
    let tree = database.tree();
    let failed = tree.name(place);
    match content {
        Content::Missing => Ok(()),
        Content::Link { target } => {
            let target = unescape(target)
                .ok_or(io::ErrorKind::InvalidData)
                .at("read the target of", &failed)?;
            write_link(tree, place, &target, None).at("create", failed)
        }
        Content::File {
            sha256, mode, uid, gid, ..
        } => {
            let not_stored = || InstallError::NotStored {
                path: place.clone(),
                sha256: *sha256,
            };
            let stored = open_stored(database, sha256, not_stored)?;
            let mut content = HashingReader::new(stored);
            let rights = Rights {
                mode: *mode,
                owner: is_root().then_some((*uid, *gid)),
                capabilities: None,
            };
            write_file(tree, place, &rights, None, &mut content).at("write", failed)?;
            if content.finish().0 != *sha256 {
                return Err(not_stored());
            }
            Ok(())
        }
    }
}

/// Makes the new directories, so that only we can enter them for the time being.
pub(super) fn make_directories(tree: &Tree, directories: &[(TargetPath, Rights)]) -> Result<(), InstallError> {
    for (place, _) in directories {
        tree.make_directory(place).at("create", tree.name(place))?;
    }
    Ok(())
}

/// Gives the new directories their modes and owners, when nothing is written into them any more.
pub(super) fn finish_directories(tree: &Tree, directories: &[(TargetPath, Rights)]) -> Result<(), InstallError> {
    for (place, rights) in directories.iter().rev() {
        let failed = tree.name(place);
        let directory = tree.directory(place).at("open", &failed)?;
        give(directory.as_fd(), rights, None).at("set the mode of", &failed)?;
    }
    Ok(())
}

/// Prepares what a package had that was installed once.
fn take_from_store(database: &Database, package: &Package, done: &mut dyn FnMut(u64)) -> Result<(), InstallError> {
    let tree = database.tree();
    let entries = package.install.incoming.manifest.entries();
    let time = package.installed.origin.time;
    for (entry, action) in entries.iter().zip(&package.actions) {
        let (place, rights) = match action {
            Action::Write(place, rights) => (place, rights),
            Action::Restore(place, content) => {
                stage_content(database, place, content)?;
                continue;
            }
            Action::Nothing => continue,
        };
        match &entry.kind {
            EntryKind::Directory => {}
            EntryKind::Link { target } => {
                write_link(tree, place, target, rights.owner).at("create", tree.name(place))?;
            }
            EntryKind::File { sha256, size } => {
                let not_stored = || InstallError::NotStored {
                    path: package.install_path(database, entry),
                    sha256: *sha256,
                };
                let stored = open_stored(database, sha256, not_stored)?;
                let mut content = HashingReader::new(stored);
                write_file(tree, place, rights, Some(time), &mut content).at("write", tree.name(place))?;
                if content.finish().0 != *sha256 {
                    return Err(not_stored());
                }
                done(*size);
            }
        }
    }
    Ok(())
}

struct Staging<'a, 'q> {
    tree: &'a Tree,
    queue: &'q mut Queue<'a>,
    manifest: &'a Manifest,
    actions: &'a [Action],
    done: &'q mut dyn FnMut(u64),
}

impl<'a> Staging<'a, '_> {
    /// Where an entry is prepared, unless nothing is done with it.
    fn target(&self, path: &PayloadPath) -> Option<(&'a TargetPath, &'a Rights)> {
        let entries = self.manifest.entries();
        let index = entries.binary_search_by(|entry| entry.path.cmp(path)).ok()?;
        match self.actions.get(index)? {
            Action::Write(place, rights) => Some((place, rights)),
            Action::Restore(..) | Action::Nothing => None,
        }
    }
}

impl Package {
    fn install_path(&self, database: &Database, entry: &Entry) -> TargetPath {
        database.place().map(kind_of(&self.installed.metadata), &entry.path)
    }
}

impl Sink for Staging<'_, '_> {
    fn directory(&mut self, _: &Entry) -> io::Result<()> {
        // They were all made before.
        Ok(())
    }

    fn file(&mut self, path: &PayloadPath, _: u32, content: &mut dyn Read) -> io::Result<()> {
        let Some((place, rights)) = self.target(path) else {
            return Ok(());
        };
        let size = self.queue.file(place, rights, content)?;
        (self.done)(size);
        Ok(())
    }

    fn link(&mut self, path: &PayloadPath, target: &[u8]) -> io::Result<()> {
        let Some((place, rights)) = self.target(path) else {
            return Ok(());
        };
        write_link(self.tree, place, target, rights.owner)
    }

    fn hard_link(&mut self, path: &PayloadPath, earlier: &PayloadPath) -> io::Result<()> {
        let Some((place, rights)) = self.target(path) else {
            return Ok(());
        };
        let Some((from, _)) = self.target(earlier) else {
            return Err(io::Error::other("a second name of a file that is not written itself"));
        };
        // In the order of the queue: the first file is whole before the second one is begun.
        self.queue.copy(place, rights, from)
    }
}

fn write_link(tree: &Tree, place: &TargetPath, target: &[u8], owner: Option<(u32, u32)>) -> io::Result<()> {
    tree.within(place, |parent, name| {
        rustix::fs::symlinkat(OsStr::from_bytes(target), parent, name)?;
        match owner {
            Some((uid, gid)) => {
                let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
                rustix::fs::chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)
            }
            None => Ok(()),
        }
    })
}
