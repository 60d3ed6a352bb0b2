use std::fs::File;
use std::io::{self, Read, Write};

use digest::HashingWriter;

use crate::OutputFile;

/// An output that may have a quicker way to take a whole file than through memory.
pub(crate) trait Sink: Write {
    /// Copies up to `size` bytes from the file's position; gives how many there were.
    fn copy_from(&mut self, file: &File, size: u64) -> io::Result<u64>;
}

impl Sink for OutputFile {
    fn copy_from(&mut self, file: &File, size: u64) -> io::Result<u64> {
        // Between two files the standard library lets the kernel copy.
        io::copy(&mut file.take(size), self.file_mut())
    }
}

impl<W: Write> Sink for HashingWriter<W> {
    fn copy_from(&mut self, file: &File, size: u64) -> io::Result<u64> {
        io::copy(&mut file.take(size), self)
    }
}
