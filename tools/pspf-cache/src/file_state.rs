//! How a file or link looks: checksum, length and mode.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use zlib_rs::crc32::crc32;

use crate::error::{CacheError, IoContext};
use crate::system;

/// What was unpacked under one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Of the bytes, or of the target of a link.
    pub sum: Sum,
    /// Permission bits; `None` for a link.
    pub mode: Option<u32>,
}

/// CRC-32 and number of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub(crate) crc: u32,
    pub(crate) bytes: u64,
}

impl Sum {
    /// The sum of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut sum = Self::default();
        sum.add(bytes);
        sum
    }

    /// Goes on with more bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.crc = crc32(self.crc, bytes);
        self.bytes += bytes.len() as u64;
    }

    /// How many bytes it is of.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl FileState {
    /// What stands at `path`; `None` when nothing does, or neither file nor link.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn of(path: &Path) -> Result<Option<Self>, CacheError> {
        look(path).context("read", path)
    }
}

impl std::fmt::Display for FileState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Sum { crc, bytes } = self.sum;
        match self.mode {
            Some(mode) => write!(f, "{bytes} bytes of mode {mode:04o} with crc32 {crc:08x}"),
            None => write!(f, "a link to {bytes} bytes with crc32 {crc:08x}"),
        }
    }
}

fn look(path: &Path) -> io::Result<Option<FileState>> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        found => found?,
    };
    if found.is_symlink() {
        let sum = Sum::of(&system::link_text(&fs::read_link(path)?));
        return Ok(Some(FileState { sum, mode: None }));
    }
    if !found.is_file() {
        return Ok(None);
    }
    let (mut file, mut sum) = (File::open(path)?, Sum::default());
    let mut buffer = vec![0; 128 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => sum.add(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(FileState {
        sum,
        mode: Some(system::mode(&found)),
    }))
}
