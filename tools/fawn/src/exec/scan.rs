//! Reads what stands on disk into an [`Entry`].

use super::entry::{Entry, FileEntry};
use anyhow::{Context, Result, bail};
use digest::Hasher;
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Hashes the file at `path`, whose metadata is known already.
///
/// # Errors
/// The operating system's, with the path.
pub fn file(path: &Path, metadata: &Metadata) -> Result<FileEntry> {
    let mut input = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; usize::try_from(metadata.len()).unwrap_or(usize::MAX).clamp(1, 1 << 18)];
    let mut size = 0;
    loop {
        let count = input
            .read(&mut buffer)
            .with_context(|| format!("cannot read {}", path.display()))?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        size += count as u64;
    }
    Ok(FileEntry {
        digest: hasher.finish(),
        size,
        executable: is_executable(metadata),
    })
}

/// Whether the owner may execute it; the other bits depend on the umask.
pub fn is_executable(metadata: &Metadata) -> bool {
    metadata.permissions().mode() & 0o100 != 0
}

/// Reads a file, link or directory as it is, links not followed; `found` gets every file with its path on disk.
///
/// # Errors
/// A name that is not UTF-8, a socket or device, or the operating system's.
pub fn entry(path: &Path, found: &mut dyn FnMut(&Path, &FileEntry) -> Result<()>) -> Result<Entry> {
    let metadata = fs::symlink_metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    let kind = metadata.file_type();
    if kind.is_file() {
        let file = file(path, &metadata)?;
        found(path, &file)?;
        Ok(Entry::File(file))
    } else if kind.is_symlink() {
        let target = fs::read_link(path).with_context(|| format!("cannot read the link {}", path.display()))?;
        match target.to_str() {
            Some(target) => Ok(Entry::Link(target.into())),
            None => bail!("the target of the link {} is not UTF-8", path.display()),
        }
    } else if kind.is_dir() {
        let mut entries = BTreeMap::new();
        for child in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
            let child = child.with_context(|| format!("cannot list {}", path.display()))?;
            let Ok(name) = child.file_name().into_string() else {
                bail!("the file name {} is not UTF-8", child.path().display());
            };
            entries.insert(name, entry(&child.path(), found)?);
        }
        Ok(Entry::dir(entries))
    } else {
        bail!("{} is neither file, directory nor link", path.display())
    }
}
