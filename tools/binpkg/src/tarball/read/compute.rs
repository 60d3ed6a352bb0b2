use std::collections::BTreeMap;
use std::io::Read;

use super::against_manifest::take_file;
use super::member::{Member, MemberKind};
use super::{ReadError, ReadLimits, Sink, place_in};
use crate::escape::escape;
use crate::manifest::{Entry, EntryKind, Grants, Manifest, ManifestError, PayloadPath};

/// Makes the manifest of a package of an older tool, which has none, while its members are read.
pub(super) struct Compute {
    limits: ReadLimits,
    package: Option<String>,
    top_seen: bool,
    entries: BTreeMap<PayloadPath, Entry>,
    bytes: u64,
}

impl Compute {
    pub(super) fn new(limits: ReadLimits) -> Self {
        Self {
            limits,
            package: None,
            top_seen: false,
            entries: BTreeMap::new(),
            bytes: 0,
        }
    }

    pub(super) fn take(
        &mut self,
        member: &Member,
        content: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        // The first directory seen is the package's; the metadata, which come last, must agree.
        let package = self.package.get_or_insert_with(|| top(&member.name));
        let Some(path) = place_in(package, member)? else {
            if std::mem::replace(&mut self.top_seen, true) {
                return Err(ReadError::Outside {
                    name: escape(&member.name),
                    package: package.clone(),
                });
            }
            return Ok(());
        };
        if self.entries.contains_key(&path) {
            return Err(ReadError::Twice(path));
        }
        if member.mode & 0o7000 != 0 && !matches!(member.kind, MemberKind::Link(_)) {
            return Err(ReadError::SetId {
                path,
                mode: member.mode,
            });
        }
        self.make_parents(&path, sink)?;
        self.count(member.size)?;
        let entry = self.entry(path.clone(), member, content, sink)?;
        self.entries.insert(path, entry);
        Ok(())
    }

    fn count(&mut self, bytes: u64) -> Result<(), ReadError> {
        let ReadLimits { entries, bytes: limit } = self.limits;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > limit {
            return Err(ReadError::Limit { limit, unit: "bytes" });
        }
        if self.entries.len() as u64 >= entries {
            return Err(ReadError::Limit {
                limit: entries,
                unit: "entries",
            });
        }
        Ok(())
    }

    /// Older tools did not list every directory.
    fn make_parents(&mut self, path: &PayloadPath, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let mut missing = Vec::new();
        let mut parent = path.parent();
        while let Some(directory) = parent {
            if self.entries.contains_key(&directory) {
                break;
            }
            parent = directory.parent();
            missing.push(directory);
        }
        for directory in missing.into_iter().rev() {
            self.count(0)?;
            let entry = plain(directory.clone(), EntryKind::Directory, 0o755);
            sink.directory(&entry).map_err(|source| ReadError::Sink {
                path: directory.clone(),
                source,
            })?;
            self.entries.insert(directory, entry);
        }
        // A parent that is a file or a link must be refused before anything is put below it.
        let found = match path
            .parent()
            .and_then(|parent| self.entries.get(&parent))
            .map(|entry| &entry.kind)
        {
            Some(EntryKind::File { .. }) => "a file",
            Some(EntryKind::Link { .. }) => "a link",
            Some(EntryKind::Directory) | None => return Ok(()),
        };
        let path = path.clone();
        Err(ManifestError::Parent { path, found }.into())
    }

    fn entry(
        &self,
        path: PayloadPath,
        member: &Member,
        content: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<Entry, ReadError> {
        let failed = |source| ReadError::Sink {
            path: path.clone(),
            source,
        };
        let mode = if member.mode & 0o111 == 0 { 0o644 } else { 0o755 };
        match &member.kind {
            MemberKind::Directory => {
                let entry = plain(path.clone(), EntryKind::Directory, 0o755);
                sink.directory(&entry).map_err(failed)?;
                Ok(entry)
            }
            MemberKind::File => {
                let sha256 = take_file(&path, mode, member.size, content, sink)?;
                Ok(plain(
                    path,
                    EntryKind::File {
                        size: member.size,
                        sha256,
                    },
                    mode,
                ))
            }
            MemberKind::Link(target) => {
                let length = target.len();
                if !(1..=EntryKind::MAX_TARGET).contains(&length) || target.contains(&0) {
                    return Err(ReadError::LinkTarget { path, length });
                }
                sink.link(&path, target).map_err(failed)?;
                Ok(plain(path, EntryKind::Link { target: target.clone() }, 0o777))
            }
            MemberKind::HardLink(target) => {
                let earlier = self.earlier_file(target).ok_or_else(|| ReadError::HardLink {
                    path: path.clone(),
                    target: escape(target),
                    expected: "the name of an earlier file",
                })?;
                sink.hard_link(&path, &earlier.path).map_err(failed)?;
                Ok(Entry {
                    path,
                    ..earlier.clone()
                })
            }
        }
    }

    fn earlier_file(&self, target: &[u8]) -> Option<&Entry> {
        let package = self.package.as_ref()?;
        let path = target.strip_prefix(package.as_bytes())?.strip_prefix(b"/")?;
        let entry = self.entries.get(&PayloadPath::new(path).ok()?)?;
        matches!(entry.kind, EntryKind::File { .. }).then_some(entry)
    }

    /// The manifest, and the directory that the payload stood in; `None` when there was no payload.
    pub(super) fn finish(self) -> Result<(Manifest, Option<String>), ReadError> {
        Ok((Manifest::new(self.entries.into_values().collect())?, self.package))
    }
}

fn plain(path: PayloadPath, kind: EntryKind, mode: u32) -> Entry {
    Entry {
        path,
        kind,
        mode,
        grants: Grants::default(),
    }
}

/// The first part of a name. One that is no UTF-8 is the name of no package, and is found out when the metadata come.
fn top(name: &[u8]) -> String {
    String::from_utf8_lossy(name.split(|byte| *byte == b'/').next().unwrap_or_default()).into_owned()
}
