use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// A compression that can be undone here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// One gzip member.
    Gzip,
}

/// Size of the buffer before each decompressor.
const BUFFER: usize = 64 << 10;

/// Undoes `codecs`, given in the order of packing, from the last to the first.
///
/// Bytes after the end of a compressed stream are an error: readers differ on whether a second gzip
/// member counts. Wrap the result in [`Limited`](crate::Limited).
pub fn decode<'a>(input: impl Read + 'a, codecs: &[Codec]) -> io::Result<Box<dyn Read + 'a>> {
    let mut reader: Box<dyn Read + 'a> = Box::new(input);
    for codec in codecs.iter().rev() {
        let buffered = BufReader::with_capacity(BUFFER, reader);
        reader = match codec {
            Codec::Gzip => Box::new(OneMember {
                decoder: GzDecoder::new(buffered),
                ended: false,
            }),
        };
    }
    Ok(reader)
}

/// A gzip member, and nothing after it.
struct OneMember<R> {
    decoder: GzDecoder<R>,
    ended: bool,
}

impl<R: BufRead> Read for OneMember<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.decoder.read(buffer)?;
        if count == 0 {
            self.ended = true;
            if !self.decoder.get_mut().fill_buf()?.is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "bytes after the end of the gzip stream",
                ));
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

    #[test]
    fn chains_are_undone_from_the_last() {
        assert_eq!(read(b"x", &[]), Ok(b"x".to_vec()));
        assert_eq!(read(&gzip(&gzip(b"x")), &[Codec::Gzip, Codec::Gzip]), Ok(b"x".to_vec()));
        assert_eq!(read(&gzip(b""), &[Codec::Gzip]), Ok(vec![]));
    }

    #[test]
    fn second_members_trailing_bytes_and_truncation() {
        let member = gzip(b"x");
        for bytes in [[&member[..], &member[..]].concat(), [&member[..], b"\0"].concat()] {
            assert_eq!(
                read(&bytes, &[Codec::Gzip]),
                Err("bytes after the end of the gzip stream".into())
            );
        }
        for length in 0..member.len() {
            assert!(read(&member[..length], &[Codec::Gzip]).is_err(), "cut at {length}");
        }
    }
}
