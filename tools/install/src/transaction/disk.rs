//! What is on the disk, compared with what a manifest says.

use std::io;

use binpkg::escape::escape;
use binpkg::manifest::{Entry, EntryKind};
use digest::{HashingReader, Sha256};
use rustix::fs::{FileType, Stat};

use crate::database::Content;
use crate::target_path::TargetPath;
use crate::tree::{Tree, file_type};

/// The permission bits of a mode.
pub(crate) fn permissions(stat: &Stat) -> u32 {
    stat.st_mode & 0o7777
}

/// The digest of a file.
pub(crate) fn digest(tree: &Tree, place: &TargetPath) -> io::Result<Sha256> {
    let mut reader = HashingReader::new(tree.read(place)?);
    io::copy(&mut reader, &mut io::sink())?;
    Ok(reader.finish().0)
}

/// What a file or link consists of; modes and owners are left out. `None` for a directory or something special.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Substance {
    File(Sha256),
    Link(Vec<u8>),
}

impl Substance {
    /// That of a manifest entry.
    pub(crate) fn of_entry(entry: &Entry) -> Option<Self> {
        match &entry.kind {
            EntryKind::File { sha256, .. } => Some(Self::File(*sha256)),
            EntryKind::Link { target } => Some(Self::Link(target.clone())),
            EntryKind::Directory => None,
        }
    }

    /// That of what is on the disk.
    pub(crate) fn on_disk(tree: &Tree, place: &TargetPath, found: &Stat) -> io::Result<Option<Self>> {
        Ok(match file_type(found) {
            FileType::RegularFile => Some(Self::File(digest(tree, place)?)),
            FileType::Symlink => Some(Self::Link(tree.read_link(place)?)),
            _ => None,
        })
    }
}

/// True when what is on the disk is what the entry says: type, bytes, and mode of files.
pub(crate) fn is_identical(tree: &Tree, place: &TargetPath, found: &Stat, entry: &Entry) -> io::Result<bool> {
    match &entry.kind {
        EntryKind::Directory => Ok(file_type(found) == FileType::Directory),
        EntryKind::Link { target } => Ok(file_type(found) == FileType::Symlink && tree.read_link(place)? == *target),
        EntryKind::File { size, sha256 } => Ok(file_type(found) == FileType::RegularFile
            && found.st_size as u64 == *size
            && permissions(found) == entry.mode
            && digest(tree, place)? == *sha256),
    }
}

/// What is at a place, for the history. A file's content is not kept by this.
pub(crate) fn content(tree: &Tree, place: &TargetPath) -> io::Result<Option<Content>> {
    let Some(found) = tree.stat(place)? else {
        return Ok(Some(Content::Missing));
    };
    Ok(match file_type(&found) {
        FileType::RegularFile => Some(Content::File {
            sha256: digest(tree, place)?,
            size: found.st_size as u64,
            mode: permissions(&found),
            uid: found.st_uid,
            gid: found.st_gid,
        }),
        FileType::Symlink => Some(Content::Link {
            target: escape(&tree.read_link(place)?),
        }),
        _ => None,
    })
}
