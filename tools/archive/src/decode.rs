use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// A compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// One gzip member.
    Gzip,
    /// One zstd frame; needs the feature `zstd`.
    Zstd,
    /// One xz stream; needs the feature `rare`, and is only read.
    Xz,
    /// One bzip2 stream; needs the feature `rare`, and is only read.
    Bzip2,
}

/// Size of the buffer before each decompressor.
const BUFFER: usize = 64 << 10;

/// Undoes `codecs`, given in the order of packing, from the last to the first.
///
/// Bytes after the end of a compressed stream are an error: readers differ on whether a second gzip
/// member counts. A codec that is not compiled in is an error of kind `Unsupported`. Memory is
/// bounded whatever a stream asks for. Wrap the result in [`Limited`](crate::Limited).
pub fn decode<'a>(input: impl Read + 'a, codecs: &[Codec]) -> io::Result<Box<dyn Read + 'a>> {
    let mut reader: Box<dyn Read + 'a> = Box::new(input);
    for codec in codecs.iter().rev() {
        let buffered: Box<dyn BufRead + 'a> = Box::new(BufReader::with_capacity(BUFFER, reader));
        reader = match codec {
            Codec::Gzip => OneStream::boxed(GzDecoder::new(buffered), |decoder| decoder.get_mut(), "gzip"),
            Codec::Zstd => zstd_reader(buffered)?,
            Codec::Xz => xz_reader(buffered)?,
            Codec::Bzip2 => bzip2_reader(buffered)?,
        };
    }
    Ok(reader)
}

#[cfg(feature = "zstd")]
fn zstd_reader<'a>(input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    // What compression up to level 19 uses; more would let a stream ask for 2 GiB.
    const WINDOW_LOG: u32 = 23;
    let mut decoder = zstd::Decoder::with_buffer(input)?.single_frame();
    decoder.window_log_max(WINDOW_LOG)?;
    Ok(OneStream::boxed(decoder, |decoder| decoder.get_mut(), "zstd"))
}

#[cfg(feature = "rare")]
fn xz_reader<'a>(input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    // Enough for `xz -6`, the usual; `xz -9` asks for 64 MiB.
    const MEMORY_KIB: u32 = 80 << 10;
    let decoder = lzma_rust2::XzReader::new_mem_limit(input, false, MEMORY_KIB);
    Ok(OneStream::boxed(decoder, |decoder| decoder.inner_mut(), "xz"))
}

#[cfg(feature = "rare")]
fn bzip2_reader<'a>(input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let decoder = bzip2::bufread::BzDecoder::new(input);
    Ok(OneStream::boxed(decoder, |decoder| decoder.get_mut(), "bzip2"))
}

#[cfg(not(feature = "zstd"))]
fn zstd_reader<'a>(_: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    Err(not_built_in("zstd"))
}

#[cfg(not(feature = "rare"))]
fn xz_reader<'a>(_: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    Err(not_built_in("xz"))
}

#[cfg(not(feature = "rare"))]
fn bzip2_reader<'a>(_: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    Err(not_built_in("bzip2"))
}

#[cfg(not(all(feature = "zstd", feature = "rare")))]
fn not_built_in(name: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!("{name} is not built into this program"),
    )
}

/// A decompressor that must end where its input ends.
struct OneStream<D, R: ?Sized> {
    decoder: D,
    input: fn(&mut D) -> &mut R,
    name: &'static str,
    ended: bool,
}

impl<'a, D: Read + 'a, R: BufRead + 'a> OneStream<D, R> {
    fn boxed(decoder: D, input: fn(&mut D) -> &mut R, name: &'static str) -> Box<dyn Read + 'a> {
        Box::new(Self {
            decoder,
            input,
            name,
            ended: false,
        })
    }
}

impl<D: Read, R: BufRead> Read for OneStream<D, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.decoder.read(buffer)?;
        if count == 0 {
            self.ended = true;
            if !(self.input)(&mut self.decoder).fill_buf()?.is_empty() {
                let text = format!("bytes after the end of the {} stream", self.name);
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8], codecs: &[Codec]) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let mut reader = decode(bytes, codecs).map_err(|error| error.to_string())?;
        reader
            .read_to_end(&mut out)
            .map(|_| out)
            .map_err(|error| error.to_string())
    }

    /// `x` followed by a line feed, as the usual programs compress it.
    fn samples() -> Vec<(Codec, Vec<u8>)> {
        let mut samples = vec![(Codec::Gzip, gzip(b"x\n"))];
        #[cfg(feature = "zstd")]
        samples.push((Codec::Zstd, zstd::encode_all(&b"x\n"[..], 19).unwrap()));
        #[cfg(feature = "rare")]
        samples.extend([(Codec::Xz, XZ.to_vec()), (Codec::Bzip2, BZIP2.to_vec())]);
        samples
    }

    #[cfg(feature = "rare")]
    const XZ: &[u8] = include_bytes!("../samples/x.xz");
    #[cfg(feature = "rare")]
    const BZIP2: &[u8] = include_bytes!("../samples/x.bz2");

    #[test]
    fn chains_are_undone_from_the_last() {
        assert_eq!(read(b"x", &[]), Ok(b"x".to_vec()));
        assert_eq!(read(&gzip(&gzip(b"x")), &[Codec::Gzip, Codec::Gzip]), Ok(b"x".to_vec()));
        assert_eq!(read(&gzip(b""), &[Codec::Gzip]), Ok(vec![]));
        for (codec, bytes) in samples() {
            assert_eq!(read(&bytes, &[codec]), Ok(b"x\n".to_vec()), "{codec:?}");
        }
    }

    #[test]
    fn second_streams_trailing_bytes_and_truncation() {
        for (codec, bytes) in samples() {
            for more in [&bytes[..], b"\0"] {
                let error = read(&[&bytes[..], more].concat(), &[codec]).unwrap_err();
                assert!(error.starts_with("bytes after the end of the "), "{codec:?}: {error}");
            }
            for length in 0..bytes.len() {
                assert!(read(&bytes[..length], &[codec]).is_err(), "{codec:?} cut at {length}");
            }
        }
    }

    /// A frame that asks for a window of 128 MiB.
    #[cfg(feature = "zstd")]
    #[test]
    fn windows_are_bounded() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(b"x").unwrap();
        assert!(read(&encoder.finish().unwrap(), &[Codec::Zstd]).is_err());
    }
}
