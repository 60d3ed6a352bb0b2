//! One gzip member, compressed by several threads.
//!
//! The input is cut into pieces of a fixed size. Each is compressed by itself and ended at a byte border, so that put together they
//! are one deflate stream. The bytes depend on the input alone, not on the number of threads.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use flate2::Crc;
use libdeflater::{CompressionLvl, Compressor};

use super::deflate::let_another_follow;

/// Chosen by measurement: a third of the time of `gzip -6`, and no package is larger.
const LEVEL: i32 = 6;

/// What a thread compresses at a time: so large that it costs nothing that a piece cannot refer to the one before, small enough
/// that many fit into memory.
const PIECE: usize = 1 << 20;

/// Time 0, system unknown, no name.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A piece to compress.
struct Job {
    bytes: Vec<u8>,
    /// Whether it is the last one.
    last: bool,
}

/// A thread that compresses every so manieth piece.
struct Worker {
    jobs: SyncSender<Job>,
    results: Receiver<io::Result<Vec<u8>>>,
}

/// Writes one gzip member.
pub(super) struct ParallelGzip<W: Write> {
    output: W,
    workers: Vec<Worker>,
    /// What there is of the next piece.
    pending: Vec<u8>,
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
            pending: Vec::with_capacity(PIECE),
            sent: 0,
            written: 0,
            crc: Crc::new(),
        })
    }

    /// Hands the pending piece to its worker.
    fn send(&mut self, last: bool) -> io::Result<()> {
        // A worker has room for one more job than it works on.
        if self.sent - self.written >= 2 * self.workers.len() {
            self.receive()?;
        }
        let next = Vec::with_capacity(if last { 0 } else { PIECE });
        let bytes = std::mem::replace(&mut self.pending, next);
        let worker = &self.workers[self.sent % self.workers.len()];
        worker.jobs.send(Job { bytes, last }).map_err(|_| gone())?;
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
        let room = PIECE - self.pending.len();
        let taken = &bytes[..room.min(bytes.len())];
        self.crc.update(taken);
        self.pending.extend_from_slice(taken);
        if self.pending.len() == PIECE {
            self.send(false)?;
        }
        Ok(taken.len())
    }

    /// Does nothing: a border of pieces at any other place would change the bytes.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Worker {
    fn start() -> io::Result<Self> {
        let (jobs, todo) = sync_channel::<Job>(1);
        let (done, results) = sync_channel(2);
        thread::Builder::new().name("gzip".into()).spawn(move || {
            // The level is one that there is.
            let mut compressor = Compressor::new(CompressionLvl::new(LEVEL).unwrap_or_default());
            // Ends when the writer is dropped.
            while let Ok(job) = todo.recv() {
                if done.send(compress(&mut compressor, &job)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs, results })
    }
}

fn compress(compressor: &mut Compressor, job: &Job) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; compressor.deflate_compress_bound(job.bytes.len())];
    let length = compressor
        .deflate_compress(&job.bytes, &mut piece)
        .map_err(io::Error::other)?;
    piece.truncate(length);
    if !job.last {
        let_another_follow(&mut piece).ok_or_else(|| io::Error::other("the compressor made no deflate stream"))?;
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

    /// Noise and text, of lengths around the borders of pieces.
    #[test]
    fn one_member_whatever_the_threads() {
        let mut state = 7_u64;
        let bytes: Vec<u8> = (0..5 * PIECE)
            .map(|place| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if place / 1000 % 2 == 0 {
                    (state >> 56) as u8
                } else {
                    b'a' + (place % 7) as u8
                }
            })
            .collect();
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, bytes.len()] {
            let bytes = &bytes[..length];
            let one = pack(bytes, 1, 1 << 20);
            assert_eq!(unpack(&one), bytes, "{length}");
            assert!(pack(bytes, 3, 777) == one, "{length}");
            assert!(pack(bytes, 8, PIECE) == one, "{length}");
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
            .write_all(&vec![0; 20 * PIECE])
            .and_then(|()| writer.finish().map(drop));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
