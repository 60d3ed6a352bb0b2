//! The files that a package unpacks to, without unpacking it.

use std::io::Read;
use std::path::Path;

use archive::{ArchiveError, EntryKind, Limited, Limits, Symlinks, decode, walk};
use pspf_verify::Slot;

use crate::chain::split;
use crate::extract::MAX_ENTRIES;
use crate::store::relative_target;
use crate::{Error, PackageFile};

/// What a launcher puts at one place of the workenv.
pub enum Unpacked<'a> {
    /// A file with these permission bits and this content.
    File {
        /// The low nine bits.
        mode: u32,
        /// Its bytes.
        content: &'a mut dyn Read,
    },
    /// A symbolic link to this target.
    Link(&'a [u8]),
}

/// Shows `visit` every file and link that a launcher unpacks, in order; of two at one place the later counts.
///
/// What was shown counts for nothing before this function has returned: only then every digest was compared.
///
/// # Errors
/// A package that is refused, or that no launcher can unpack; the first error of `visit`.
pub fn visit_files(
    file: &PackageFile,
    visit: &mut dyn FnMut(&Path, Unpacked<'_>) -> std::io::Result<()>,
) -> Result<(), Error> {
    let package = file.package()?;
    for (position, slot) in package.slots().iter().enumerate() {
        let Some(mut payload) = package.payload(position) else {
            continue;
        };
        if slot.entry.self_ref != Some(true) {
            visit_slot(file, slot, &mut payload, visit).map_err(Error::slot(&slot.entry.id))?;
        }
        payload.finish().map_err(|source| Error::Refused {
            path: file.path().to_owned(),
            source,
        })?;
    }
    Ok(())
}

fn visit_slot(
    file: &PackageFile,
    slot: &Slot,
    payload: &mut dyn Read,
    visit: &mut dyn FnMut(&Path, Unpacked<'_>) -> std::io::Result<()>,
) -> Result<(), Error> {
    let (tar, codecs) = split(slot.chain)?;
    let content = decode(payload, &codecs).map_err(Error::file("read", file.path()))?;
    let mut content = Limited::new(content, slot.unpacked_limit());
    if !tar {
        let (mode, content) = (slot.mode.effective() & 0o777, &mut content);
        let target = relative_target(&slot.entry.target)?;
        return visit(target.as_path(), Unpacked::File { mode, content }).map_err(Error::file("read", file.path()));
    }
    let limits = Limits {
        bytes: slot.unpacked_limit(),
        entries: MAX_ENTRIES,
        symlinks: Symlinks::InsideTree,
    };
    walk(content, &limits, |entry, content| {
        let mode = entry.mode & 0o777;
        match &entry.kind {
            EntryKind::Directory => Ok(()),
            EntryKind::File { .. } => visit(entry.path.as_path(), Unpacked::File { mode, content }),
            EntryKind::Symlink { target } => visit(entry.path.as_path(), Unpacked::Link(target)),
        }
        .map_err(ArchiveError::Damaged)
    })?;
    Ok(())
}
