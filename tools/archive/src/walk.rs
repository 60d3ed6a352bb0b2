use std::io::{self, Read};

use tar::{EntryType, Header, PaxExtensions};

use crate::relative_path::{display, native};
use crate::{ArchiveError, RelativePath};

/// What the caller allows an archive to hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Sum of all file sizes in bytes.
    pub bytes: u64,
    /// Number of entries.
    pub entries: u64,
    /// Whether symlinks are allowed.
    pub symlinks: Symlinks,
}

/// Whether symlinks are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symlinks {
    /// None at all.
    Refuse,
    /// Those whose target is a relative path inside the tree.
    InsideTree,
}

/// One checked entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it goes, below the destination.
    pub path: RelativePath,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits, without set-id and sticky bits.
    pub mode: u32,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file of that many bytes.
    File {
        /// Length in bytes.
        size: u64,
    },
    /// A symlink with a checked target: `../` as often as the tree allows, then plain names.
    Symlink {
        /// The target as it was written.
        target: Vec<u8>,
    },
}

/// Longest name or pax record.
const MAX_RECORD: u64 = 64 << 10;

/// Reads a tar stream to its last byte and hands each checked entry to `each`, files with a reader
/// over their content.
///
/// The stream is read to its end, so that a decompressor beneath checks its own trailer.
pub fn walk(
    input: impl Read,
    limits: &Limits,
    mut each: impl FnMut(&Entry, &mut dyn Read) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut archive = tar::Archive::new(input);
    let (mut extra, mut entries, mut bytes) = (Extra::default(), 0, 0u64);
    for member in archive.entries().map_err(ArchiveError::Damaged)?.raw(true) {
        let mut member = member.map_err(ArchiveError::Damaged)?;
        let header = member.header().clone();
        if extra.take(&header, &mut member)? {
            continue;
        }
        let entry = check(&header, std::mem::take(&mut extra), member.size(), limits.symlinks)?;
        entries += 1;
        if entries > limits.entries {
            return Err(ArchiveError::Limit {
                limit: limits.entries,
                unit: "entries",
            });
        }
        if let EntryKind::File { size } = entry.kind {
            bytes = bytes.saturating_add(size);
            if bytes > limits.bytes {
                return Err(ArchiveError::Limit {
                    limit: limits.bytes,
                    unit: "bytes",
                });
            }
        }
        each(&entry, &mut member)?;
    }
    if entries == 0 {
        return Err(ArchiveError::Empty);
    }
    expect_zeros(archive.into_inner())
}

