//! Whether a package brings a list of its parts that deserves the name.

use std::io::Read;

use pspf_format::{HexField, Lifecycle};
use pspf_verify::{Package, ReadAt};
use serde_json::Value;

use crate::failure::Failure;

/// No list of parts is longer than this many bytes.
const MAX_LEN: u64 = 16 << 20;

/// True when the index block names the digest of the attestation slot, the slot has that digest, and its `sbom` is a
/// CycloneDX document. Any slot can call itself an attestation; only this one is bound to the index.
///
/// # Errors
/// A slot whose bytes are not what was signed.
pub fn is_valid<R: ReadAt + ?Sized>(package: &Package<'_, R>) -> Result<bool, Failure> {
    if !matches!(
        HexField::parse(&package.index().attestation_sbom_digest),
        HexField::Digest(_)
    ) {
        return Ok(false);
    }
    // The verifier binds the digest to the first such slot.
    let attestation = |slot: &pspf_verify::Slot| slot.lifecycle == Lifecycle::Attestation.code();
    let Some(position) = package.slots().iter().position(attestation) else {
        return Ok(false);
    };
    let Some(mut payload) = package.payload(position) else {
        return Ok(false);
    };
    let mut text = Vec::new();
    if payload.by_ref().take(MAX_LEN).read_to_end(&mut text).is_err() {
        return Ok(false);
    }
    payload.finish()?;
    Ok(is_sbom(&text))
}

fn is_sbom(text: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(text) else {
        return false;
    };
    let sbom = &document["sbom"];
    sbom["bomFormat"] == "CycloneDX" && sbom["specVersion"].is_string() && sbom["components"].is_array()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bogus_slot_is_no_sbom() {
        for text in [
            "",
            "{}",
            "[]",
            "sbom",
            r#"{"sbom":true}"#,
            r#"{"sbom":{"bomFormat":"CycloneDX"}}"#,
        ] {
            assert!(!is_sbom(text.as_bytes()), "{text}");
        }
        assert!(is_sbom(
            br#"{"sbom":{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}}"#
        ));
    }
}
