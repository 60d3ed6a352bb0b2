//! How large the cache is, and how it is kept within bounds.
//!
//! A result is used again or not as a whole: the ones that were not used for the longest time go first, then every
//! content that no remaining result names.

use super::entry::Entry;
use super::layout::Layout;
use super::manifest;
use super::results::{Record, Stored, read};
use super::{files, lock};
use anyhow::{Context, Result};
use digest::Sha256;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::SystemTime;

/// A number of bytes; reads and prints `12 B`, `3.4 GB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

const UNITS: [(&str, u64); 4] = [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)];

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, size)| self.0 >= *size) {
            Some((unit, size)) => {
                let tenths = self.0.saturating_mul(10) / size;
                write!(f, "{}.{} {unit}", tenths / 10, tenths % 10)
            }
            None => write!(f, "{} B", self.0),
        }
    }
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("expected a size such as 500M or 2GB, found `{text}`");
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c.is_whitespace());
        let number: u64 = digits.trim().parse().map_err(|_| refuse())?;
        let unit = text[digits.len()..].trim().to_ascii_uppercase();
        let size = match unit.strip_suffix('B').unwrap_or(&unit) {
            "" => 1,
            "K" => 1 << 10,
            "M" => 1 << 20,
            "G" => 1 << 30,
            "T" => 1_u64 << 40,
            _ => return Err(refuse()),
        };
        number.checked_mul(size).map(Bytes).ok_or_else(refuse)
    }
}

/// What the cache holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Results of actions.
    pub results: usize,
    /// Contents of files and directories.
    pub blobs: usize,
    /// Bytes of everything.
    pub bytes: u64,
}

/// Looks at the cache.
///
/// # Errors
/// The operating system's.
pub fn usage(layout: &Layout) -> Result<Usage> {
    let (results, blobs) = (
        list(&layout.cache().join("actions"))?,
        list(&layout.cache().join("blobs"))?,
    );
    let bytes = results.iter().chain(&blobs).map(|file| file.size).sum();
    Ok(Usage {
        results: results.len(),
        blobs: blobs.len(),
        bytes,
    })
}

/// Takes the lock and makes the cache no larger than `limit`; returns its size before and after.
///
/// # Errors
/// The operating system's.
pub fn shrink(layout: &Layout, limit: Bytes, waiting: &mut dyn FnMut(&str)) -> Result<(Usage, Usage)> {
    let _lock = lock::take(
        &layout.lock(),
        &format!("process {}: cache clean", std::process::id()),
        waiting,
    )?;
    shrink_locked(layout, limit)
}

/// The same for whoever has the lock.
pub(super) fn shrink_locked(layout: &Layout, limit: Bytes) -> Result<(Usage, Usage)> {
    let before = usage(layout)?;
    if before.bytes <= limit.0 {
        return Ok((before, before));
    }
    // They say what is found here.
    files::remove(&layout.unchanged())?;
    // A tenth of room, so that the next build does not have to do this again.
    let limit = Bytes(limit.0 - limit.0 / 10);
    let mut results = list(&layout.cache().join("actions"))?;
    results.sort_by_key(|file| std::cmp::Reverse(file.modified));
    let blobs: HashMap<PathBuf, u64> = list(&layout.cache().join("blobs"))?
        .into_iter()
        .map(|file| (file.path, file.size))
        .collect();
    let mut kept: HashMap<PathBuf, u64> = HashMap::new();
    let mut bytes = 0;
    let mut full = false;
    for result in results {
        let needs = if full {
            None
        } else {
            read(&result.path).map(|record| contents(&record, layout))
        };
        let more: u64 = needs
            .iter()
            .flatten()
            .filter(|path| !kept.contains_key(*path))
            .filter_map(|path| blobs.get(path))
            .sum();
        match needs {
            Some(needs) if bytes + more + result.size <= limit.0 => {
                bytes += more + result.size;
                kept.extend(
                    needs
                        .into_iter()
                        .filter_map(|path| blobs.get(&path).map(|size| (path, *size))),
                );
            }
            _ => {
                full = true;
                files::remove(&result.path)?;
            }
        }
    }
    for path in blobs.keys().filter(|path| !kept.contains_key(*path)) {
        files::remove(path)?;
    }
    Ok((before, usage(layout)?))
}

