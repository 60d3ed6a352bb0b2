//! Tar members with the records that precede them (GNU long names, pax) applied.

use std::io::Read;

use tar::{EntryType, Header, PaxExtensions};

use super::ReadError;
use crate::escape::escape;

/// Longest name or pax record.
const MAX_RECORD: u64 = 64 << 10;

/// What a member's header and records say.
pub(super) struct Member {
    pub name: Vec<u8>,
    pub kind: MemberKind,
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
    pub size: u64,
}

pub(super) enum MemberKind {
    Directory,
    File,
    Link(Vec<u8>),
    HardLink(Vec<u8>),
}

/// Records that wait for their member.
#[derive(Default)]
pub(super) struct Records {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl Records {
    /// Takes the member if it is a record; otherwise returns it with the records before it.
    pub(super) fn take(&mut self, header: &Header, content: &mut impl Read) -> Result<Option<Member>, ReadError> {
        match header.entry_type() {
            EntryType::GNULongName => self.name = Some(long_name(header, content)?),
            EntryType::GNULongLink => self.link = Some(long_name(header, content)?),
            EntryType::XHeader => self.take_pax(&record(header, content)?)?,
            EntryType::XGlobalHeader => {
                let mut global = Self::default();
                global.take_pax(&record(header, content)?)?;
                if global.name.is_some() || global.link.is_some() {
                    let name = escape(&header.path_bytes());
                    return Err(ReadError::Pax {
                        name,
                        key: "path, for all members".into(),
                    });
                }
            }
            _ => return std::mem::take(self).member(header).map(Some),
        }
        Ok(None)
    }

    fn take_pax(&mut self, records: &[u8]) -> Result<(), ReadError> {
        for record in PaxExtensions::new(records) {
            let record = record.map_err(ReadError::Damaged)?;
            match record.key_bytes() {
                b"path" => self.name = Some(record.value_bytes().to_vec()),
                b"linkpath" => self.link = Some(record.value_bytes().to_vec()),
                // Readers differ on sizes; sparse files and capabilities are never in a package.
                key if key == b"size"
                    || key.starts_with(b"GNU.sparse")
                    || key.starts_with(b"SCHILY.xattr.security.") =>
                {
                    let name = escape(self.name.as_deref().unwrap_or_default());
                    return Err(ReadError::Pax { name, key: escape(key) });
                }
                // Times, owners' names and comments change nothing here.
                _ => {}
            }
        }
        Ok(())
    }

    fn member(self, header: &Header) -> Result<Member, ReadError> {
        let name = self.name.unwrap_or_else(|| header.path_bytes().into_owned());
        let link = self
            .link
            .or_else(|| header.link_name_bytes().map(|link| link.into_owned()))
            .unwrap_or_default();
        let special = |found| {
            Err(ReadError::Special {
                name: escape(&name),
                found,
            })
        };
        if header.as_ustar().is_none() && header.as_gnu().is_none() {
            return special("header of the old form");
        }
        let kind = match header.entry_type() {
            // An old habit: a regular file whose name ends with a slash is a directory.
            EntryType::Regular if name.ends_with(b"/") => return special("file whose name ends with a slash"),
            EntryType::Regular => MemberKind::File,
            EntryType::Directory => MemberKind::Directory,
            EntryType::Symlink => MemberKind::Link(link),
            EntryType::Link => MemberKind::HardLink(link),
            EntryType::Char | EntryType::Block => return special("device"),
            EntryType::Fifo => return special("FIFO"),
            EntryType::GNUSparse => return special("sparse file"),
            _ => return special("type that is not known"),
        };
        let size = header.entry_size().map_err(ReadError::Damaged)?;
        if size != 0 && !matches!(kind, MemberKind::File) {
            return special("header without a file that has a size");
        }
        Ok(Member {
            name,
            kind,
            mode: header.mode().map_err(ReadError::Damaged)?,
            uid: header.uid().map_err(ReadError::Damaged)?,
            gid: header.gid().map_err(ReadError::Damaged)?,
            size,
        })
    }
}

fn record(header: &Header, content: &mut impl Read) -> Result<Vec<u8>, ReadError> {
    let size = header.entry_size().map_err(ReadError::Damaged)?;
    if size > MAX_RECORD {
        return Err(ReadError::Limit {
            limit: MAX_RECORD,
            unit: "bytes of a name or pax record",
        });
    }
    super::exactly(content, size)
}

/// A long name ends with the first NUL.
fn long_name(header: &Header, content: &mut impl Read) -> Result<Vec<u8>, ReadError> {
    let mut name = record(header, content)?;
    name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
    Ok(name)
}
