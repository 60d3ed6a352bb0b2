//! Unpacking one slot: hash, undo the chain, write, compare.

use std::io::Read;
use std::path::Path;

use archive::{ArchiveError, Codec, EntryKind, Limited, Limits, Symlinks, decode, walk};
use pspf_format::Operation;
use pspf_verify::{Package, Payload, ReadAt, Slot};

use crate::failure::{Code, Failure};
use crate::sizes;
use crate::target::Target;
use crate::tree::{Rest, Tree, TreeError};

/// Most entries of one archive.
const MAX_ENTRIES: u64 = 1_000_000;

/// The profile whose trees may hold links.
const PROFILE_WITH_LINKS: &str = "buckpack";

/// Why unpacking stopped.
#[derive(Debug)]
pub enum Stop {
    /// Two slots that are being unpacked at the same time name one file.
    Overlap,
    /// It failed.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.into())
    }
}

/// What went wrong while the packed bytes were undone.
enum Fault {
    Tree(TreeError),
    Archive(ArchiveError),
}

/// Unpacks the slot at `position` into `tree`.
pub fn unpack_slot<R: ReadAt + ?Sized>(
    package: &Package<'_, R>,
    position: usize,
    tree: &mut Tree<'_>,
) -> Result<(), Stop> {
    let (Some(slot), Some(mut payload)) = (package.slots().get(position), package.payload(position)) else {
        return Ok(());
    };
    let written = match slot.entry.self_ref {
        // It stands for the package itself and stores nothing.
        Some(true) => Ok(()),
        _ => write(package, slot, &mut payload, tree)?,
    };
    match written {
        Ok(()) => {}
        Err(Fault::Tree(error @ (TreeError::File { .. } | TreeError::List(_) | TreeError::Overlap))) => {
            return Err(stop(error, slot));
        }
        // What could not be undone is most likely damaged, and then that is what has to be said.
        Err(fault) => {
            payload.finish()?;
            return Err(match fault {
                Fault::Tree(error) => stop(error, slot),
                Fault::Archive(error) => refused(slot, &error).into(),
            });
        }
    }
    payload.finish()?;
    Ok(())
}

/// Does for a slot what was left for the end.
pub fn settle(tree: &mut Tree<'_>, rest: &Rest, slot: &Slot) -> Result<(), Stop> {
    tree.settle(rest).map_err(|error| stop(error, slot))
}

/// Undoes the chain and writes what comes out.
fn write<R: ReadAt + ?Sized>(
    package: &Package<'_, R>,
    slot: &Slot,
    payload: &mut Payload<'_, R>,
    tree: &mut Tree<'_>,
) -> Result<Result<(), Fault>, Failure> {
    let operations = slot.chain.operations().map_err(|error| refused(slot, &error))?;
    let is_tar = operations.first() == Some(&Operation::Tar);
    let codecs = codecs(slot, &operations[usize::from(is_tar)..])?;
    let limit = slot.unpacked_limit();
    let mut stream = match decode(payload, &codecs) {
        Ok(stream) => Limited::new(stream, limit),
        Err(error) => return Ok(Err(Fault::Tree(TreeError::Read(error)))),
    };
    if is_tar {
        let symlinks = match package.metadata().profile.as_deref() {
            Some(PROFILE_WITH_LINKS) => Symlinks::InsideTree,
            _ => Symlinks::Refuse,
        };
        let limits = Limits {
            bytes: limit,
            entries: MAX_ENTRIES,
            symlinks,
        };
        return Ok(write_tree(stream, &limits, tree));
    }
    let target = Target::of_slot(slot)?;
    Ok(tree
        .file(
            target.as_path(),
            slot.mode.effective(),
            &mut stream,
            sizes::declared(slot),
        )
        .map_err(Fault::Tree))
}

fn codecs(slot: &Slot, operations: &[Operation]) -> Result<Vec<Codec>, Failure> {
    let codec = |operation: &Operation| match operation {
        Operation::Gzip => Ok(Codec::Gzip),
        Operation::Zstd if cfg!(feature = "zstd") => Ok(Codec::Zstd),
        other => {
            let id = slot.entry.id.escape_debug();
            let what = format!(
                "slot {id} is packed as `{}`, and `{other}` is not among what this launcher can undo there \
                 ({}, and tar as the first operation); `psp extract` may",
                slot.chain,
                if cfg!(feature = "zstd") { "gzip, zstd" } else { "gzip" },
            );
            Err(Failure::new(Code::Extraction, what))
        }
    };
    operations.iter().map(codec).collect()
}

fn write_tree(stream: impl Read, limits: &Limits, tree: &mut Tree<'_>) -> Result<(), Fault> {
    let mut fault = None;
    let result = walk(stream, limits, |entry, content| {
        let path = entry.path.as_path();
        let done = match &entry.kind {
            EntryKind::Directory if path.as_os_str().is_empty() => Ok(()),
            EntryKind::Directory => tree.directory(path, entry.mode),
            EntryKind::File { size } => tree.file(path, entry.mode, &mut whole(content, *size), *size),
            EntryKind::Symlink { target } => tree.link(path, target),
        };
        done.map_err(|error| {
            fault = Some(error);
            ArchiveError::Empty
        })
    });
    match (fault, result) {
        (Some(TreeError::Read(error)), _) => Err(Fault::Archive(ArchiveError::Damaged(error))),
        (Some(error), _) => Err(Fault::Tree(error)),
        (None, result) => result.map_err(Fault::Archive),
    }
}

/// The content of an entry; its end before `size` bytes is an error.
fn whole(content: &mut dyn Read, size: u64) -> impl Read + '_ {
    struct Whole<'a>(&'a mut dyn Read, u64);
    impl Read for Whole<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.read(buffer)?;
            self.1 = self.1.saturating_sub(count as u64);
            if count == 0 && self.1 > 0 && !buffer.is_empty() {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            Ok(count)
        }
    }
    Whole(content, size)
}

/// A slot whose bytes are as signed and cannot be unpacked all the same.
fn refused(slot: &Slot, error: &dyn std::error::Error) -> Failure {
    let id = slot.entry.id.escape_debug();
    Failure::caused(
        Code::Extraction,
        format!("the package is refused: slot {id} cannot be unpacked"),
        error,
    )
}

fn stop(error: TreeError, slot: &Slot) -> Stop {
    let id = slot.entry.id.escape_debug();
    Stop::Failed(match error {
        TreeError::Overlap => return Stop::Overlap,
        TreeError::Read(error) => refused(slot, &error),
        TreeError::List(error) => sizes::full_or(Failure::from(error)),
        TreeError::InTheWay(path) => Failure::new(Code::Extraction, in_the_way(&id.to_string(), &path)),
        TreeError::File { verb, path, source } => {
            let what = format!("slot {id} cannot be unpacked: cannot {verb} {}", path.display());
            sizes::full_or(Failure::caused(Code::Extraction, what, &source))
        }
    })
}

fn in_the_way(id: &str, path: &Path) -> String {
    let path = path.display();
    format!("the package is refused: slot {id} needs the place of `{path}`, where another entry already stands")
}
