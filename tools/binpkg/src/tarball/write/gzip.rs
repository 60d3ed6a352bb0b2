//! One gzip member, compressed by several threads.
//!
//! The input is cut into blocks of a fixed size. Each is compressed by itself, with the end of the one before it as dictionary, and
//! ended at a byte border, so that the pieces put together are one deflate stream. The bytes depend on the input alone, not on the
//! number of threads.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use flate2::{Compress, Compression, Crc, FlushCompress};

/// Chosen by measurement: with it no package is larger than what `gzip -6` makes of it.
const LEVEL: u32 = 7;

/// What a thread compresses at a time: large enough that the borders cost nothing, small enough that many fit into memory.
const BLOCK: usize = 256 << 10;

/// How far back deflate can refer.
const WINDOW: usize = 32 << 10;

/// Time 0, system unknown, no name.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A block to compress.
struct Job {
    /// The dictionary, then the block.
    bytes: Vec<u8>,
    /// Where the block begins.
    start: usize,
    /// Whether it is the last one.
    last: bool,
}

/// A thread that compresses every so manieth block.
struct Worker {
    jobs: SyncSender<Job>,
    results: Receiver<io::Result<Vec<u8>>>,
}

/// Writes one gzip member.
pub(super) struct ParallelGzip<W: Write> {
    output: W,
    workers: Vec<Worker>,
    /// The dictionary of the next block, then what there is of it.
    pending: Vec<u8>,
    start: usize,
    sent: usize,
    written: usize,
    crc: Crc,
}

impl<W: Write> ParallelGzip<W> {
    /// Compresses into `output`, with so many threads.
    pub(super) fn new(mut output: W, threads: u32) -> io::Result<Self> {
        output.write_all(&HEADER)?;
        let workers = (0..threads.max(1))
            .map(|_| Worker::start())
            .collect::<io::Result<_>>()?;
        Ok(Self {
            output,
            workers,
            pending: Vec::with_capacity(WINDOW + BLOCK),
            start: 0,
            sent: 0,
            written: 0,
            crc: Crc::new(),
        })
    }

    /// Hands the pending block to its worker.
    fn send(&mut self, last: bool) -> io::Result<()> {
        // A worker has room for one more job than it works on.
        if self.sent - self.written >= 2 * self.workers.len() {
            self.receive()?;
        }
        let window = self.pending.len().saturating_sub(WINDOW);
        let mut next = Vec::with_capacity(WINDOW + BLOCK);
        next.extend_from_slice(&self.pending[window..]);
        let start = std::mem::replace(&mut self.start, next.len());
        let bytes = std::mem::replace(&mut self.pending, next);
        let worker = &self.workers[self.sent % self.workers.len()];
        worker.jobs.send(Job { bytes, start, last }).map_err(|_| gone())?;
        self.sent += 1;
        Ok(())
    }

    /// Writes the next result in order.
    fn receive(&mut self) -> io::Result<()> {
        let worker = &self.workers[self.written % self.workers.len()];
        let piece = worker.results.recv().map_err(|_| gone())??;
        self.written += 1;
        self.output.write_all(&piece)
    }

    /// Writes what is left and returns the writer beneath.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.send(true)?;
        while self.written < self.sent {
            self.receive()?;
        }
        self.output.write_all(&self.crc.sum().to_le_bytes())?;
        // The length modulo 2^32, as the format has it.
        self.output.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.output)
    }
}

impl<W: Write> Write for ParallelGzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.start + BLOCK - self.pending.len();
        let taken = &bytes[..room.min(bytes.len())];
        self.crc.update(taken);
        self.pending.extend_from_slice(taken);
        if self.pending.len() == self.start + BLOCK {
            self.send(false)?;
        }
        Ok(taken.len())
    }

    /// Does nothing: a border of blocks at any other place would change the bytes.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Worker {
    fn start() -> io::Result<Self> {
        let (jobs, todo) = sync_channel::<Job>(1);
        let (done, results) = sync_channel(2);
        thread::Builder::new().name("gzip".into()).spawn(move || {
            // Ends when the writer is dropped.
            while let Ok(job) = todo.recv() {
                if done.send(compress(&job)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs, results })
    }
}

fn compress(job: &Job) -> io::Result<Vec<u8>> {
    // A new one for each block: one that is reset finds other matches, by what the block before left in its tables.
    let mut deflate = Compress::new(Compression::new(LEVEL), false);
    let (dictionary, block) = job.bytes.split_at(job.start);
    if !dictionary.is_empty() {
        deflate.set_dictionary(dictionary).map_err(io::Error::other)?;
    }
    let flush = if job.last {
        FlushCompress::Finish
    } else {
        FlushCompress::Sync
    };
    // More than deflate ever makes of a block, so that one call does it all.
    let mut piece = Vec::with_capacity(block.len() + block.len() / 1000 + 1024);
    deflate
        .compress_vec(block, &mut piece, flush)
        .map_err(io::Error::other)?;
    let taken = deflate.total_in() as usize;
    if taken != block.len() || piece.len() == piece.capacity() {
        return Err(io::Error::other("deflate did not take a whole block"));
    }
    Ok(piece)
}

fn gone() -> io::Error {
    io::Error::other("a thread that compresses has ended")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn pack(bytes: &[u8], threads: u32, step: usize) -> Vec<u8> {
        let mut writer = ParallelGzip::new(Vec::new(), threads).unwrap();
        bytes
            .chunks(step.max(1))
            .for_each(|chunk| writer.write_all(chunk).unwrap());
        writer.finish().unwrap()
    }

    fn unpack(bytes: &[u8]) -> Vec<u8> {
        let mut reader = flate2::bufread::GzDecoder::new(bytes);
        let mut content = Vec::new();
        reader.read_to_end(&mut content).unwrap();
        // One member, and nothing after it.
        assert!(reader.into_inner().is_empty());
        content
    }

    /// Noise and text, of lengths around the borders of blocks.
    #[test]
    fn one_member_whatever_the_threads() {
        let mut state = 7_u64;
        let bytes: Vec<u8> = (0..5 * BLOCK)
            .map(|place| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if place / 1000 % 2 == 0 {
                    (state >> 56) as u8
                } else {
                    b'a' + (place % 7) as u8
                }
            })
            .collect();
        for length in [0, 1, WINDOW, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, bytes.len()] {
            let bytes = &bytes[..length];
            let one = pack(bytes, 1, 1 << 20);
            assert_eq!(unpack(&one), bytes, "{length}");
            assert!(pack(bytes, 3, 777) == one, "{length}");
            assert!(pack(bytes, 8, BLOCK) == one, "{length}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if bytes == HEADER {
                    Ok(bytes.len())
                } else {
                    Err(io::ErrorKind::StorageFull.into())
                }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = ParallelGzip::new(Full, 2).unwrap();
        let outcome = writer
            .write_all(&vec![0; 20 * BLOCK])
            .and_then(|()| writer.finish().map(drop));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
