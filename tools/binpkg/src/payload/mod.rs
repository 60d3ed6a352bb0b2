//! A tree or a file, looked at and ready to be packed.

mod grants;
mod links;
mod prefix_scan;
mod scan;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use digest::Sha256;

use crate::manifest::{Entry, EntryKind, Manifest, ManifestError, PathError, PayloadPath};
use crate::metadata::LayoutKind;
use crate::names::PackageName;
use crate::recipe::Permission;

pub use grants::GrantError;
pub use links::LinkError;
pub(crate) use links::{Destination, check_links, resolve};
pub use prefix_scan::files_with;
pub(crate) use scan::native;

/// What is about the packing that the source itself does not say.
#[derive(Clone, Debug)]
pub struct Placement<'a> {
    /// The package; a file that is no program goes below `share/<name>`.
    pub name: &'a PackageName,
    /// What the paths mean; by default what the top of the tree looks like.
    pub kind: Option<LayoutKind>,
    /// Where the source goes. By default a tree goes to the top; one file goes to `bin/<file>` if it is a program, else to
    /// `share/<name>/<file>`.
    pub place: Option<&'a PayloadPath>,
    /// What entries get beyond the executable bit.
    pub permissions: &'a [Permission],
}

/// A payload: its manifest, and where the bytes of its files are.
#[derive(Debug)]
pub struct Payload {
    manifest: Manifest,
    kind: LayoutKind,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// The directory, and how many bytes of a payload path come before a path in it.
    Tree(PathBuf, usize),
    File(PathBuf),
}

/// Why a source cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// The file system refused.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A device, FIFO or socket.
    #[error("cannot pack {}: expected a file, directory or link", path.display())]
    Special {
        /// The path.
        path: PathBuf,
    },
    /// A name that may not stand in a package.
    #[error("cannot pack {}", path.display())]
    Name {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        source: PathError,
    },
    /// Entries that contradict each other.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A link that may not stand in a package.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A permission that cannot be granted.
    #[error(transparent)]
    Grant(#[from] GrantError),
}

impl PayloadError {
    pub(crate) fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { verb, path, source }
    }
}

/// The digest of an input of a recipe: of a file's bytes, or the content hash of a directory, whatever its links point to.
///
/// # Errors
/// A path that cannot be read or that may not stand in a manifest.
pub fn input_digest(path: &Path) -> Result<Sha256, PayloadError> {
    let found = fs::metadata(path).map_err(PayloadError::file("look at", path))?;
    if found.is_dir() {
        let mut entries = Vec::new();
        scan::tree(path, None, &mut entries)?;
        return Ok(Manifest::new(entries)?.content_hash());
    }
    Ok(scan::digest(path)?.0)
}

impl Payload {
    /// Looks at a directory or a file, and reads every byte once for its digest. A `source` that is itself a link counts as
    /// what it points to; links below it are kept.
    ///
    /// # Errors
    /// See [`PayloadError`].
    pub fn scan(source: &Path, placement: &Placement<'_>) -> Result<Self, PayloadError> {
        let found = fs::metadata(source).map_err(PayloadError::file("look at", source))?;
        let mut entries = Vec::new();
        let place = if found.is_dir() {
            scan::tree(source, placement.place, &mut entries)?;
            let above = placement.place.map_or(0, |place| place.as_bytes().len() + 1);
            Source::Tree(source.to_owned(), above)
        } else {
            scan::file(source, &found, placement, &mut entries)?;
            Source::File(source.to_owned())
        };
        entries.sort_by(|one: &Entry, two| one.path.cmp(&two.path));
        grants::grant(&mut entries, placement.permissions)?;
        let manifest = Manifest::new(entries)?;
        let kind = placement.kind.unwrap_or_else(|| guess_kind(&manifest, &place));
        check_links(&manifest, kind)?;
        Ok(Self {
            manifest,
            kind,
            source: place,
        })
    }

    /// What is in it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What its paths mean.
    pub fn kind(&self) -> LayoutKind {
        self.kind
    }

    /// Where the bytes of one of its files are.
    pub fn file(&self, path: &PayloadPath) -> PathBuf {
        match &self.source {
            Source::File(file) => file.clone(),
            Source::Tree(root, above) => root.join(scan::native(&path.as_bytes()[*above..])),
        }
    }
}

/// A tree that looks like a staged root is one; a single file goes below a prefix.
fn guess_kind(manifest: &Manifest, source: &Source) -> LayoutKind {
    if let Source::File(_) = source {
        return LayoutKind::Prefix;
    }
    let top = manifest.entries().iter().filter(|entry| entry.path.parent().is_none());
    let directories = top.filter(|entry| entry.kind == EntryKind::Directory);
    LayoutKind::of_tree(directories.map(|entry| entry.path.as_bytes()))
}

#[cfg(all(test, unix))]
#[path = "tests.rs"]
mod tests;
