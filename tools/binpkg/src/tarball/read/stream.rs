use std::io::{Cursor, Read};

use archive::Codec;

use super::ReadError;
use crate::names::Compression;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What is in the compressed stream; which kind it is, its first bytes say.
pub(super) fn decompress<'a>(mut input: impl Read + 'a) -> Result<(Box<dyn Read + 'a>, Compression), ReadError> {
    let mut start = Vec::with_capacity(ZSTD.len());
    // A connection may deliver one byte at a time, so a single read does not do.
    input
        .by_ref()
        .take(ZSTD.len() as u64)
        .read_to_end(&mut start)
        .map_err(ReadError::Unreadable)?;
    let (codec, compression) = if start.starts_with(&GZIP) {
        (Codec::Gzip, Compression::Gz)
    } else if start == ZSTD {
        (Codec::Zstd, Compression::Zst)
    } else {
        return Err(ReadError::Compression);
    };
    let reader = archive::decode(Cursor::new(start).chain(input), &[codec]).map_err(ReadError::Damaged)?;
    Ok((reader, compression))
}
