//! Reading a tarball that may come from anyone.
//!
//! # Threat model
//!
//! Every line is one check, one variant of [`ReadError`] and one test. All checks are made while reading, so before
//! anything is written outside of the sink's staging directory.
//!
//! | attack | answer |
//! |---|---|
//! | absolute name, `..`, `.`, empty part, NUL, path over 4096 or part over 255 bytes | [`ReadError::Path`] |
//! | entry beside `<name>/` and the two metadata files | [`ReadError::Outside`] |
//! | a second copy of either metadata file | [`ReadError::SecondCopy`] |
//! | the same path twice | [`ReadError::Twice`] |
//! | paths that differ only in letter case | [`ReadError::LetterCase`] where the target folds it; elsewhere [`Package::case_clashes`], to warn of |
//! | a parent that is a link or a file of the archive | [`ReadError::Manifest`] |
//! | hard link | [`ReadError::HardLink`]; in old packages allowed to an earlier file |
//! | device, FIFO, unknown type, sparse file | [`ReadError::Special`], [`ReadError::Pax`] |
//! | link target with NUL or longer than 4095 | [`ReadError::LinkTarget`], in a manifest [`ReadError::Manifest`] |
//! | link that leaves the root, other links followed | [`ReadError::Link`] |
//! | file without manifest line, line without file | [`ReadError::NotInManifest`], [`ReadError::Missing`] |
//! | other type, mode, owner, size, target or digest than in the manifest | [`ReadError::Differs`] |
//! | bomb | whatever exceeds the manifest ends the reading; without one, [`ReadLimits`]; records and padding have limits of their own |
//! | bytes after the archive or the compressed stream | [`ReadError::Trailing`], [`ReadError::Damaged`] |
//! | set-id bit or capability that no manifest grants | [`ReadError::Differs`], [`ReadError::SetId`], [`ReadError::Pax`] |

mod against_manifest;
mod compute;
mod error;
mod member;
mod sink;
mod stream;
mod tree_sink;

use std::io::{self, Read};

use crate::escape::escape;
use crate::manifest::{Manifest, PayloadPath};
use crate::metadata::{LayoutKind, Metadata};
use crate::names::Compression;
use crate::payload::check_links;
use against_manifest::AgainstManifest;
use compute::Compute;
use member::{Member, MemberKind, Records};

use super::{MANIFEST, METADATA};

pub use error::ReadError;
pub use sink::{NoSink, Sink};
pub use tree_sink::TreeSink;

/// What a package of an older tool, without a manifest, may hold.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// Number of entries.
    pub entries: u64,
    /// Sum of the file sizes.
    pub bytes: u64,
}

impl Default for ReadLimits {
    /// More than any program has.
    fn default() -> Self {
        Self {
            entries: 1 << 20,
            bytes: 16 << 30,
        }
    }
}

/// Longest `METADATA.json` in bytes.
const MAX_METADATA: u64 = 4 << 20;
/// Longest `MANIFEST` in bytes.
const MAX_MANIFEST: u64 = 256 << 20;
/// Most records (GNU long names, pax) before one member; writers need four at most.
const MAX_RECORDS: u64 = 8;
/// Longest padding after the archive in bytes; some writers fill a record of a tape.
const MAX_PADDING: u64 = 1 << 20;

/// A package whose every byte agrees with its manifest.
#[derive(Debug)]
pub struct Package {
    /// What it is.
    pub metadata: Metadata,
    /// What is in it.
    pub contents: Contents,
    /// How the tarball is compressed, whatever its name says.
    pub compression: Compression,
}

/// The manifest of a package, and where it comes from.
#[derive(Debug)]
pub enum Contents {
    /// It was in the package.
    Listed(Manifest),
    /// The package is of an older tool; the manifest was computed while reading.
    Computed(Manifest),
}

impl Contents {
    /// The manifest, wherever it comes from.
    pub fn manifest(&self) -> &Manifest {
        let (Self::Listed(manifest) | Self::Computed(manifest)) = self;
        manifest
    }
}

impl Package {
    /// Pairs of paths that are one place where letter case does not count: an error there, else worth a warning.
    pub fn case_clashes(&self) -> Vec<(&PayloadPath, &PayloadPath)> {
        self.contents.manifest().case_clashes()
    }
}

