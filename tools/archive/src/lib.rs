//! Archives: safe unpacking for everyone, deterministic writing with the feature `write`.
//!
//! # Threat model of the reading half
//!
//! The archive may come from anyone. Each attack has one answer and one test:
//!
//! | attack | answer |
//! |---|---|
//! | absolute name, drive letter, `..` in a name | refused ([`RelativePath`]) |
//! | writing through a symlink that an earlier entry made | parents are looked at, a link among them refuses |
//! | symlink to outside of the tree | refused; links at all only where [`Symlinks::InsideTree`] allows them |
//! | hard link, device, FIFO, sparse file, unknown type | refused, never skipped |
//! | set-id and sticky bits | removed |
//! | decompression bomb, endless tar | limits on bytes and entries, checked before a byte is written |
//! | huge long-name or pax record | capped at 64 KiB |
//! | pax record that changes a size | refused: readers differ on it |
//! | truncated stream, second gzip member, bytes after the end | refused |
//!
//! The destination must be a directory that nobody else can write to; racing with another process
//! of the same user is not defended against.

#![forbid(unsafe_code)]

mod decode;
mod error;
mod limited;
mod relative_path;
mod unpack;
mod walk;
pub mod windows_name;
#[cfg(feature = "write")]
mod write;

pub use decode::{Codec, decode};
pub use error::ArchiveError;
pub use limited::Limited;
pub use relative_path::{PathError, RelativePath};
pub use unpack::{Unpacked, unpack};
pub use walk::{Entry, EntryKind, Limits, Symlinks, walk};
#[cfg(feature = "write")]
pub use write::{Encoder, GzipWriter, PackError, SymlinkRule, TarSource};
