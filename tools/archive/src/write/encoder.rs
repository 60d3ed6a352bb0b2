use std::io::{self, Write};

use crate::{Codec, GzipWriter};

/// A stack of compressors over an output.
pub enum Encoder<W: Write> {
    /// No compression.
    Plain(W),
    /// gzip over what is beneath.
    Gzip(Box<GzipWriter<Encoder<W>>>),
    /// zstd over what is beneath.
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::Encoder<'static, Encoder<W>>>),
}

impl<W: Write> Encoder<W> {
    /// Puts a compressor for each of `codecs`, given in the order of packing, over `output`.
    ///
    /// `level` is that of the usual programs, `None` their default but 9 for zstd. xz and bzip2 are
    /// never written: nothing that starts packages can read them.
    pub fn new(output: W, codecs: &[Codec], level: Option<u32>) -> io::Result<Self> {
        let mut encoder = Self::Plain(output);
        for codec in codecs.iter().rev() {
            encoder = match codec {
                Codec::Gzip => Self::Gzip(Box::new(GzipWriter::new(encoder, level))),
                #[cfg(feature = "zstd")]
                Codec::Zstd => Self::Zstd(Box::new(zstd_writer(encoder, level.unwrap_or(9))?)),
                other => {
                    let text = format!("{other:?} is not written by this program");
                    return Err(io::Error::new(io::ErrorKind::Unsupported, text));
                }
            };
        }
        Ok(encoder)
    }

    /// Ends all streams and returns the output.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(output) => Ok(output),
            Self::Gzip(writer) => writer.finish()?.finish(),
            #[cfg(feature = "zstd")]
            Self::Zstd(writer) => writer.finish()?.finish(),
        }
    }
}

/// One thread and no long-distance matching: the same bytes everywhere, and a window that every
/// reader accepts.
#[cfg(feature = "zstd")]
fn zstd_writer<W: Write>(output: W, level: u32) -> io::Result<zstd::Encoder<'static, W>> {
    const HIGHEST: u32 = 19;
    zstd::Encoder::new(output, level.clamp(1, HIGHEST) as i32)
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(output) => output.write(bytes),
            Self::Gzip(writer) => writer.write(bytes),
            #[cfg(feature = "zstd")]
            Self::Zstd(writer) => writer.write(bytes),
        }
    }

    /// Does nothing: flushing in the middle would change the compressed bytes.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_encoded_decodes() {
        let text = b"a text of some length ".repeat(1000);
        let mut chains = vec![vec![], vec![Codec::Gzip], vec![Codec::Gzip, Codec::Gzip]];
        if cfg!(feature = "zstd") {
            chains.extend([vec![Codec::Zstd], vec![Codec::Gzip, Codec::Zstd]]);
        }
        for chain in chains {
            let mut encoder = Encoder::new(Vec::new(), &chain, None).unwrap();
            encoder.write_all(&text).unwrap();
            let stored = encoder.finish().unwrap();
            let mut back = Vec::new();
            crate::decode(&stored[..], &chain)
                .unwrap()
                .read_to_end(&mut back)
                .unwrap();
            assert_eq!(back, text, "{chain:?}");
        }
    }

    #[test]
    fn xz_and_bzip2_are_not_written() {
        for codec in [Codec::Xz, Codec::Bzip2] {
            let error = Encoder::new(Vec::new(), &[codec], None).err().unwrap();
            assert_eq!(error.to_string(), format!("{codec:?} is not written by this program"));
        }
    }
}
