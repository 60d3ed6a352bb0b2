//! The tarball of a binary package (section 3): metadata, manifest, payload.

mod read;
#[cfg(test)]
pub(crate) mod testing;
mod write;

pub use read::{Contents, NoSink, Package, ReadError, ReadLimits, Sink, TreeSink, read, read_head};
pub use write::{WriteError, WriteOptions, write};

/// Name of the first entry.
const METADATA: &str = "METADATA.json";
/// Name of the second entry.
const MANIFEST: &str = "MANIFEST";
