use std::io::Write;

use archive::GzipWriter;
use flate2::Crc;

use crate::Error;

/// Largest content of one stored deflate block. Up to here the length of the stream depends on that
/// of the JSON alone.
pub(crate) const MAX_STORED: usize = 0xffff;

/// The gzip member with the metadata JSON.
///
/// Up to 64 KiB the JSON is stored, not compressed: as in the known-answer vector, the bytes then
/// depend on nothing but the JSON, and a kilobyte beside a launcher is not worth a compressor.
pub(crate) fn encode(json: &[u8]) -> Result<Vec<u8>, Error> {
    match u16::try_from(json.len()) {
        Ok(length) if json.len() <= MAX_STORED => Ok(stored(json, length)),
        _ => {
            let mut writer = GzipWriter::new(Vec::new(), None);
            writer
                .write_all(json)
                .and_then(|()| writer.finish())
                .map_err(Error::Memory)
        }
    }
}

fn stored(json: &[u8], length: u16) -> Vec<u8> {
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    const FINAL_STORED_BLOCK: u8 = 1;
    let mut crc = Crc::new();
    crc.update(json);
    let mut out = HEADER.to_vec();
    out.push(FINAL_STORED_BLOCK);
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(json);
    out.extend(crc.sum().to_le_bytes());
    out.extend(u32::from(length).to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn both_forms_read_back() {
        for length in [0, 1, 0xffff, 0x10000, 300_000] {
            let json = vec![b' '; length];
            let gzip = encode(&json).unwrap();
            let mut back = Vec::new();
            flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut back).unwrap();
            assert_eq!(back, json);
        }
    }
}
