//! The files of packages on a mirror.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use binpkg::index::Record;
use binpkg::sidecar::Sidecar;

use super::next::Described;
use super::store::{FileContent, NewFile, Store, StoreError};
use crate::local_package::{LocalPackage, beside};

/// Where a package lies below `binaries/`.
pub(crate) fn place(package: &LocalPackage) -> String {
    let sidecar = &package.checked.sidecar;
    format!("{}/{}", sidecar.package.letter(), sidecar.file)
}

/// Puts the files of packages in place, sidecars last: where one is, everything of its package is.
pub(super) fn put(store: &dyn Store, packages: &[LocalPackage]) -> Result<(), StoreError> {
    let (mut files, mut sidecars, mut renewed) = (Vec::new(), Vec::new(), Vec::new());
    let mut there = sidecars_of(store, packages)?;
    for package in packages {
        let path = place(package);
        let file = |suffix: &str| NewFile {
            path: format!("{path}{suffix}"),
            content: FileContent::File(beside(&package.tarball, suffix)),
        };
        files.push(file(""));
        if package.recipe.is_some() {
            files.push(file(".recipe.json"));
        }
        let sidecar = &package.checked.sidecar;
        let is_renamed = package.tarball.file_name() != Some(OsStr::new(&sidecar.file));
        match there.remove(&path) {
            // Left by a publication that was interrupted, or the other half of a mirror that is being copied: it keeps its signatures.
            Some(old) => {
                let mut both = old.clone();
                sidecar
                    .signatures
                    .iter()
                    .cloned()
                    .for_each(|line| both.add_signature(line));
                if both != old {
                    renewed.push(NewFile::bytes(format!("{path}.sha256"), both.to_string()));
                }
            }
            // It names the file, which has another name on the mirror than here.
            None if is_renamed => sidecars.push(NewFile::bytes(format!("{path}.sha256"), sidecar.to_string())),
            None => sidecars.push(file(".sha256")),
        }
    }
    files.extend(sidecars);
    store.put_new(&files)?;
    if renewed.is_empty() {
        return Ok(());
    }
    store.replace(&renewed)
}

/// Hashes what the mirror has now of tarballs and recipes.
pub(super) fn read_back(store: &dyn Store, packages: &[LocalPackage]) -> Result<(), StoreError> {
    let mut expected = Vec::new();
    for package in packages {
        let path = place(package);
        let recipe = package.checked.package.metadata.config_hash_full;
        let recipe = recipe.filter(|_| package.recipe.is_some());
        expected.extend(recipe.map(|sha256| (format!("{path}.recipe.json"), sha256)));
        expected.push((path, package.checked.sidecar.sha256));
    }
    let paths: Vec<_> = expected.iter().map(|(path, _)| path.clone()).collect();
    for ((path, sha256), found) in expected.into_iter().zip(store.digests(&paths)?) {
        if found != Some(sha256) {
            return Err(StoreError::Damaged { path });
        }
    }
    Ok(())
}

/// Sidecars that are on the mirror already and differ from ours in nothing but signatures.
fn sidecars_of(store: &dyn Store, packages: &[LocalPackage]) -> Result<BTreeMap<String, Sidecar>, StoreError> {
    let paths: Vec<_> = packages
        .iter()
        .map(|package| format!("{}.sha256", place(package)))
        .collect();
    let mut found = BTreeMap::new();
    for (package, bytes) in packages.iter().zip(store.read(&paths)?) {
        let ours = &package.checked.sidecar;
        let Some(Ok(old)) = bytes.map(|bytes| Sidecar::parse(&bytes, &ours.file)) else {
            continue;
        };
        let with_ours = Sidecar {
            signatures: ours.signatures.clone(),
            ..old.clone()
        };
        if with_ours == *ours {
            found.insert(place(package), old);
        }
    }
    Ok(found)
}

/// The record of a package.
pub(super) fn described(package: &LocalPackage, serial: u64) -> Described {
    let checked = &package.checked;
    let metadata = &checked.package.metadata;
    Described {
        record: Record::new(metadata, &checked.sidecar, checked.size, place(package), serial),
        description: metadata.description.clone(),
    }
}
