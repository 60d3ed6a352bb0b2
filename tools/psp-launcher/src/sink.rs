//! Writing a file while its bytes are still being made.
//!
//! A large file is written by a second thread, so that undoing the next piece and writing the last one take
//! place at the same time. Memory is bounded by the pieces under way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use pspf_cache::Sum;

use crate::say::Progress;

/// Bytes that are read and written at once: fits the second-level cache.
pub const PIECE: usize = 256 << 10;

/// From so many bytes on a second thread is worth its start.
const LARGE: u64 = 2 << 20;

/// Pieces under way between the threads.
const PIECES: usize = 4;

/// Why a file was not written.
#[derive(Debug)]
pub enum SinkError {
    /// Its bytes could not be made.
    Read(io::Error),
    /// The file system refused.
    Write(io::Error),
}

/// Copies `content` to `file`. `expected` is the length if it is known, as a hint. Returns the number of bytes and their
/// checksum.
pub fn copy(
    content: &mut dyn Read,
    file: &File,
    expected: u64,
    buffer: &mut [u8],
    progress: &Progress,
) -> Result<Sum, SinkError> {
    let mut out = Out {
        file,
        sum: Sum::default(),
        progress,
    };
    if expected >= LARGE {
        return copy_large(content, out);
    }
    loop {
        match read(content, buffer)? {
            0 => return Ok(out.sum),
            count => out.take(&buffer[..count]).map_err(SinkError::Write)?,
        }
    }
}

fn read(content: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, SinkError> {
    loop {
        match content.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map_err(SinkError::Read),
        }
    }
}

/// The file, and what is known of its bytes.
struct Out<'a> {
    file: &'a File,
    sum: Sum,
    progress: &'a Progress,
}

impl Out<'_> {
    fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        self.sum.add(piece);
        self.file.write_all(piece)?;
        self.progress.add(piece.len() as u64);
        Ok(())
    }
}

fn copy_large(content: &mut dyn Read, mut out: Out<'_>) -> Result<Sum, SinkError> {
    let (full, filled) = sync_channel::<Vec<u8>>(PIECES);
    let (empty, emptied) = sync_channel::<Vec<u8>>(PIECES);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            for piece in filled {
                out.take(&piece)?;
                // The reader may be through already.
                let _ = empty.send(piece);
            }
            Ok(out.sum)
        });
        let made = make(content, &full, &emptied);
        drop(full);
        let written = writer
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the writing thread failed")));
        // A reader that could not hand on its piece stopped because the writer had failed.
        let written = written.map_err(SinkError::Write)?;
        made.map(|()| written)
    })
}

/// Fills pieces until the content ends or nobody takes them any more.
fn make(content: &mut dyn Read, full: &SyncSender<Vec<u8>>, emptied: &Receiver<Vec<u8>>) -> Result<(), SinkError> {
    let mut made = 0;
    loop {
        let mut piece = match made < PIECES {
            true => vec![0; PIECE],
            false => match emptied.recv() {
                Ok(piece) => piece,
                Err(_) => return Ok(()),
            },
        };
        made += 1;
        piece.resize(PIECE, 0);
        // Whole pieces: every hand-over costs something.
        let mut length = 0;
        while length < piece.len() {
            match read(content, &mut piece[length..])? {
                0 => break,
                count => length += count,
            }
        }
        piece.truncate(length);
        if length == 0 || full.send(piece).is_err() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::options::Options;
    use crate::say::Say;

    type Copied = Result<Sum, SinkError>;

    fn copied(content: &mut dyn Read, expected: u64) -> (Copied, Vec<u8>) {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("file");
        let progress = Say::new(&Options::read(|_| None)).progress("test".into(), 0);
        let file = File::create(&path).unwrap();
        let result = copy(content, &file, expected, &mut vec![0; 1000], &progress);
        (result, std::fs::read(&path).unwrap())
    }

    #[test]
    fn small_and_large_files_come_out_the_same() {
        let bytes: Vec<u8> = (0..3_000_001u32).map(|n| (n % 251) as u8).collect();
        for (length, expected) in [
            (0, 0),
            (0, LARGE),
            (10, 10),
            (3_000_001, 0),
            (3_000_001, LARGE),
            (2 * PIECE, LARGE),
        ] {
            let (result, found) = copied(&mut &bytes[..length], expected);
            assert_eq!(result.unwrap(), Sum::of(&bytes[..length]));
            assert_eq!(found, &bytes[..length]);
        }
    }

    #[test]
    fn a_failing_source_and_a_failing_file_are_told_apart() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::InvalidData.into())
            }
        }
        for expected in [0, LARGE] {
            let mut content = [0; 5_000].chain(Broken);
            assert!(matches!(copied(&mut content, expected).0, Err(SinkError::Read(_))));
            let world = tempfile::tempdir().unwrap();
            std::fs::write(world.path().join("file"), "").unwrap();
            // Open for reading only: every write fails.
            let file = File::open(world.path().join("file")).unwrap();
            let progress = Say::new(&Options::read(|_| None)).progress("test".into(), 0);
            let result = copy(&mut io::repeat(1), &file, expected, &mut [0; 1000], &progress);
            assert!(matches!(result, Err(SinkError::Write(_))));
        }
    }
}