/// The blobs that a result names.
fn contents(record: &Record, layout: &Layout) -> Vec<PathBuf> {
    let path =
        |digest: &Sha256, executable: bool| super::store::blob(&layout.cache().join("blobs"), digest, executable);
    let mut paths = Vec::new();
    for output in &record.outputs {
        match output {
            Stored::File { digest, executable, .. } => paths.push(path(digest, *executable)),
            Stored::Link { .. } => {}
            Stored::Dir { manifest: digest, .. } => {
                let manifest = path(digest, false);
                let tree = fs::read(&manifest).ok().and_then(|bytes| manifest::decode(&bytes));
                paths.push(manifest);
                if let Some(tree) = tree.as_ref().map(|tree: &Entry| tree) {
                    tree.files(&mut |_, file| paths.push(path(&file.digest, file.executable)));
                }
            }
        }
    }
    paths
}

struct Listed {
    path: PathBuf,
    size: u64,
    modified: SystemTime,
}

/// Every file below a directory that may be absent.
fn list(directory: &Path) -> Result<Vec<Listed>> {
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(directory) {
        let entry = entry.with_context(|| format!("cannot list {}", directory.display()))?;
        if entry.file_type().is_file() {
            let metadata = entry.metadata()?;
            files.push(Listed {
                size: metadata.len(),
                modified: metadata.modified()?,
                path: entry.into_path(),
            });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::super::results::Results;
    use super::super::store::Store;
    use super::*;
    use std::time::Duration;

    #[test]
    fn sizes_are_read_and_printed() {
        for (text, bytes) in [
            ("0", 0),
            ("12", 12),
            ("3k", 3 << 10),
            ("500M", 500 << 20),
            ("2 GB", 2 << 30),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)));
        }
        assert_eq!(
            "x".parse::<Bytes>(),
            Err("expected a size such as 500M or 2GB, found `x`".to_owned())
        );
        assert!("99999999T".parse::<Bytes>().is_err());
        assert_eq!(Bytes(1023).to_string(), "1023 B");
        assert_eq!(Bytes(3 << 29).to_string(), "1.5 GB");
    }

    #[test]
    fn the_least_recently_used_goes_first_and_shared_contents_stay() {
        let world = tempfile::tempdir().unwrap();
        let layout = Layout::new(world.path());
        let (store, results) = (Store::new(&layout.cache()), Results::new(&layout.cache()));
        let shared = Entry::File(store.insert(b"shared").unwrap());
        for (number, age) in [(0_u8, 300), (1, 200), (2, 100)] {
            let own = Entry::File(store.insert(&vec![number; 10_000]).unwrap());
            let outputs = [Entry::dir(
                [("own".to_owned(), own), ("shared".to_owned(), shared.clone())].into(),
            )];
            let key = Sha256::of(&[number]);
            results.insert(&key, &outputs, Duration::ZERO, &store).unwrap();
            let modified = SystemTime::now() - Duration::from_secs(age);
            fs::File::open(results.path(&key))
                .unwrap()
                .set_modified(modified)
                .unwrap();
        }
        let (before, after) = shrink_locked(&layout, Bytes(28_000)).unwrap();
        assert_eq!((before.results, after.results), (3, 2));
        assert!(after.bytes < 25_000 && after.bytes > 20_000, "{after:?}");
        assert!(results.find(&Sha256::of(&[0]), &Store::new(&layout.cache())).is_none());
        let hit = results.find(&Sha256::of(&[2]), &Store::new(&layout.cache())).unwrap();
        hit.outputs[0].files(&mut |_, file| {
            store.fetch(file).unwrap();
        });
        let (_, empty) = shrink_locked(&layout, Bytes(0)).unwrap();
        assert_eq!(empty, Usage::default());
    }
}
