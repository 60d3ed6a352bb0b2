use std::io::Read;

use digest::HashingReader;

use super::member::{Member, MemberKind};
use super::{ReadError, Sink, place_in};
use crate::escape::escape;
use crate::manifest::{Entry, EntryKind, Manifest, PayloadPath};

/// Compares members with a manifest that stood before them. There is nothing to limit: whatever is not in the manifest, or
/// larger than it says, ends the reading.
pub(super) struct AgainstManifest<'a> {
    package: &'a str,
    manifest: &'a Manifest,
    seen: Vec<bool>,
    top_seen: bool,
}

impl<'a> AgainstManifest<'a> {
    pub(super) fn new(package: &'a str, manifest: &'a Manifest) -> Self {
        Self {
            package,
            manifest,
            seen: vec![false; manifest.entries().len()],
            top_seen: false,
        }
    }

    pub(super) fn take(
        &mut self,
        member: &Member,
        content: &mut dyn Read,
        sink: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let Some(path) = place_in(self.package, member)? else {
            if std::mem::replace(&mut self.top_seen, true) {
                return Err(ReadError::Outside {
                    name: escape(&member.name),
                    package: self.package.into(),
                });
            }
            return Ok(());
        };
        let Ok(index) = self.manifest.entries().binary_search_by(|entry| entry.path.cmp(&path)) else {
            return Err(ReadError::NotInManifest(path));
        };
        if std::mem::replace(&mut self.seen[index], true) {
            return Err(ReadError::Twice(path));
        }
        let entry = &self.manifest.entries()[index];
        compare_header(entry, member)?;
        let failed = |source| ReadError::Sink {
            path: path.clone(),
            source,
        };
        match &entry.kind {
            EntryKind::Directory => sink.directory(entry).map_err(failed),
            EntryKind::Link { target } => sink.link(&path, target).map_err(failed),
            EntryKind::File { size, sha256 } => {
                let found = take_file(&path, entry.mode, *size, content, sink)?;
                if found != *sha256 {
                    return Err(differs(entry, "sha256", sha256, found));
                }
                Ok(())
            }
        }
    }

    /// Every line of the manifest must have had its member.
    pub(super) fn finish(self) -> Result<(), ReadError> {
        match self.seen.iter().position(|seen| !seen) {
            Some(index) => Err(ReadError::Missing(self.manifest.entries()[index].path.clone())),
            None => Ok(()),
        }
    }
}

/// Hands a file to the sink and returns the digest of what it was given.
pub(super) fn take_file(
    path: &PayloadPath,
    mode: u32,
    size: u64,
    content: &mut dyn Read,
    sink: &mut dyn Sink,
) -> Result<digest::Sha256, ReadError> {
    let mut hashing = HashingReader::new(super::Faithful::new(content, size));
    let taken = sink.file(path, mode, &mut hashing);
    // What a sink leaves unread still counts.
    let drained = std::io::copy(&mut hashing, &mut std::io::sink());
    let (digest, length) = hashing.finish();
    match (taken, drained) {
        (Err(source), Ok(_)) => Err(ReadError::Sink {
            path: path.clone(),
            source,
        }),
        (_, Err(source)) => Err(ReadError::Damaged(source)),
        (Ok(()), Ok(_)) if length != size => Err(ReadError::Damaged(std::io::ErrorKind::UnexpectedEof.into())),
        (Ok(()), Ok(_)) => Ok(digest),
    }
}

fn compare_header(entry: &Entry, member: &Member) -> Result<(), ReadError> {
    let found = match &member.kind {
        MemberKind::Directory => "directory",
        MemberKind::File => "file",
        MemberKind::Link(_) => "link",
        MemberKind::HardLink(target) => {
            let (path, target) = (entry.path.clone(), escape(target));
            return Err(ReadError::HardLink {
                path,
                target,
                expected: "a full file under each name",
            });
        }
    };
    if found != entry.kind.name() {
        return Err(differs(entry, "type", entry.kind.name(), found));
    }
    if let (EntryKind::Link { target: expected }, MemberKind::Link(found)) = (&entry.kind, &member.kind)
        && expected != found
    {
        return Err(differs(entry, "target", escape(expected), escape(found)));
    }
    if member.mode != entry.mode {
        return Err(differs(
            entry,
            "mode",
            format!("{:04o}", entry.mode),
            format!("{:04o}", member.mode),
        ));
    }
    let owner = (u64::from(entry.grants.uid), u64::from(entry.grants.gid));
    if (member.uid, member.gid) != owner {
        let text = |(uid, gid)| format!("{uid}:{gid}");
        return Err(differs(entry, "owner", text(owner), text((member.uid, member.gid))));
    }
    if member.size != entry.size() {
        return Err(differs(entry, "size", entry.size(), member.size));
    }
    Ok(())
}

fn differs(entry: &Entry, field: &'static str, expected: impl ToString, found: impl ToString) -> ReadError {
    ReadError::Differs {
        path: entry.path.clone(),
        field,
        expected: expected.to_string(),
        found: found.to_string(),
    }
}
