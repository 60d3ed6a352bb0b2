//! The file system as manifest entries. Of a mode only the executable bits count, of owners and times nothing.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use digest::{HashingReader, Sha256};

use super::{PayloadError, Placement};
use crate::manifest::{Entry, EntryKind, Grants, PayloadPath};

/// Adds everything below `root`, whose top goes to the directory `place`; `None` is the top of the package.
pub(super) fn tree(root: &Path, place: Option<&PayloadPath>, entries: &mut Vec<Entry>) -> Result<(), PayloadError> {
    if let Some(place) = place {
        parents(place, entries);
        entries.push(plain(place.clone(), EntryKind::Directory, 0o755));
    }
    let mut open = vec![(root.to_owned(), place.cloned())];
    while let Some((directory, place)) = open.pop() {
        let listing = fs::read_dir(&directory).map_err(PayloadError::file("list", &directory))?;
        for item in listing {
            let item = item.map_err(PayloadError::file("list", &directory))?;
            let file = item.path();
            let name = |source| PayloadError::Name {
                path: file.clone(),
                source,
            };
            let path = PayloadPath::join(place.as_ref(), item.file_name().as_encoded_bytes()).map_err(name)?;
            let entry = entry(&file, path)?;
            if entry.kind == EntryKind::Directory {
                open.push((file, Some(entry.path.clone())));
            }
            entries.push(entry);
        }
    }
    Ok(())
}

/// Adds one file at its place, and the directories above it.
pub(super) fn file(
    file: &Path,
    found: &Metadata,
    placement: &Placement<'_>,
    entries: &mut Vec<Entry>,
) -> Result<(), PayloadError> {
    let base = file.file_name().unwrap_or_default().as_encoded_bytes();
    let place = match placement.place {
        Some(path) => path.clone(),
        None => {
            let usual = if is_executable(found, file) {
                [b"bin/", base].concat()
            } else {
                [b"share/", placement.name.as_str().as_bytes(), b"/", base].concat()
            };
            PayloadPath::new(usual).map_err(|source| PayloadError::Name {
                path: file.to_owned(),
                source,
            })?
        }
    };
    parents(&place, entries);
    entries.push(regular(file, found, place)?);
    Ok(())
}

/// Adds the directories above a path.
fn parents(path: &PayloadPath, entries: &mut Vec<Entry>) {
    let mut parent = path.parent();
    while let Some(directory) = parent {
        parent = directory.parent();
        entries.push(plain(directory, EntryKind::Directory, 0o755));
    }
}

fn entry(file: &Path, path: PayloadPath) -> Result<Entry, PayloadError> {
    let found = fs::symlink_metadata(file).map_err(PayloadError::file("look at", file))?;
    if found.is_dir() {
        return Ok(plain(path, EntryKind::Directory, 0o755));
    }
    if found.is_symlink() {
        let target = fs::read_link(file).map_err(PayloadError::file("read the link", file))?;
        let target = target.as_os_str().as_encoded_bytes().to_vec();
        return Ok(plain(path, EntryKind::Link { target }, 0o777));
    }
    regular(file, &found, path)
}

fn regular(file: &Path, found: &Metadata, path: PayloadPath) -> Result<Entry, PayloadError> {
    if !found.is_file() {
        return Err(PayloadError::Special { path: file.to_owned() });
    }
    let (sha256, size) = digest(file)?;
    let mode = if is_executable(found, file) { 0o755 } else { 0o644 };
    Ok(plain(path, EntryKind::File { size, sha256 }, mode))
}

/// Digest and length of a file.
pub(super) fn digest(file: &Path) -> Result<(Sha256, u64), PayloadError> {
    let mut reader = HashingReader::new(File::open(file).map_err(PayloadError::file("open", file))?);
    io::copy(&mut reader, &mut io::sink()).map_err(PayloadError::file("read", file))?;
    Ok(reader.finish())
}

fn plain(path: PayloadPath, kind: EntryKind, mode: u32) -> Entry {
    Entry {
        path,
        kind,
        mode,
        grants: Grants::default(),
    }
}

#[cfg(unix)]
fn is_executable(found: &Metadata, _: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    found.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata, path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("exe"))
}

/// The end of a payload path as this system spells paths.
#[cfg(unix)]
pub(crate) fn native(path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(path))
}

#[cfg(not(unix))]
pub(crate) fn native(path: &[u8]) -> PathBuf {
    // Paths come from this system's own names here, so nothing is lost.
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}
