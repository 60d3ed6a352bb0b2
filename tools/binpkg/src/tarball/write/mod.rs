//! Writing a tarball (sections 3.1 and 3.2): the same package gives the same bytes, whoever writes it, wherever.

mod compress;
mod deflate;
mod gzip;
pub(in crate::tarball) mod header;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use digest::{HashingReader, HashingWriter, Sha256};

use crate::manifest::{Entry, EntryKind};
use crate::metadata::{Metadata, MetadataError};
use crate::names::Compression;
use crate::payload::Payload;
use compress::Compressor;
use header::{BLOCK, Header};

use super::{MANIFEST, METADATA};

/// How a tarball is written.
#[derive(Clone, Copy, Debug)]
pub struct WriteOptions {
    /// How it is compressed.
    pub compression: Compression,
    /// The time of every entry, in seconds since 1970.
    pub mtime: u64,
    /// Threads that may compress; the bytes do not depend on it.
    pub threads: u32,
}

/// Why a tarball was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file of the payload could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file that is not what it was when its digest was taken.
    #[error("{} changed while it was packed: expected {expected}, found {found}", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Size or digest when it was looked at.
        expected: String,
        /// Size or digest when it was packed.
        found: String,
    },
    /// Metadata without a JSON form.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The output could not be written.
    #[error("cannot write the tarball")]
    Write(#[source] io::Error),
}

/// Writes the tarball of a package; returns its digest and its size.
///
/// # Errors
/// A file that cannot be read or changed meanwhile; an output that cannot be written. What is in the output then is no
/// package: write beside and rename.
pub fn write(
    payload: &Payload,
    metadata: &Metadata,
    options: &WriteOptions,
    output: impl Write,
) -> Result<(Sha256, u64), WriteError> {
    let head = head(payload, metadata, options.mtime)?;
    let name = metadata.name.as_str();
    let entries = payload.manifest().entries();
    let body: u64 = entries
        .iter()
        .map(|entry| entry_length(entry, name, options.mtime))
        .sum();
    let length = head.len() as u64 + body + 2 * BLOCK;

    let hashing = HashingWriter::new(output);
    let mut tar = Compressor::new(options.compression, hashing, length, options.threads).map_err(WriteError::Write)?;
    tar.write_all(&head).map_err(WriteError::Write)?;
    for entry in entries {
        let header = entry_header(entry, name, options.mtime);
        tar.write_all(&header).map_err(WriteError::Write)?;
        if let EntryKind::File { size, sha256 } = entry.kind {
            copy_file(payload.file(&entry.path), size, sha256, &mut tar)?;
            tar.write_all(&[0; BLOCK as usize][..padding(size) as usize])
                .map_err(WriteError::Write)?;
        }
    }
    tar.write_all(&[0; 2 * BLOCK as usize]).map_err(WriteError::Write)?;
    let (mut output, digest, size) = tar.finish().map_err(WriteError::Write)?.finish();
    output.flush().map_err(WriteError::Write)?;
    Ok((digest, size))
}

/// Everything before the first entry of the payload: metadata, manifest, and the package's own directory.
fn head(payload: &Payload, metadata: &Metadata, mtime: u64) -> Result<Vec<u8>, WriteError> {
    let mut head = Vec::new();
    for (name, content) in [
        (METADATA, metadata.to_json()?),
        (MANIFEST, payload.manifest().to_string()),
    ] {
        let size = content.len() as u64;
        head.extend(plain(name.as_bytes(), b'0', 0o644, size, mtime).to_bytes());
        head.extend(content.as_bytes());
        head.resize(head.len() + padding(size) as usize, 0);
    }
    let directory = format!("{}/", metadata.name);
    head.extend(plain(directory.as_bytes(), b'5', 0o755, 0, mtime).to_bytes());
    Ok(head)
}

fn plain(name: &[u8], kind: u8, mode: u32, size: u64, mtime: u64) -> Header<'_> {
    Header {
        name,
        kind,
        mode,
        uid: 0,
        gid: 0,
        size,
        mtime,
        link: b"",
        user: b"",
        group: b"",
    }
}

fn entry_header(entry: &Entry, package: &str, mtime: u64) -> Vec<u8> {
    let mut name = [package.as_bytes(), b"/", entry.path.as_bytes()].concat();
    let (kind, link) = match &entry.kind {
        EntryKind::Directory => {
            name.push(b'/');
            (b'5', &b""[..])
        }
        EntryKind::File { .. } => (b'0', &b""[..]),
        EntryKind::Link { target } => (b'2', &target[..]),
    };
    let mut header = plain(&name, kind, entry.mode, entry.size(), mtime);
    header.uid = entry.grants.uid;
    header.gid = entry.grants.gid;
    header.user = entry.grants.user.as_deref().unwrap_or_default().as_bytes();
    header.group = entry.grants.group.as_deref().unwrap_or_default().as_bytes();
    header.link = link;
    header.to_bytes()
}

fn entry_length(entry: &Entry, package: &str, mtime: u64) -> u64 {
    entry_header(entry, package, mtime).len() as u64 + entry.size() + padding(entry.size())
}

/// Bytes from the end of a content to the next block.
fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK) - size
}

/// Copies a file and checks that it is still the one that was looked at.
fn copy_file(path: PathBuf, size: u64, sha256: Sha256, output: &mut impl Write) -> Result<(), WriteError> {
    let read_error = |source| WriteError::Read {
        path: path.clone(),
        source,
    };
    // One byte more than expected, so that a file that grew shows.
    let mut content = HashingReader::new(File::open(&path).map_err(read_error)?.take(size.saturating_add(1)));
    let mut buffer = vec![0; (size + 1).min(128 << 10) as usize];
    let mut left = size;
    loop {
        let count = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(read_error(error)),
        };
        if count > left {
            let found = format!("more than {size} bytes");
            return Err(WriteError::Changed {
                path,
                expected: format!("{size} bytes"),
                found,
            });
        }
        left -= count;
        output.write_all(&buffer[..count as usize]).map_err(WriteError::Write)?;
    }
    let (found, length) = content.finish();
    if left > 0 {
        let (expected, found) = (format!("{size} bytes"), format!("{length} bytes"));
        return Err(WriteError::Changed { path, expected, found });
    }
    if found != sha256 {
        let (expected, found) = (format!("sha256 {sha256}"), format!("sha256 {found}"));
        return Err(WriteError::Changed { path, expected, found });
    }
    Ok(())
}

#[cfg(all(test, unix))]
#[path = "tests.rs"]
mod tests;
