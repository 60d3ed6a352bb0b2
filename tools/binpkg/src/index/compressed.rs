//! Files of an index that are compressed: gzip, because browsers read it.

use std::io::{self, Read, Write};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};

/// Level of all of them. A shard is written once and read often, and is small.
const LEVEL: u32 = 9;

/// Why bytes are not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// No gzip, or damaged.
    #[error("expected one gzip stream: {0}")]
    Gzip(io::Error),
    /// Something after the end of the stream.
    #[error("expected the end of the file after the gzip stream, found {0} more bytes")]
    Trailing(usize),
    /// More than any such file holds.
    #[error("expected at most {limit} bytes when unpacked, found more")]
    Large {
        /// The limit in bytes.
        limit: u64,
    },
}

/// Compresses; the result depends on `bytes` alone: no time, no name, no system.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let builder = GzBuilder::new().mtime(0).operating_system(255);
    let mut encoder = builder.write(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Unpacks at most `limit` bytes.
///
/// # Errors
/// See [`UnpackError`].
pub fn unpack(bytes: &[u8], limit: u64) -> Result<Vec<u8>, UnpackError> {
    let mut decoder = GzDecoder::new(bytes);
    let mut unpacked = Vec::new();
    // One byte more than may come, so that a longer one shows.
    (&mut decoder)
        .take(limit.saturating_add(1))
        .read_to_end(&mut unpacked)
        .map_err(UnpackError::Gzip)?;
    if unpacked.len() as u64 > limit {
        return Err(UnpackError::Large { limit });
    }
    match decoder.into_inner().len() {
        0 => Ok(unpacked),
        more => Err(UnpackError::Trailing(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for bytes in [&b""[..], b"words", &[7; 100_000]] {
            let packed = pack(bytes).unwrap();
            assert_eq!(packed[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff]);
            assert_eq!(unpack(&packed, bytes.len() as u64).unwrap(), bytes);
        }
    }

    #[test]
    fn refused() {
        let packed = pack(&[0; 1 << 20]).unwrap();
        assert!(matches!(unpack(&packed, 1000), Err(UnpackError::Large { limit: 1000 })));
        assert!(matches!(unpack(&packed[..20], 1 << 20), Err(UnpackError::Gzip(_))));
        assert!(matches!(unpack(b"words", 10), Err(UnpackError::Gzip(_))));
        let twice = [&packed[..], &packed].concat();
        assert!(matches!(unpack(&twice, 1 << 20), Err(UnpackError::Trailing(_))));
    }
}