/// Reads a tarball to its last byte, checks everything, and hands the payload to `sink` on the way.
///
/// # Errors
/// The first line of the threat model that it fails. What the sink was given until then is to be thrown away.
pub fn read(input: impl Read, limits: ReadLimits, sink: &mut dyn Sink) -> Result<Package, ReadError> {
    let (reader, compression) = stream::decompress(input)?;
    let mut archive = tar::Archive::new(reader);
    let mut members = Members {
        entries: archive.entries().map_err(ReadError::Damaged)?.raw(true),
        records: Records::default(),
    };
    let (metadata, contents) = match members.next()? {
        Some((member, mut content)) if member.name == METADATA.as_bytes() => {
            let metadata = metadata(&member, &mut content)?;
            drop(content);
            read_listed(metadata, &mut members, sink)?
        }
        first => read_computed(first, &mut members, limits, sink)?,
    };
    drop(members);
    expect_zeros(archive.into_inner())?;
    Ok(Package {
        metadata,
        contents,
        compression,
    })
}

/// Reads no further than the manifest: enough to decide what to do with a package, nothing that its payload could have a say
/// in. `None` for a package of an older tool, which tells what it is only at its end.
///
/// # Errors
/// The first line of the threat model that metadata or manifest fail.
pub fn read_head(input: impl Read) -> Result<Option<(Metadata, Manifest)>, ReadError> {
    let (reader, _) = stream::decompress(input)?;
    let mut archive = tar::Archive::new(reader);
    let mut members = Members {
        entries: archive.entries().map_err(ReadError::Damaged)?.raw(true),
        records: Records::default(),
    };
    match members.next()? {
        Some((member, mut content)) if member.name == METADATA.as_bytes() => {
            let metadata = metadata(&member, &mut content)?;
            drop(content);
            let manifest = manifest_of(&metadata, &mut members)?;
            Ok(Some((metadata, manifest)))
        }
        _ => Ok(None),
    }
}

fn read_listed<R: Read>(
    metadata: Metadata,
    members: &mut Members<'_, R>,
    sink: &mut dyn Sink,
) -> Result<(Metadata, Contents), ReadError> {
    let manifest = manifest_of(&metadata, members)?;
    let mut payload = AgainstManifest::new(metadata.name.as_str(), &manifest);
    while let Some((member, mut content)) = members.next()? {
        refuse_copies(&member)?;
        payload.take(&member, &mut content, sink)?;
    }
    payload.finish()?;
    Ok((metadata, Contents::Listed(manifest)))
}

/// Reads the manifest that follows the metadata, with every check that needs no payload.
fn manifest_of<R: Read>(metadata: &Metadata, members: &mut Members<'_, R>) -> Result<Manifest, ReadError> {
    let found = match members.next()? {
        Some((member, mut content)) if member.name == MANIFEST.as_bytes() => {
            Ok(Manifest::parse(&small_file(&member, &mut content, MAX_MANIFEST)?)?)
        }
        Some((member, _)) => Err(escape(&member.name)),
        None => Err("the end".to_owned()),
    };
    let manifest = found.map_err(|found| ReadError::Order {
        expected: MANIFEST,
        found,
    })?;
    check_content_hash(metadata, &manifest)?;
    check_links(&manifest, kind(metadata))?;
    check_letter_case(metadata, &manifest)?;
    Ok(manifest)
}

fn read_computed<'a, R: Read>(
    first: Option<(Member, tar::Entry<'a, R>)>,
    members: &mut Members<'a, R>,
    limits: ReadLimits,
    sink: &mut dyn Sink,
) -> Result<(Metadata, Contents), ReadError> {
    let mut payload = Compute::new(limits);
    let mut found = None;
    let mut next = first;
    while let Some((member, mut content)) = next {
        if member.name == METADATA.as_bytes() && found.is_none() {
            found = Some(metadata(&member, &mut content)?);
        } else {
            refuse_copies(&member)?;
            payload.take(&member, &mut content, sink)?;
        }
        drop(content);
        next = members.next()?;
    }
    let metadata = found.ok_or(ReadError::NoMetadata)?;
    let (manifest, directory) = payload.finish()?;
    if let Some(found) = directory
        && found != metadata.name.as_str()
    {
        return Err(ReadError::Name {
            expected: metadata.name,
            found,
        });
    }
    check_links(&manifest, kind(&metadata))?;
    check_letter_case(&metadata, &manifest)?;
    Ok((metadata, Contents::Computed(manifest)))
}

/// Older metadata do not say what the paths mean; those packages were staged roots.
fn kind(metadata: &Metadata) -> LayoutKind {
    metadata.layout.as_ref().map_or(LayoutKind::Root, |layout| layout.kind)
}

/// Two names that are one file on the target are refused; where they are two, they are only worth a warning.
fn check_letter_case(metadata: &Metadata, manifest: &Manifest) -> Result<(), ReadError> {
    let folds = metadata
        .platform
        .get("os")
        .filter(|os| ["darwin", "windows"].contains(&os.as_str()));
    match (folds, manifest.case_clashes().first()) {
        (Some(os), Some((one, two))) => Err(ReadError::LetterCase {
            one: (*one).clone(),
            two: (*two).clone(),
            os: os.clone(),
        }),
        _ => Ok(()),
    }
}

