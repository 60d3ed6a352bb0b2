//! Removing a tree that somebody else shaped.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::error::{CacheError, IoContext};

/// Removes `path` and everything below it, following no link. A directory that its owner may not write to (packages
/// ship such) is opened first. What is not there is not missed.
///
/// # Errors
/// The first entry that cannot be removed.
pub fn remove_tree(path: &Path) -> Result<(), CacheError> {
    let attempt = || match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    };
    match attempt() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_directories(path).context("open directory", path)?;
            attempt().context("remove", path)
        }
        result => result.context("remove", path),
    }
}

/// Gives the owner all rights to every directory of the tree, parents first.
fn open_directories(top: &Path) -> io::Result<()> {
    // A list instead of recursion: a tree may be deeper than the stack.
    let mut waiting = vec![top.to_owned()];
    while let Some(directory) = waiting.pop() {
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700))?;
        for child in fs::read_dir(&directory)? {
            let child = child?;
            if child.file_type()?.is_dir() {
                waiting.push(child.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_directories_and_links_go_and_what_they_point_to_stays() {
        let world = tempfile::tempdir().unwrap();
        let (kept, top) = (world.path().join("kept"), world.path().join("top"));
        fs::create_dir_all(top.join("closed/inner")).unwrap();
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("file"), "").unwrap();
        std::os::unix::fs::symlink(&kept, top.join("closed/link")).unwrap();
        fs::set_permissions(top.join("closed"), fs::Permissions::from_mode(0o500)).unwrap();
        remove_tree(&top).unwrap();
        assert!(!top.exists());
        assert!(kept.join("file").exists());
        remove_tree(&top).unwrap();
    }
}
