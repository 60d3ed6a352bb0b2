//! Opening paths of the workenv without leaving it, whatever a program or a link has done to it since.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, mkdirat, openat};

/// Checks that `relative` below `root` is a directory that no link leads to.
///
/// # Errors
/// What the system said; a link on the way is "not a directory" or "too many levels of symbolic links".
pub fn check_directory(root: &Path, relative: &Path) -> io::Result<()> {
    directory(root, relative, false).map(drop)
}

/// Makes or empties the file `relative` below `root`, going through no link, and makes its parents.
///
/// # Errors
/// What the system said.
pub fn create(root: &Path, relative: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC;
    file(root, relative, flags, true)
}

/// Opens the file `relative` below `root`, going through no link, to change its mode.
///
/// # Errors
/// What the system said.
pub fn open(root: &Path, relative: &Path) -> io::Result<File> {
    file(root, relative, OFlags::RDONLY | OFlags::NONBLOCK, false)
}

/// Opens the directory `relative` below `root`, going through no link; with `create` makes what is missing.
fn directory(root: &Path, relative: &Path, create: bool) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut here = rustix::fs::open(root, flags, Mode::empty())?;
    for part in relative.components() {
        let Component::Normal(name) = part else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if create {
            match mkdirat(&here, name, Mode::RWXU) {
                Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        here = openat(&here, name, flags, Mode::empty())?;
    }
    Ok(here)
}

/// Opens the file `relative` below `root` with `flags`, going through no link; with `create` makes parents too.
fn file(root: &Path, relative: &Path, flags: OFlags, create: bool) -> io::Result<File> {
    let (parent, name) = split(relative)?;
    let parent = directory(root, &parent, create)?;
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(&parent, name, flags, Mode::RUSR | Mode::WUSR)?.into())
}

fn split(relative: &Path) -> io::Result<(PathBuf, PathBuf)> {
    match (relative.parent(), relative.file_name()) {
        (Some(parent), Some(name)) => Ok((parent.to_owned(), name.into())),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_link_is_followed() {
        let (world, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(outside.path(), world.path().join("out")).unwrap();
        symlink(outside.path().join("x"), world.path().join("x")).unwrap();
        for path in ["out/x", "x", "out/a/b", "../x"] {
            assert!(create(world.path(), Path::new(path)).is_err(), "{path}");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        create(world.path(), Path::new("a/b/c")).unwrap();
        assert!(world.path().join("a/b/c").is_file());
    }
}
