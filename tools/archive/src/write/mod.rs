//! Deterministic writing: the same tree gives the same bytes, whoever writes it, wherever.

mod encoder;
mod gzip;
mod source;
mod tree;

pub use encoder::Encoder;
pub use gzip::GzipWriter;
pub use source::{PackError, SymlinkRule, TarSource};
