//! Removing a tree that somebody else shaped.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::{CacheError, IoContext};
use crate::system;

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
            system::open_up(path).context("open directory", path)?;
            attempt().context("remove", path)
        }
        result => result.context("remove", path),
    }
}
