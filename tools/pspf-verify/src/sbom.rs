use std::io::Read;

use pspf_format::strict_json;

use crate::{Package, ReadAt, Refusal};

impl<R: ReadAt + ?Sized> Package<'_, R> {
    /// True when the package brings a list of its parts: the index block names the digest of the
    /// attestation slot, the slot has that digest, and its `sbom` is a CycloneDX document.
    ///
    /// Any slot can call itself an attestation; only this one is bound to the index. Reads the slot;
    /// refuses when its bytes are not what was signed.
    pub fn brings_sbom(&self) -> Result<bool, Refusal> {
        const MAX_LENGTH: u64 = 16 << 20;
        // Only a digest in the index block makes an attestation of a slot.
        let Some(mut payload) = self.attestation().and_then(|position| self.payload(position)) else {
            return Ok(false);
        };
        let mut text = Vec::new();
        let is_read = payload.by_ref().take(MAX_LENGTH).read_to_end(&mut text).is_ok();
        payload.finish()?;
        Ok(is_read && is_sbom(&text))
    }
}

fn is_sbom(text: &[u8]) -> bool {
    let Ok(document) = strict_json::read_lenient(text) else {
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
            r#"{"sbom":{}}"#,
            r#"{"sbom":{"bomFormat":"CycloneDX"}}"#,
        ] {
            assert!(!is_sbom(text.as_bytes()), "{text}");
        }
        assert!(is_sbom(
            br#"{"sbom":{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}}"#
        ));
    }
}
