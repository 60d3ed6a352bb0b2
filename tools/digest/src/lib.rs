//! SHA-256 as a value, and readers and writers that compute it on the way through.
//!
//! Everything that is hashed is hashed with SHA-256 and compared in full; [`Sha256::short`] is for
//! people. The implementation uses the processor's SHA instructions where it has them.

mod io;
mod sha256;

pub use io::{HashingReader, HashingWriter};
pub use sha256::{Hasher, ParseDigestError, Sha256};
