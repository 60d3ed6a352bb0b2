use std::io::{self, Read};

use crate::manifest::{Entry, PayloadPath};

/// Takes the payload while it is read and checked. A file's digest is known only after its last byte, so what a sink has
/// taken counts for nothing before [`read`](super::read) has returned: unpack into a staging directory.
pub trait Sink {
    /// A directory.
    ///
    /// # Errors
    /// It cannot be made; reading ends.
    fn directory(&mut self, entry: &Entry) -> io::Result<()>;

    /// A file; `content` gives exactly its bytes.
    ///
    /// # Errors
    /// It cannot be written; reading ends.
    fn file(&mut self, path: &PayloadPath, mode: u32, content: &mut dyn Read) -> io::Result<()>;

    /// A link.
    ///
    /// # Errors
    /// It cannot be made; reading ends.
    fn link(&mut self, path: &PayloadPath, target: &[u8]) -> io::Result<()>;

    /// A second name of a file that was there before, in a package of an older tool.
    ///
    /// # Errors
    /// It cannot be made; reading ends.
    fn hard_link(&mut self, path: &PayloadPath, earlier: &PayloadPath) -> io::Result<()>;
}

/// Reads and checks, and keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoSink;

impl Sink for NoSink {
    fn directory(&mut self, _: &Entry) -> io::Result<()> {
        Ok(())
    }

    fn file(&mut self, _: &PayloadPath, _: u32, content: &mut dyn Read) -> io::Result<()> {
        io::copy(content, &mut io::sink()).map(drop)
    }

    fn link(&mut self, _: &PayloadPath, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn hard_link(&mut self, _: &PayloadPath, _: &PayloadPath) -> io::Result<()> {
        Ok(())
    }
}
