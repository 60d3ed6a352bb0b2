//! The file system as manifest entries. Of a mode only the executable bits count, of owners and times nothing.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use digest::{HashingReader, Sha256};

use super::{PayloadError, Placement};
use crate::manifest::{Entry, EntryKind, Grants, PayloadPath};
use crate::metadata::LayoutKind;

/// Adds everything below `root`, and says what kind of tree it looks like.
pub(super) fn tree(root: &Path, entries: &mut Vec<Entry>) -> Result<LayoutKind, PayloadError> {
    let mut open = vec![(root.to_owned(), None::<PayloadPath>)];
    let mut top = Vec::new();
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
                if place.is_none() {
                    top.push(entry.path.file_name().to_vec());
                }
                open.push((file, Some(entry.path.clone())));
            }
            entries.push(entry);
        }
    }
    Ok(LayoutKind::of_tree(top.iter().map(Vec::as_slice)))
}

/// Adds one file, and the directories above its place.
pub(super) fn file(
    file: &Path,
    found: &Metadata,
    placement: &Placement<'_>,
    entries: &mut Vec<Entry>,
) -> Result<(), PayloadError> {
    let name = |source| PayloadError::Name {
        path: file.to_owned(),
        source,
    };
    let base = file.file_name().unwrap_or_default().as_encoded_bytes();
    let place = match placement.file_path {
        Some(path) => path.as_bytes().to_vec(),
        None if is_executable(found, file) => [b"bin/", base].concat(),
        None => [b"share/", placement.name.as_str().as_bytes(), b"/", base].concat(),
    };
    let path = PayloadPath::new(place).map_err(name)?;
    let mut parent = path.parent();
    while let Some(directory) = parent {
        parent = directory.parent();
        entries.push(plain(directory, EntryKind::Directory, 0o755));
    }
    entries.push(regular(file, found, path)?);
    Ok(())
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

/// A payload path as this system spells paths.
#[cfg(unix)]
pub(super) fn native(path: &PayloadPath) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(path.as_bytes()))
}

#[cfg(not(unix))]
pub(super) fn native(path: &PayloadPath) -> PathBuf {
    // Paths come from this system's own names here, so nothing is lost.
    PathBuf::from(String::from_utf8_lossy(path.as_bytes()).into_owned())
}
