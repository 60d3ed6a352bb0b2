//! Applying and undoing operation chains.

use std::io::{self, Write};

use archive::{Codec, GzipWriter};
use digest::HashingWriter;
use pspf_format::{Operation, OperationChain};

use crate::Error;

/// A stack of compressors over the output, which hashes what is stored.
pub(crate) enum Sink<W: Write> {
    Stored(HashingWriter<W>),
    Gzip(Box<GzipWriter<Sink<W>>>),
}

impl<W: Write> Sink<W> {
    /// Puts a compressor for each of `codecs`, given in the order of packing, over `output`.
    pub fn new(output: W, codecs: &[Codec]) -> Result<Self, Error> {
        let mut sink = Self::Stored(HashingWriter::new(output));
        for codec in codecs.iter().rev() {
            sink = match codec {
                Codec::Gzip => Self::Gzip(Box::new(GzipWriter::new(sink))),
            };
        }
        Ok(sink)
    }

    /// Ends all streams.
    pub fn finish(self) -> io::Result<HashingWriter<W>> {
        match self {
            Self::Stored(output) => Ok(output),
            Self::Gzip(writer) => writer.finish()?.finish(),
        }
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stored(output) => output.write(bytes),
            Self::Gzip(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Splits a chain into whether it begins with tar, and the compressions after it.
pub(crate) fn split(chain: OperationChain, verb: &'static str) -> Result<(bool, Vec<Codec>), Error> {
    let operations = chain.operations()?;
    let tar = operations.first() == Some(&Operation::Tar);
    let codecs = operations[usize::from(tar)..].iter().map(|operation| match operation {
        Operation::Gzip => Ok(Codec::Gzip),
        other => Err(Error::Operation {
            operation: other.to_string(),
            verb,
            possible: "a leading tar, then gzip",
        }),
    });
    Ok((tar, codecs.collect::<Result<_, _>>()?))
}
