//! Whether an unpacked package is still what its package file holds.
//!
//! The list beside the files finds slips and damage. What the signed package says finds edits as well that somebody made
//! good in the list: both lie in the same directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use digest::{Hasher, Sha256};
use pspf::{PackageFile, Unpacked, visit_files};
use pspf_cache::{Deviation, Entry, EntryName, FileList, FileState, Sum, kept_mode, link_text};

use crate::errors::Coded;

/// One file or link: its digest, and what the list of the cache would say of it.
#[derive(PartialEq, Eq)]
struct Seen {
    digest: Sha256,
    state: FileState,
}

/// The package file of an entry, if `path` holds it.
pub fn package_of(entry: &Entry, path: &Path) -> Option<PackageFile> {
    let file = PackageFile::open(path).ok()?;
    let identity = file.package().ok()?.identity();
    (EntryName::new(&identity.metadata, &identity.index) == *entry.name()).then_some(file)
}

/// Compares the files of `entry` with what `file` unpacks to. What the package's set-up changed is left to the list.
pub fn compare(entry: &Entry, file: &PackageFile) -> anyhow::Result<Vec<Deviation>> {
    let has_setup = !file.package().coded()?.metadata().setup_commands.is_empty();
    let listed = FileList::read(&entry.files())?;
    let mut deviations = Vec::new();
    for (path, expected) in expected(file)? {
        if has_setup && listed.get(&path) != Some(&expected.state) {
            continue;
        }
        let found = look(&entry.workenv().join(&path))?;
        if found.as_ref() != Some(&expected) {
            let found = found.map_or_else(|| "nothing".to_owned(), |found| found.to_string());
            let expected = expected.to_string();
            deviations.push(Deviation { path, expected, found });
        }
    }
    Ok(deviations)
}

/// What stands where, once the package is unpacked.
fn expected(file: &PackageFile) -> anyhow::Result<BTreeMap<PathBuf, Seen>> {
    let mut files = BTreeMap::new();
    let mut visit = |path: &Path, unpacked: Unpacked<'_>| {
        let seen = match unpacked {
            Unpacked::File { mode, content } => Seen::read(content, kept_mode(mode))?,
            Unpacked::Link(target) => Seen::link(target),
        };
        files.insert(path.to_owned(), seen);
        Ok(())
    };
    visit_files(file, &mut visit).coded()?;
    Ok(files)
}

fn look(path: &Path) -> anyhow::Result<Option<Seen>> {
    use anyhow::Context;
    let seen = || -> io::Result<Option<Seen>> {
        let found = fs::symlink_metadata(path)?;
        if found.is_symlink() {
            return Ok(Some(Seen::link(&link_text(&fs::read_link(path)?))));
        }
        if !found.is_file() {
            return Ok(None);
        }
        Seen::read(&mut File::open(path)?, pspf_cache::mode(&found)).map(Some)
    };
    match seen() {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        seen => seen.with_context(|| format!("cannot read {}", path.display())),
    }
}

impl Seen {
    fn read(content: &mut dyn Read, mode: u32) -> io::Result<Self> {
        let (mut hasher, mut sum) = (Hasher::new(), Sum::default());
        let mut buffer = vec![0; 128 << 10];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    hasher.update(&buffer[..count]);
                    sum.add(&buffer[..count]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let mode = Some(mode);
        Ok(Self {
            digest: hasher.finish(),
            state: FileState { sum, mode },
        })
    }

    fn link(target: &[u8]) -> Self {
        let (digest, sum) = (Sha256::of(target), Sum::of(target));
        let state = FileState { sum, mode: None };
        Self { digest, state }
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.state.mode {
            Some(mode) => write!(f, "mode {mode:04o}, sha256 {}", self.digest),
            None => write!(f, "a link, sha256 of its target {}", self.digest),
        }
    }
}
