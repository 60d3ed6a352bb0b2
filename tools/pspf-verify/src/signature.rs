use pspf_format::{HexField, IndexBlock};

use crate::log::Log;
use crate::{Finding, Part, Refusal};

/// Checks key, fingerprint and signature over the metadata JSON.
pub fn check(index: &IndexBlock, json: &[u8], log: &mut Log) -> Result<(), Refusal> {
    check_signature(index, json, log)?;
    check_fingerprint(index, log)?;
    if index.signature_padding != [0; 448] {
        log.warn(Finding::format(
            Part::Signature,
            "448 zero bytes of padding",
            "other bytes",
        ));
    }
    Ok(())
}

fn check_signature(index: &IndexBlock, json: &[u8], log: &mut Log) -> Result<(), Refusal> {
    let (key, signature) = (index.key(), index.signature());
    if signature.is_absent() {
        let finding = Finding::integrity(
            Part::Signature,
            "a signature over the metadata",
            "none: the package is unsigned",
        );
        return log.refuse_if_enforced(finding);
    }
    if !key.is_sound() {
        let finding = Finding::integrity(
            Part::Key,
            "a public key of large order",
            "one that is no curve point or verifies any message",
        );
        return log.refuse_if_enforced(finding);
    }
    if !key.verify(json, &signature) {
        let expected = format!("a signature over the metadata by key {}", key.key_id());
        return log.refuse_if_enforced(Finding::integrity(
            Part::Signature,
            expected,
            "one that does not verify",
        ));
    }
    Ok(())
}

fn check_fingerprint(index: &IndexBlock, log: &mut Log) -> Result<(), Refusal> {
    let expected = index.key().fingerprint();
    let found = match HexField::parse(&index.attestation_key_fp) {
        HexField::Absent => return Ok(()),
        HexField::Digest(found) if found == expected => return Ok(()),
        HexField::Digest(found) => found.hex(),
        HexField::Malformed => "no hex digest".into(),
    };
    log.refuse_if_enforced(Finding::integrity(Part::Key, format!("fingerprint {expected}"), found))
}
