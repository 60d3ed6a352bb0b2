use std::io;

use digest::Sha256;

use crate::manifest::{ManifestError, PathError, PayloadPath};
use crate::metadata::MetadataError;
use crate::names::PackageName;
use crate::payload::LinkError;

/// Why a tarball is no package. One variant for each line of the threat model; names are escaped as in a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not even the first bytes could be read.
    #[error("cannot read the archive")]
    Unreadable(#[source] io::Error),
    /// Neither gzip nor zstd.
    #[error("expected a gzip or zstd stream, found another beginning")]
    Compression,
    /// The stream is damaged, truncated or no tar.
    #[error("the archive is damaged or truncated")]
    Damaged(#[source] io::Error),
    /// Other bytes than zeros after the end of the archive, or any after the compressed stream.
    #[error("expected nothing after the end of the archive, found more bytes")]
    Trailing,
    /// A name that may not stand in a package.
    #[error("refused an archive entry")]
    Path(#[from] PathError),
    /// An entry beside the package's directory and the two metadata files.
    #[error("refused the archive entry `{name}`: expected it below `{package}/`")]
    Outside {
        /// Its name.
        name: String,
        /// The directory.
        package: String,
    },
    /// The first entries are not those that stand first.
    #[error("expected the archive entry `{expected}` first, found `{found}`")]
    Order {
        /// The entry that is due.
        expected: &'static str,
        /// The one that was there.
        found: String,
    },
    /// `METADATA.json` or `MANIFEST` again.
    #[error("refused a second `{0}`")]
    SecondCopy(&'static str),
    /// No `METADATA.json` at all.
    #[error("expected an archive with `METADATA.json`, found none")]
    NoMetadata,
    /// The same path twice.
    #[error("the path `{0}` is in the archive twice")]
    Twice(PayloadPath),
    /// Two paths that are one file on the target.
    #[error("`{one}` and `{two}` are one file on {os}, where letter case does not count")]
    LetterCase {
        /// A path.
        one: PayloadPath,
        /// Another one.
        two: PayloadPath,
        /// The target's `os`.
        os: String,
    },
    /// A hard link in a new package, or to something that is no earlier file.
    #[error("refused the hard link `{path}` to `{target}`: expected {expected}")]
    HardLink {
        /// Its path.
        path: PayloadPath,
        /// What it is linked to.
        target: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// A device, FIFO, sparse file or an unknown type.
    #[error("refused the archive entry `{name}`: expected a file, directory or link, found a {found}")]
    Special {
        /// Its name.
        name: String,
        /// What it is.
        found: &'static str,
    },
    /// A record that changes what follows in a way that readers disagree on.
    #[error("refused the archive entry `{name}`: it has a pax record `{key}`")]
    Pax {
        /// Its name.
        name: String,
        /// Key of the record.
        key: String,
    },
    /// A link target that cannot be one.
    #[error("refused the link `{path}`: expected a target of 1 to 4095 bytes without NUL, found {length} bytes")]
    LinkTarget {
        /// Its path.
        path: PayloadPath,
        /// Length of the target.
        length: usize,
    },
    /// A link that leads out of the payload.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A file without a manifest line.
    #[error("the archive entry `{0}` is not in the manifest")]
    NotInManifest(PayloadPath),
    /// A manifest line without a file.
    #[error("the manifest has `{0}`, which is not in the archive")]
    Missing(PayloadPath),
    /// An entry that is not what the manifest says.
    #[error("`{path}` has another {field} than in the manifest: expected {expected}, found {found}")]
    Differs {
        /// Its path.
        path: PayloadPath,
        /// `type`, `mode`, `owner`, `size`, `target` or `sha256`.
        field: &'static str,
        /// What the manifest says.
        expected: String,
        /// What the archive has.
        found: String,
    },
    /// A set-id bit that nothing grants.
    #[error("refused `{path}`: its mode {mode:04o} has a set-id or sticky bit, and no manifest grants it")]
    SetId {
        /// Its path.
        path: PayloadPath,
        /// Its mode.
        mode: u32,
    },
    /// More than the reader is willing to take.
    #[error("expected at most {limit} {unit} in the archive, found more")]
    Limit {
        /// The limit.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// Metadata that cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// A manifest that cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A payload directory of another name than the metadata's.
    #[error("expected the payload below `{expected}/`, as METADATA.json names the package, found it below `{found}/`")]
    Name {
        /// The name in the metadata.
        expected: PackageName,
        /// The directory.
        found: String,
    },
    /// Metadata for another payload.
    #[error("expected the content hash of METADATA.json, {expected}, found the manifest's, {found}")]
    ContentHash {
        /// What the metadata say.
        expected: String,
        /// Digest of the manifest.
        found: Sha256,
    },
    /// The payload could not be put where it goes.
    #[error("cannot unpack `{path}`")]
    Sink {
        /// The entry.
        path: PayloadPath,
        /// Why not.
        source: io::Error,
    },
}
