use digest::{Hasher, Sha256};
use pspf_format::Metadata;

use crate::log::Log;
use crate::ranges::Range;
use crate::read_at::{ReadAt, stream};
use crate::{Finding, Part, Refusal};

/// Hashes the launcher's bytes.
pub fn digest(input: &(impl ReadAt + ?Sized), range: &Range) -> Result<Sha256, Refusal> {
    let mut hasher = Hasher::new();
    stream(input, range.start, range.length, |piece, _| {
        hasher.update(piece);
        Ok(())
    })?;
    Ok(hasher.finish())
}

/// The checksum in the metadata, without its prefix, of which Python writes two.
pub fn signed_checksum(metadata: &Metadata) -> Option<&str> {
    let text = metadata.launcher.as_ref()?.checksum.as_deref()?;
    let text = text.strip_prefix("sha256:").unwrap_or(text);
    Some(text.strip_prefix("sha256:").unwrap_or(text)).filter(|text| !text.is_empty())
}

/// Compares `launcher.checksum` of the metadata, when there is one, with the bytes.
pub fn check(metadata: &Metadata, actual: &Sha256, log: &mut Log) -> Result<(), Refusal> {
    match signed_checksum(metadata) {
        Some(signed) if signed != actual.hex() => {
            let expected = format!("sha256 {}, as signed in `launcher.checksum`", signed.escape_debug());
            log.refuse(Finding::integrity(Part::Launcher, expected, actual.hex()))
        }
        _ => Ok(()),
    }
}
