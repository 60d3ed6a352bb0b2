use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header, HeaderMode};

use super::tree;
use crate::{PathError, RelativePath};

/// What to do with symlinks in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymlinkRule {
    /// Store what they point to, which must lie inside the tree.
    Follow,
    /// Store them as they are; the target must lie inside the tree.
    Keep,
}

/// Why a tree could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
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
    /// A symlink to nothing, to outside of the tree, or around in a circle.
    #[error("symlink {} leads to {target}: expected a target inside {}", path.display(), root.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// What it leads to.
        target: String,
        /// The tree.
        root: PathBuf,
    },
    /// A device, FIFO or socket.
    #[error("cannot pack {}: expected a file, directory or symlink", path.display())]
    Kind {
        /// The path.
        path: PathBuf,
    },
    /// A file that grew or shrank while it was packed.
    #[error("{} changed while it was packed: expected {expected} bytes", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Its length when packing began.
        expected: u64,
    },
    /// A name that cannot stand in an archive.
    #[error("cannot pack a name")]
    Name(#[from] PathError),
    /// The output could not be written.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
}

impl PackError {
    pub(super) fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { verb, path, source }
    }
}

/// One planned entry.
#[derive(Debug)]
pub(super) struct Planned {
    /// Name in the archive.
    pub name: PathBuf,
    pub kind: PlannedKind,
}

#[derive(Debug)]
pub(super) enum PlannedKind {
    Directory,
    File { path: PathBuf, size: u64, executable: bool },
    Symlink { target: PathBuf },
}

/// A tree or a file, looked at and ready to be written as tar.
///
/// Names are sorted, owners and times are zero, modes are 0755 or 0644 by the executable bit.
#[derive(Debug)]
pub struct TarSource {
    entries: Vec<Planned>,
}

impl TarSource {
    /// Plans a directory; its content goes below `prefix` in the archive.
    ///
    /// The archive of an empty directory holds that directory, because an empty archive is refused
    /// by FlavorPack's launcher and by our own reader.
    pub fn directory(root: &Path, prefix: &RelativePath, symlinks: SymlinkRule) -> Result<Self, PackError> {
        let mut entries = tree::parents(prefix);
        tree::collect(root, prefix.as_path(), symlinks, &mut entries)?;
        if entries.is_empty() {
            entries.push(Planned {
                name: PathBuf::from("."),
                kind: PlannedKind::Directory,
            });
        }
        Ok(Self { entries })
    }

    /// Plans one file, named `name` in the archive.
    pub fn file(path: &Path, name: &RelativePath) -> Result<Self, PackError> {
        let mut entries = tree::parents(&tree::parent(name)?);
        entries.push(tree::plan_file(path, name.as_path())?);
        Ok(Self { entries })
    }

    /// Sum of the file sizes.
    pub fn unpacked_size(&self) -> u64 {
        self.entries
            .iter()
            .map(|entry| {
                if let PlannedKind::File { size, .. } = entry.kind {
                    size
                } else {
                    0
                }
            })
            .sum()
    }

    /// Names in the archive, in its order.
    pub fn names(&self) -> impl Iterator<Item = &Path> {
        self.entries.iter().map(|entry| entry.name.as_path())
    }

    /// Writes the archive.
    pub fn write(&self, output: impl Write) -> Result<(), PackError> {
        let mut builder = Builder::new(output);
        builder.mode(HeaderMode::Deterministic);
        for entry in &self.entries {
            write_entry(&mut builder, entry)?;
        }
        builder.finish().map_err(PackError::Write)
    }
}

fn write_entry(builder: &mut Builder<impl Write>, entry: &Planned) -> Result<(), PackError> {
    match &entry.kind {
        PlannedKind::Directory => {
            let mut header = header(EntryType::Directory, 0, true);
            builder
                .append_data(&mut header, &entry.name, io::empty())
                .map_err(PackError::Write)
        }
        PlannedKind::Symlink { target } => {
            let mut header = header(EntryType::Symlink, 0, true);
            builder
                .append_link(&mut header, &entry.name, target)
                .map_err(PackError::Write)
        }
        PlannedKind::File { path, size, executable } => {
            let mut header = header(EntryType::Regular, *size, *executable);
            let file = File::open(path).map_err(PackError::file("open", path))?;
            let mut content = Exactly {
                inner: file,
                left: *size,
                fault: None,
            };
            let written = builder.append_data(&mut header, &entry.name, &mut content);
            match content.fault {
                Some(Fault::Read(source)) => Err(PackError::File {
                    verb: "read",
                    path: path.clone(),
                    source,
                }),
                Some(Fault::Changed) => Err(PackError::Changed {
                    path: path.clone(),
                    expected: *size,
                }),
                None => written.map_err(PackError::Write),
            }
        }
    }
}

fn header(kind: EntryType, size: u64, executable: bool) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(if executable { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

/// Reads exactly the planned number of bytes, and remembers why not: an error that passes through
/// the tar writer can no longer be told from one of the output.
struct Exactly<R> {
    inner: R,
    left: u64,
    fault: Option<Fault>,
}

enum Fault {
    Read(io::Error),
    Changed,
}

impl<R: Read> Exactly<R> {
    fn stop(&mut self, fault: Fault) -> io::Error {
        self.fault = Some(fault);
        io::ErrorKind::InvalidData.into()
    }
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.inner.read(buffer) {
            Ok(count) => count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => return Err(self.stop(Fault::Read(error))),
        };
        if count > self.left || count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(self.stop(Fault::Changed));
        }
        self.left -= count;
        Ok(count as usize)
    }
}
