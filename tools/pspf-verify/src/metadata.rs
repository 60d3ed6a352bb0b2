use std::io::{BufRead, Read};

use digest::Sha256;
use flate2::bufread::GzDecoder;
use pspf_format::layout::MAX_METADATA_JSON;
use pspf_format::{IndexBlock, Metadata, SEAL_NAME};

use crate::ranges::Range;
use crate::read_at::{ReadAt, read_exact};
use crate::{Finding, Part, Refusal};

/// Reads the compressed metadata, compares its digest and returns the JSON bytes as signed.
pub fn read(input: &(impl ReadAt + ?Sized), index: &IndexBlock, range: &Range) -> Result<Vec<u8>, Refusal> {
    let mut gzip = vec![0; range.length as usize];
    read_exact(input, &mut gzip, range.start)?;
    let (expected, found) = (Sha256::from_bytes(index.metadata_checksum), Sha256::of(&gzip));
    if expected != found {
        return Err(Finding::integrity(Part::Metadata, format!("sha256 {expected}"), found.hex()).into());
    }
    inflate(&gzip)
}

/// Inflates one gzip member that fills `gzip` to the last byte, up to the cap.
fn inflate(gzip: &[u8]) -> Result<Vec<u8>, Refusal> {
    let refuse = |expected: &str, found: String| Finding::format(Part::Metadata, expected, found);
    let (mut rest, mut json) = (gzip, Vec::new());
    // As payloads are inflated, so that a program has the code once.
    let input: Box<dyn BufRead + '_> = Box::new(&mut rest);
    let read = GzDecoder::new(input)
        .take(MAX_METADATA_JSON as u64 + 1)
        .read_to_end(&mut json);
    if let Err(error) = read {
        return Err(refuse("one gzip stream", format!("a damaged one ({error})")).into());
    }
    if json.len() > MAX_METADATA_JSON {
        return Err(refuse("at most 1048576 bytes of JSON", "more".into()).into());
    }
    if !rest.is_empty() {
        return Err(refuse("one gzip member", format!("{} bytes after its end", rest.len())).into());
    }
    Ok(json)
}

/// Reads the JSON and checks what stands alone in it.
pub fn parse(json: &[u8]) -> Result<Metadata, Refusal> {
    let refuse = |expected: &str, found: String| Finding::format(Part::Metadata, expected, found);
    let metadata = Metadata::parse(json).map_err(|error| refuse("readable metadata", error.to_string()))?;
    if !metadata.format.is_empty() && metadata.format != "PSPF/2025" {
        return Err(refuse("format `PSPF/2025`", format!("`{}`", metadata.format.escape_debug())).into());
    }
    if let Some(seal) = metadata.seal.as_deref().filter(|seal| *seal != SEAL_NAME) {
        let found = format!("`{}`, which this version cannot check", seal.escape_debug());
        return Err(refuse(&format!("seal `{SEAL_NAME}`"), found).into());
    }
    if let Err(error) = metadata.package_policy() {
        return Err(Finding::format(Part::Policy, "a policy of known keys", error.to_string()).into());
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn message(gzip: &[u8]) -> String {
        inflate(gzip).unwrap_err().to_string()
    }

    #[test]
    fn one_member_up_to_the_cap() {
        assert_eq!(inflate(&gzip(b"{}")).unwrap(), b"{}");
        assert_eq!(
            inflate(&gzip(&vec![b' '; MAX_METADATA_JSON])).unwrap().len(),
            MAX_METADATA_JSON
        );
        assert_eq!(
            message(&gzip(&vec![b' '; MAX_METADATA_JSON + 1])),
            "metadata: expected at most 1048576 bytes of JSON, found more"
        );
    }

    #[test]
    fn two_members_trailing_bytes_and_plain_json() {
        let member = gzip(b"{}");
        let twice = [member.clone(), member.clone()].concat();
        assert_eq!(
            message(&twice),
            format!(
                "metadata: expected one gzip member, found {} bytes after its end",
                member.len()
            )
        );
        assert_eq!(
            message(&[&member[..], b"x"].concat()),
            "metadata: expected one gzip member, found 1 bytes after its end"
        );
        assert!(message(b"{}").starts_with("metadata: expected one gzip stream, found a damaged one"));
        assert!(message(&member[..member.len() - 1]).starts_with("metadata: expected one gzip stream"));
    }

    #[test]
    fn unknown_seals_and_policies_are_refused() {
        assert_eq!(
            parse(br#"{"seal":"buckpack-seal/2"}"#).unwrap_err().to_string(),
            "metadata: expected seal `buckpack-seal/1`, found `buckpack-seal/2`, which this version cannot check"
        );
        assert!(
            parse(br#"{"policy":{"x":1}}"#)
                .unwrap_err()
                .to_string()
                .starts_with("policy: expected")
        );
        assert!(parse(br#"{"format":"ZIP"}"#).is_err());
    }
}