fn check_content_hash(metadata: &Metadata, manifest: &Manifest) -> Result<(), ReadError> {
    let found = manifest.content_hash();
    let agrees = metadata.content_hash.fits(&found) && metadata.content_hash_full.is_none_or(|full| full == found);
    if !agrees {
        let expected = metadata
            .content_hash_full
            .map_or_else(|| metadata.content_hash.to_string(), |full| full.hex());
        return Err(ReadError::ContentHash { expected, found });
    }
    Ok(())
}

fn refuse_copies(member: &Member) -> Result<(), ReadError> {
    match [METADATA, MANIFEST]
        .into_iter()
        .find(|name| member.name == name.as_bytes())
    {
        Some(name) => Err(ReadError::SecondCopy(name)),
        None => Ok(()),
    }
}

fn metadata(member: &Member, content: &mut impl Read) -> Result<Metadata, ReadError> {
    Ok(Metadata::parse(&small_file(member, content, MAX_METADATA)?)?)
}

fn small_file(member: &Member, content: &mut impl Read, limit: u64) -> Result<Vec<u8>, ReadError> {
    if !matches!(member.kind, MemberKind::File) {
        let found = "directory or link";
        return Err(ReadError::Special {
            name: escape(&member.name),
            found,
        });
    }
    if member.size > limit {
        return Err(ReadError::Limit {
            limit,
            unit: "bytes of a metadata file",
        });
    }
    exactly(content, member.size)
}

/// The path of a member below the package's directory; `None` for the directory itself.
fn place_in(package: &str, member: &Member) -> Result<Option<PayloadPath>, ReadError> {
    let is_directory = matches!(member.kind, MemberKind::Directory);
    let name = match member.name.strip_suffix(b"/") {
        Some(name) if is_directory => name,
        _ => &member.name,
    };
    // The whole name first: `bash/../x` is refused for what it is, not for where it is.
    PayloadPath::new(name)?;
    let outside = || ReadError::Outside {
        name: escape(name),
        package: package.into(),
    };
    let rest = name.strip_prefix(package.as_bytes()).ok_or_else(outside)?;
    match rest.strip_prefix(b"/") {
        Some(path) => Ok(Some(PayloadPath::new(path)?)),
        None if rest.is_empty() && is_directory => Ok(None),
        None => Err(outside()),
    }
}

/// Reads `size` bytes, or says that they are not there.
fn exactly(content: &mut impl Read, size: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    content.take(size).read_to_end(&mut bytes).map_err(ReadError::Damaged)?;
    if bytes.len() as u64 != size {
        return Err(ReadError::Damaged(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(bytes)
}

/// A content that ends early is an error, not a short file.
struct Faithful<'a> {
    content: &'a mut dyn Read,
    left: u64,
}

impl<'a> Faithful<'a> {
    fn new(content: &'a mut dyn Read, size: u64) -> Self {
        Self { content, left: size }
    }
}

impl Read for Faithful<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)? as u64;
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left = self.left.saturating_sub(count);
        Ok(count as usize)
    }
}

struct Members<'a, R: Read> {
    entries: tar::Entries<'a, R>,
    records: Records,
}

impl<'a, R: Read> Members<'a, R> {
    fn next(&mut self) -> Result<Option<(Member, tar::Entry<'a, R>)>, ReadError> {
        for (entry, records) in (&mut self.entries).zip(0..) {
            let mut entry = entry.map_err(ReadError::Damaged)?;
            let header = entry.header().clone();
            if let Some(member) = self.records.take(&header, &mut entry)? {
                return Ok(Some((member, entry)));
            }
            if records >= MAX_RECORDS {
                return Err(ReadError::Limit {
                    limit: MAX_RECORDS,
                    unit: "records before one member",
                });
            }
        }
        Ok(None)
    }
}

/// Reads what follows the two zero blocks: padding, or something that somebody hid there.
fn expect_zeros(mut input: impl Read) -> Result<(), ReadError> {
    let mut buffer = vec![0; 8192];
    let mut length = 0;
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) if buffer[..count].iter().all(|byte| *byte == 0) => {
                length += count as u64;
                if length > MAX_PADDING {
                    return Err(ReadError::Limit {
                        limit: MAX_PADDING,
                        unit: "bytes of padding",
                    });
                }
            }
            Ok(_) => return Err(ReadError::Trailing),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ReadError::Damaged(error)),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
