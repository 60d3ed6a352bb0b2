//! Deterministic writing: the same tree gives the same bytes, whoever writes it, wherever.

mod gzip;
mod source;
mod tree;

pub use gzip::GzipWriter;
pub use source::{PackError, SymlinkRule, TarSource};
