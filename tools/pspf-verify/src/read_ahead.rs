//! Hashing while a thread reads on. Reading is copying, and takes a quarter of the time of hashing.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use digest::{Hasher, Sha256};

use crate::{ReadAt, Refusal};

/// Below this a thread costs more than it saves.
pub const WORTHWHILE: u64 = 4 << 20;

/// What is read at a time: three of them fit the second-level cache.
const PIECE: usize = 256 << 10;

/// Pieces that are read and not hashed yet, at most.
const AHEAD: usize = 2;

/// The digest of the bytes `offset..offset + length`.
///
/// # Errors
/// They cannot be read.
pub fn digest(input: &(impl ReadAt + Sync + ?Sized), offset: u64, length: u64) -> Result<Sha256, Refusal> {
    // Of one kind, which is that of the launcher's other thread: each kind has code of its own.
    let (full, filled) = sync_channel::<Vec<u8>>(AHEAD);
    let (empty, spare) = sync_channel::<Vec<u8>>(AHEAD + 1);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read(input, offset, length, &full, &spare));
        let mut hasher = Hasher::new();
        // Ends when the reader does.
        for piece in filled {
            hasher.update(&piece);
            // The reader may have ended; then nobody needs it.
            let _ = empty.try_send(piece);
        }
        match reader.join() {
            Ok(read) => read.map(|()| hasher.finish()),
            Err(fault) => std::panic::resume_unwind(fault),
        }
    })
}

/// Sends the bytes in pieces; stops when nobody listens.
fn read(
    input: &(impl ReadAt + ?Sized),
    mut offset: u64,
    mut left: u64,
    full: &SyncSender<Vec<u8>>,
    spare: &Receiver<Vec<u8>>,
) -> Result<(), Refusal> {
    while left > 0 {
        let mut piece = spare.try_recv().unwrap_or_default();
        piece.resize(PIECE.min(usize::try_from(left).unwrap_or(PIECE)), 0);
        match input.read_at(&mut piece, offset) {
            Ok(0) => return Err(Refusal::read(offset, io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                piece.truncate(count);
                (offset, left) = (offset + count as u64, left - count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Refusal::read(offset, error)),
        }
        if full.send(piece).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives as much as it likes, and nothing after `end`.
    struct Odd<'a> {
        bytes: &'a [u8],
        end: u64,
    }

    impl ReadAt for Odd<'_> {
        fn length(&self) -> io::Result<u64> {
            self.bytes.length()
        }

        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let left = usize::try_from(self.end.saturating_sub(offset)).unwrap();
            let count = buffer.len().min(left).min(1 + offset as usize % 100_000);
            self.bytes.read_at(&mut buffer[..count], offset)
        }
    }

    #[test]
    fn the_digest_of_a_range() {
        let bytes: Vec<u8> = (0..3_000_000_u32)
            .map(|number| (number.wrapping_mul(number) >> 7) as u8)
            .collect();
        let end = bytes.len() as u64;
        for (offset, length) in [(0, end), (5, end - 5), (1_000_000, 1), (7, 0), (end, 0)] {
            let range = &bytes[offset as usize..(offset + length) as usize];
            assert_eq!(digest(&bytes[..], offset, length).unwrap(), Sha256::of(range));
            let odd = Odd { bytes: &bytes, end };
            assert_eq!(digest(&odd, offset, length).unwrap(), Sha256::of(range));
        }
    }

    #[test]
    fn a_file_that_ends_too_early() {
        let bytes = vec![7; 1_000_000];
        let odd = Odd {
            bytes: &bytes,
            end: 600_001,
        };
        let refusal = digest(&odd, 0, 1_000_000).unwrap_err();
        assert!(refusal.to_string().contains("600001"), "{refusal}");
    }
}
