//! The manifest of a payload and its digest, the content hash (section 4).

mod entry;
mod parse;
mod payload_path;

use std::fmt;

use digest::Sha256;

pub use entry::{Entry, EntryKind, Grants};
pub use payload_path::{PathError, PayloadPath};

/// All entries of a payload, ascending by raw path bytes, each below directories that are entries themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    entries: Vec<Entry>,
}

/// Why a manifest is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not the first line that this version writes.
    #[error("expected the manifest to start with the line `{}`, found `{}`", Manifest::HEADER, found.escape_debug())]
    Header {
        /// The first line.
        found: String,
    },
    /// No line end after the last line, or bytes that are no text.
    #[error("expected a manifest of ASCII lines, each with its line end")]
    Text,
    /// A line that is not of the form.
    #[error("manifest line {number}: expected {expected}, found `{}`", found.escape_debug())]
    Line {
        /// Counted from 1.
        number: usize,
        /// What should have been there.
        expected: &'static str,
        /// The line.
        found: String,
    },
    /// A path that may not stand in a package.
    #[error("manifest line {number}")]
    Path {
        /// Counted from 1.
        number: usize,
        /// What is wrong with it.
        source: PathError,
    },
    /// The same path twice.
    #[error("the path `{0}` is in the manifest twice")]
    Twice(PayloadPath),
    /// A path out of order.
    #[error("expected manifest lines ascending by path bytes, found `{path}` after `{previous}`")]
    Order {
        /// The path.
        path: PayloadPath,
        /// The one before it.
        previous: PayloadPath,
    },
    /// A parent that is missing, a file or a link.
    #[error("expected a directory line for the parent of `{path}`, found {found}")]
    Parent {
        /// The path.
        path: PayloadPath,
        /// `none`, `a file` or `a link`.
        found: &'static str,
    },
}

impl Manifest {
    /// The first line.
    pub const HEADER: &'static str = "binpkg-manifest/1";

    /// Sorts entries and checks them against each other.
    ///
    /// # Errors
    /// A path twice, or a parent that is no directory of the manifest.
    pub fn new(mut entries: Vec<Entry>) -> Result<Self, ManifestError> {
        entries.sort_by(|one, two| one.path.cmp(&two.path));
        Self::check(entries)
    }

    /// Reads the bytes of a file `MANIFEST`; only what [`Manifest`]'s `Display` writes is accepted.
    ///
    /// # Errors
    /// The line and what it should have been.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ManifestError::Text)?;
        let mut lines = text.strip_suffix('\n').ok_or(ManifestError::Text)?.split('\n');
        let header = lines.next().unwrap_or_default();
        if header != Self::HEADER {
            let found = header.chars().take(80).collect();
            return Err(ManifestError::Header { found });
        }
        // The header is line 1.
        Self::check(
            lines
                .zip(2..)
                .map(|(line, number)| parse::parse_line(line, number))
                .collect::<Result<_, _>>()?,
        )
    }

    fn check(entries: Vec<Entry>) -> Result<Self, ManifestError> {
        for pair in entries.windows(2) {
            let (previous, path) = (&pair[0].path, &pair[1].path);
            if previous == path {
                return Err(ManifestError::Twice(path.clone()));
            }
            if previous > path {
                let (path, previous) = (path.clone(), previous.clone());
                return Err(ManifestError::Order { path, previous });
            }
        }
        let manifest = Self { entries };
        for entry in &manifest.entries {
            let Some(parent) = entry.path.parent() else { continue };
            let found = match manifest.get(&parent).map(|entry| &entry.kind) {
                Some(EntryKind::Directory) => continue,
                Some(EntryKind::File { .. }) => "a file",
                Some(EntryKind::Link { .. }) => "a link",
                None => "none",
            };
            let path = entry.path.clone();
            return Err(ManifestError::Parent { path, found });
        }
        Ok(manifest)
    }

    /// The entries in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of a path.
    pub fn get(&self, path: &PayloadPath) -> Option<&Entry> {
        let index = self.entries.binary_search_by(|entry| entry.path.cmp(path)).ok()?;
        self.entries.get(index)
    }

    /// Content hash: the digest of the file, byte for byte.
    pub fn content_hash(&self) -> Sha256 {
        Sha256::of(self.to_string().as_bytes())
    }

    /// The manifest of the same payload as stores of build tools keep it: of modes only the executable bit, no owners, no
    /// capabilities.
    #[must_use]
    pub fn without_grants(&self) -> Self {
        let plain = |entry: &Entry| {
            let mode = match entry.kind {
                EntryKind::Directory => 0o755,
                EntryKind::File { .. } if entry.mode & 0o111 == 0 => 0o644,
                EntryKind::File { .. } => 0o755,
                EntryKind::Link { .. } => 0o777,
            };
            let grants = Grants::default();
            Entry {
                mode,
                grants,
                ..entry.clone()
            }
        };
        Self {
            entries: self.entries.iter().map(plain).collect(),
        }
    }

    /// Sum of the file sizes in bytes.
    pub fn installed_size(&self) -> u64 {
        self.entries.iter().map(Entry::size).fold(0, u64::saturating_add)
    }

    /// Pairs of paths that differ only in letter case: one place on some file systems.
    pub fn case_clashes(&self) -> Vec<(&PayloadPath, &PayloadPath)> {
        let mut folded: Vec<_> = self
            .entries
            .iter()
            .map(|entry| (fold(&entry.path), &entry.path))
            .collect();
        folded.sort();
        let pairs = folded.windows(2);
        pairs
            .filter(|pair| pair[0].0 == pair[1].0)
            .map(|pair| (pair[0].1, pair[1].1))
            .collect()
    }
}

fn fold(path: &PayloadPath) -> String {
    String::from_utf8_lossy(path.as_bytes()).to_lowercase()
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", Self::HEADER)?;
        self.entries.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
