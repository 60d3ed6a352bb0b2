//! Slots out of a package: checked, sanitised, complete or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use archive::{Limited, Limits, Symlinks, decode, unpack};
use pspf_verify::{Package, Slot};

use crate::chain::split;
use crate::{Error, OutputFile, PackageFile, output};

/// Most entries of one tree.
pub(crate) const MAX_ENTRIES: u64 = 1_000_000;

/// One slot that was extracted.
#[derive(Clone, Debug)]
pub struct ExtractedSlot {
    /// Its id.
    pub id: String,
    /// The file, or the directory of a tree.
    pub path: PathBuf,
}

/// Extracts one slot, named by id or position: a tree to the new directory `output`, anything else
/// to the new file `output`.
pub fn extract_slot(file: &PackageFile, slot: &str, output: &Path) -> Result<ExtractedSlot, Error> {
    let package = file.package()?;
    let position = find(&package, slot).ok_or_else(|| no_such_slot(file, &package, slot))?;
    refuse_existing(output)?;
    let staging = staging(output)?;
    let id = package.slots()[position].entry.id.clone();
    let place = staging.path().join("slot");
    extract(file, &package, position, &place).map_err(Error::slot(&id))?;
    fs::rename(&place, output).map_err(Error::file("rename to", output))?;
    Ok(ExtractedSlot {
        id,
        path: output.to_owned(),
    })
}

/// Extracts all slots below the new or empty directory `output`, as `NN_<id>` with harmless names,
/// and the metadata as `metadata.json`.
pub fn extract_all(file: &PackageFile, output: &Path) -> Result<Vec<ExtractedSlot>, Error> {
    let package = file.package()?;
    if fs::read_dir(output).map_or(true, |mut list| list.next().is_some()) {
        refuse_existing(output)?;
    }
    let staging = staging(output)?;
    let root = staging.path().join("all");
    make_directory(&root)?;
    let mut done = Vec::new();
    for (position, slot) in package.slots().iter().enumerate() {
        let name = format!("{position:02}_{}", harmless(&slot.entry.id));
        extract(file, &package, position, &root.join(&name)).map_err(Error::slot(&slot.entry.id))?;
        done.push(ExtractedSlot {
            id: slot.entry.id.clone(),
            path: output.join(name),
        });
    }
    OutputFile::write(&root.join("metadata.json"), package.metadata_json(), 0o644)?;
    fs::rename(&root, output).map_err(Error::file("rename to", output))?;
    Ok(done)
}

/// Undoes the chain of one slot into `place`; the digest is compared before anyone sees the result.
fn extract(file: &PackageFile, package: &Package<'_, File>, position: usize, place: &Path) -> Result<(), Error> {
    let slot = &package.slots()[position];
    let Some(mut payload) = package.payload(position) else {
        return Ok(());
    };
    let (tar, codecs) = split(slot.chain)?;
    let refused = |source| Error::Refused {
        path: file.path().to_owned(),
        source,
    };
    {
        let content = decode(&mut payload, &codecs).map_err(Error::file("read", file.path()))?;
        let mut content = Limited::new(content, slot.unpacked_limit());
        if tar {
            extract_tree(slot, content, place)?
        } else {
            extract_file(slot, &mut content, place, file.path())?
        }
    }
    payload.finish().map_err(refused)?;
    Ok(())
}

fn extract_tree(slot: &Slot, content: impl Read, place: &Path) -> Result<(), Error> {
    make_directory(place)?;
    let limits = Limits {
        bytes: slot.unpacked_limit(),
        entries: MAX_ENTRIES,
        symlinks: Symlinks::InsideTree,
    };
    unpack(content, place, &limits)?;
    Ok(())
}

fn extract_file(slot: &Slot, content: &mut impl Read, place: &Path, package: &Path) -> Result<(), Error> {
    let mut output = File::create_new(place).map_err(Error::file("create", place))?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => output
                .write_all(&buffer[..count])
                .map_err(Error::file("write", place))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A stream that does not decompress is the package's fault.
            Err(error) if error.raw_os_error().is_none() => return Err(archive::ArchiveError::Damaged(error).into()),
            Err(error) => return Err(Error::file("read", package)(error)),
        }
    }
    // The staging directory becomes visible as a whole; a crash before that leaves nothing to sync.
    output::set_mode(place, slot.mode.effective()).map_err(Error::file("set the mode of", place))
}

fn find(package: &Package<'_, File>, slot: &str) -> Option<usize> {
    let by_id = package.slots().iter().position(|known| known.entry.id == slot);
    by_id.or_else(|| slot.parse().ok().filter(|position| *position < package.slots().len()))
}

fn no_such_slot(file: &PackageFile, package: &Package<'_, File>, slot: &str) -> Error {
    let known: Vec<&str> = package.slots().iter().map(|slot| slot.entry.id.as_str()).collect();
    let known = if known.is_empty() {
        "none".into()
    } else {
        known.join(", ")
    };
    Error::NoSuchSlot {
        slot: slot.to_owned(),
        path: file.path().to_owned(),
        known,
    }
}

/// An id as part of a file name: letters, digits, dots, dashes and underscores, at most 100.
fn harmless(id: &str) -> String {
    let keep = |character: char| {
        if character.is_ascii_alphanumeric() || "._-".contains(character) {
            character
        } else {
            '_'
        }
    };
    id.chars().take(100).map(keep).collect()
}

fn refuse_existing(path: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    Err(Error::Exists { path: path.to_owned() })
}

/// A private directory beside `output`, removed with everything in it unless renamed away.
fn staging(output: &Path) -> Result<tempfile::TempDir, Error> {
    let parent = match output.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    tempfile::Builder::new()
        .prefix(".psp-")
        .tempdir_in(parent)
        .map_err(Error::file("create a directory in", parent))
}

fn make_directory(path: &Path) -> Result<(), Error> {
    fs::create_dir(path).map_err(Error::file("make the directory", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_ids_never_lead_outside() {
        assert_eq!(harmless("../../etc/passwd"), ".._.._etc_passwd");
        assert_eq!(harmless("a\0b\u{1b}é"), "a_b__");
        assert_eq!(harmless(&"x".repeat(300)).len(), 100);
    }
}
