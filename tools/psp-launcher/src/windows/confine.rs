//! Opening paths of the workenv without leaving it.
//!
//! Every part is looked at before the next one is gone into. There is no opening relative to an open directory, so a
//! program of the same user that exchanges directories meanwhile is not defended against.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES, SYNCHRONIZE,
};

/// Checks that `relative` below `root` is a directory that no link leads to.
///
/// # Errors
/// What the system said; a link on the way is "not a directory".
pub fn check_directory(root: &Path, relative: &Path) -> io::Result<()> {
    directory(root, relative, false).map(drop)
}

/// Makes or empties the file `relative` below `root`, going through no link, and makes its parents.
///
/// # Errors
/// What the system said.
pub fn create(root: &Path, relative: &Path) -> io::Result<File> {
    let path = place(root, relative, true)?;
    // Emptied only when it was seen to be a file.
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    let file = only_file(options.open(path)?)?;
    file.set_len(0)?;
    Ok(file)
}

/// Opens the file `relative` below `root`, going through no link, to change its mode.
///
/// # Errors
/// What the system said.
pub fn open(root: &Path, relative: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .access_mode(FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    only_file(options.open(place(root, relative, false)?)?)
}

fn only_file(file: File) -> io::Result<File> {
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "expected a file, found something else",
        )),
    }
}

/// The full path of `relative`, whose parents are directories.
fn place(root: &Path, relative: &Path, create: bool) -> io::Result<PathBuf> {
    match (relative.parent(), relative.components().next_back()) {
        (Some(parent), Some(Component::Normal(name))) => Ok(directory(root, parent, create)?.join(name)),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

fn directory(root: &Path, relative: &Path, create: bool) -> io::Result<PathBuf> {
    let mut here = root.to_owned();
    for part in relative.components() {
        let Component::Normal(name) = part else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        here.push(name);
        match fs::symlink_metadata(&here) {
            Err(error) if create && error.kind() == io::ErrorKind::NotFound => fs::create_dir(&here)?,
            Err(error) => return Err(error),
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(io::ErrorKind::NotADirectory.into()),
        }
    }
    Ok(here)
}