/// Names that precede their entry: GNU long names and pax records.
#[derive(Default)]
struct Extra {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl Extra {
    /// Takes the member if it describes the next one.
    fn take(&mut self, header: &Header, member: &mut impl Read) -> Result<bool, ArchiveError> {
        match header.entry_type() {
            EntryType::GNULongName => self.name = Some(long_name(header, member)?),
            EntryType::GNULongLink => self.link = Some(long_name(header, member)?),
            EntryType::XHeader => self.take_pax(&record(header, member)?)?,
            EntryType::XGlobalHeader => {
                let mut global = Self::default();
                global.take_pax(&record(header, member)?)?;
                if global.name.is_some() || global.link.is_some() {
                    let key = "path in a global header".into();
                    return Err(ArchiveError::Pax {
                        name: display(&header.path_bytes()),
                        key,
                    });
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_pax(&mut self, records: &[u8]) -> Result<(), ArchiveError> {
        for record in PaxExtensions::new(records) {
            let record = record.map_err(ArchiveError::Damaged)?;
            match record.key_bytes() {
                b"path" => self.name = Some(record.value_bytes().to_vec()),
                b"linkpath" => self.link = Some(record.value_bytes().to_vec()),
                key if key == b"size" || key.starts_with(b"GNU.sparse") => {
                    let name = display(self.name.as_deref().unwrap_or_default());
                    return Err(ArchiveError::Pax {
                        name,
                        key: display(key),
                    });
                }
                // Times, owners and comments are of no use to anyone here.
                _ => {}
            }
        }
        Ok(())
    }
}

fn record(header: &Header, member: &mut impl Read) -> Result<Vec<u8>, ArchiveError> {
    let size = header.entry_size().map_err(ArchiveError::Damaged)?;
    if size > MAX_RECORD {
        return Err(ArchiveError::Limit {
            limit: MAX_RECORD,
            unit: "bytes of a name or pax record",
        });
    }
    let mut record = Vec::new();
    member.read_to_end(&mut record).map_err(ArchiveError::Damaged)?;
    if record.len() as u64 != size {
        return Err(ArchiveError::Damaged(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(record)
}

/// A long name ends with the first NUL, of which GNU tar writes one.
fn long_name(header: &Header, member: &mut impl Read) -> Result<Vec<u8>, ArchiveError> {
    let mut name = record(header, member)?;
    name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
    Ok(name)
}

fn check(header: &Header, extra: Extra, size: u64, symlinks: Symlinks) -> Result<Entry, ArchiveError> {
    let raw = extra.name.unwrap_or_else(|| header.path_bytes().into_owned());
    let name = || display(&raw);
    // The form from before POSIX, which source archives of some old programs still have: it ends where others begin to say more.
    let old = header.as_ustar().is_none() && header.as_gnu().is_none();
    let path = RelativePath::from_bytes(&raw)?;
    let refuse = |found| Err(ArchiveError::Kind { name: name(), found });
    let kind = match header.entry_type() {
        EntryType::Regular | EntryType::Continuous if path.is_empty() => return refuse("file without a name"),
        // There the slash is all that makes a directory.
        EntryType::Regular if old && raw.ends_with(b"/") && size == 0 => EntryKind::Directory,
        EntryType::Regular if raw.ends_with(b"/") => return refuse("file whose name ends with a slash"),
        EntryType::Regular | EntryType::Continuous => EntryKind::File { size },
        EntryType::Directory => EntryKind::Directory,
        EntryType::Symlink if symlinks == Symlinks::Refuse => return refuse("symlink"),
        EntryType::Symlink => {
            let target = extra
                .link
                .or_else(|| header.link_name_bytes().map(|link| link.into_owned()))
                .unwrap_or_default();
            if !stays_inside(&target, &path) {
                return Err(ArchiveError::Link {
                    name: name(),
                    target: display(&target),
                });
            }
            EntryKind::Symlink { target }
        }
        EntryType::Link => return refuse("hard link"),
        EntryType::Char | EntryType::Block => return refuse("device"),
        EntryType::Fifo => return refuse("FIFO"),
        EntryType::GNUSparse => return refuse("sparse file"),
        _ => return refuse("type that is not known"),
    };
    let mode = header.mode().map_err(ArchiveError::Damaged)? & 0o777;
    Ok(Entry { path, kind, mode })
}

/// Accepts `../` as often as the link is deep, then plain names.
///
/// `..` after a name is refused even where the text stays inside: the name may be a link itself, and
/// then the text says nothing about where `..` leads.
pub(crate) fn stays_inside(target: &[u8], link: &RelativePath) -> bool {
    let parts: Vec<&[u8]> = target
        .split(|byte| *byte == b'/')
        .filter(|part| !matches!(*part, b"" | b"."))
        .collect();
    let ups = parts.iter().take_while(|part| **part == b"..").count();
    let plain = parts[ups..]
        .iter()
        .all(|part| *part != b".." && !part.contains(&b'\\') && !part.contains(&0) && native(part).is_some());
    !target.is_empty() && !target.starts_with(b"/") && plain && ups < link.depth()
}

/// Reads what follows the two zero blocks: padding, or something that somebody hid there.
fn expect_zeros(mut input: impl Read) -> Result<(), ArchiveError> {
    let mut buffer = [0; 8192];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) if buffer[..count].iter().all(|byte| *byte == 0) => {}
            Ok(_) => return Err(ArchiveError::TrailingBytes),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ArchiveError::Damaged(error)),
        }
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
