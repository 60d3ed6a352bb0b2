//! Checked are owner and access list of the folder that holds the entries, and of each entry that is used. Not
//! checked are the directories above: whoever may rename one of them can put another folder there, but that one is not
//! the user's. Nor is looked for what a list grants to single other users, who were named there on purpose.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::acl;
use crate::Flaw;
use crate::error::{CacheError, IoContext};
use crate::windows_path::plain;

/// The path without links. Missing components end the walk: whoever creates them checks the path again.
///
/// # Errors
/// [`CacheError::Unsafe`] names a component that is no directory.
pub fn check_path(path: &Path, _user: u32) -> Result<PathBuf, CacheError> {
    let full = std::path::absolute(path).context("look at", path)?;
    for component in full.ancestors() {
        match fs::metadata(component) {
            Ok(found) if found.is_dir() => {
                // Some volumes know no final paths; then the way there has to do.
                let real = fs::canonicalize(component).unwrap_or_else(|_| component.to_owned());
                let real = real.to_str().and_then(plain).map_or(real, PathBuf::from);
                let rest = full.strip_prefix(component).unwrap_or(Path::new(""));
                return Ok(rest.components().fold(real, |path, part| path.join(part)));
            }
            Ok(_) => return refuse(path, component, Flaw::NoDirectory),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("look at", component),
        }
    }
    Ok(full)
}

fn refuse<T>(cache: &Path, component: &Path, flaw: Flaw) -> Result<T, CacheError> {
    Err(CacheError::Unsafe {
        cache: cache.to_owned(),
        component: component.to_owned(),
        flaw,
    })
}

/// Makes a directory that only this user and the machine's administrators can use, and its parents as usual.
pub fn make_private_path(path: &Path) -> Result<(), CacheError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).context("create directory", parent)?;
    }
    match acl::create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result.context("create directory", path),
    }
}

/// Checks that the directory itself belongs to this user or to the administrators, and that its access list lets none of
/// the groups that everybody is in change it.
pub fn check_private(path: &Path, _user: u32) -> Result<(), CacheError> {
    let found = fs::symlink_metadata(path).context("look at", path)?;
    if !found.is_dir() {
        return refuse(path, path, Flaw::NoDirectory);
    }
    match acl::flaw_of(path).context("read the access list of", path)? {
        Some(flaw) => refuse(path, path, flaw),
        None => Ok(()),
    }
}
