//! Files on their way to another machine: each under a number, in a private folder, where one transfer finds them all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use digest::Sha256;
use tempfile::TempDir;

use super::store::{FileContent, NewFile, StoreError};

/// Files that wait to be brought.
pub(super) struct Staged {
    /// One folder for each transfer.
    pub(super) folders: Vec<PathBuf>,
    /// What each file is, by its number.
    pub(super) files: Vec<Arrival>,
    /// How much there is to bring.
    pub(super) bytes: u64,
    _folder: TempDir,
}

/// What must arrive.
pub(super) struct Arrival {
    pub(super) sha256: Sha256,
    pub(super) size: u64,
}

impl Staged {
    /// Stages files for so many transfers. Files of this machine are not copied, only linked to.
    pub(super) fn new(files: &[&NewFile], place: Option<&Path>, jobs: usize) -> Result<Self, StoreError> {
        let local = |verb| StoreError::local(verb, "a folder for files to be brought");
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("upload-");
        let folder = match place {
            Some(place) => fs::create_dir_all(place).and_then(|()| builder.tempdir_in(place)),
            None => builder.tempdir(),
        };
        // Links from here must not depend on the current folder.
        let folder = folder.map_err(local("make"))?;
        let mut arrivals = Vec::new();
        for file in files {
            let (sha256, size) = file.digest()?;
            arrivals.push(Arrival { sha256, size });
        }
        let mut shares: Vec<(u64, PathBuf)> = (0..jobs.clamp(1, files.len().max(1)))
            .map(|share| (0, folder.path().join(share.to_string())))
            .collect();
        for (_, share) in &shares {
            fs::create_dir(share).map_err(local("make"))?;
        }
        // The largest first, each to whoever has least.
        let mut order: Vec<_> = files.iter().zip(&arrivals).enumerate().collect();
        order.sort_by_key(|(_, (_, arrival))| std::cmp::Reverse(arrival.size));
        for (number, (file, arrival)) in order {
            let Some((bytes, share)) = shares.iter_mut().min_by_key(|(bytes, _)| *bytes) else {
                continue;
            };
            *bytes += arrival.size + 1;
            stage(file, &share.join(number.to_string())).map_err(local("fill"))?;
        }
        Ok(Self {
            folders: shares.into_iter().map(|(_, share)| share).collect(),
            bytes: arrivals.iter().map(|arrival| arrival.size).sum(),
            files: arrivals,
            _folder: folder,
        })
    }
}

fn stage(file: &NewFile, place: &Path) -> io::Result<()> {
    match &file.content {
        FileContent::Bytes(bytes) => fs::write(place, bytes),
        #[cfg(unix)]
        FileContent::File(path) => std::os::unix::fs::symlink(std::path::absolute(path)?, place),
        #[cfg(not(unix))]
        FileContent::File(path) => fs::copy(path, place).map(drop),
    }
}
