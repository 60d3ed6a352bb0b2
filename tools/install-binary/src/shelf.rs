//! Packages of this machine: tarballs that were named, and folders in which dependencies are looked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use binpkg::sidecar::Sidecar;
use binpkg::sign::TrustList;
use cli::{Exit, WithExit};
use digest::Sha256;
use install::Incoming;

use crate::opened::{OpenedError, open_local};

/// Tarballs by the config hash of which their sidecars speak. Nothing else of them is believed before one is taken.
pub(crate) struct Shelf<'a> {
    trusted: &'a TrustList,
    by_hash: BTreeMap<Sha256, PathBuf>,
}

impl<'a> Shelf<'a> {
    /// The packages in some folders; of a build that is there twice, the first one counts.
    pub(crate) fn new(folders: &[PathBuf], trusted: &'a TrustList) -> Result<Self> {
        let mut by_hash = BTreeMap::new();
        for folder in folders {
            for tarball in tarballs(folder)? {
                if let Some(hash) = config_hash(&tarball) {
                    by_hash.entry(hash).or_insert(tarball);
                }
            }
        }
        Ok(Self { trusted, by_hash })
    }

    /// Takes the package of an exact build, if it is here.
    pub(crate) fn take(&self, config_hash: &Sha256) -> Result<Option<Incoming>> {
        let Some(tarball) = self.by_hash.get(config_hash) else {
            return Ok(None);
        };
        open(tarball, self.trusted).map(|(incoming, _)| Some(incoming))
    }
}

/// Opens a tarball that was named, or the only way to a dependency.
pub(crate) fn open(tarball: &Path, trusted: &TrustList) -> Result<(Incoming, Sidecar)> {
    with_code(open_local(tarball, trusted))
}

/// Gives the error its exit code.
pub(crate) fn with_code<T>(result: Result<T, OpenedError>) -> Result<T> {
    result.or_else(|error| {
        let exit = if error.is_unverified() {
            Exit::Unverified
        } else {
            Exit::Failed
        };
        Err(error).exit(exit)
    })
}

/// The tarballs that a path stands for: itself, or all that lie in the folder.
pub(crate) fn tarballs(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let found = mirror::local_package::find(path).with_context(|| format!("cannot look into {}", path.display()))?;
    if found.is_empty() {
        return Err(anyhow!("no binary package in {}", path.display())).exit(Exit::NotFound);
    }
    Ok(found)
}

fn config_hash(tarball: &Path) -> Option<Sha256> {
    let mut sidecar = tarball.as_os_str().to_owned();
    sidecar.push(".sha256");
    let bytes = std::fs::read(PathBuf::from(sidecar)).ok()?;
    Sidecar::parse(&bytes, tarball.file_name()?.to_str()?)
        .ok()?
        .config_hash_full
}
