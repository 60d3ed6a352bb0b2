use digest::Sha256;
use pspf_format::strict_json::{canonical, canonical_ascii};
use pspf_format::{HexField, IndexBlock, Lifecycle, Metadata};
use serde_json::Value;

use crate::log::Log;
use crate::{Finding, Part, Refusal, Slot};

/// Finds the slot that `attestation_sbom_digest` speaks of, with the digest its stored bytes must
/// have. Its bytes are compared when the payload is read.
pub fn find(index: &IndexBlock, slots: &[Slot]) -> Result<Option<(usize, Sha256)>, Refusal> {
    let digest = match HexField::parse(&index.attestation_sbom_digest) {
        HexField::Absent => return Ok(None),
        HexField::Digest(digest) => digest,
        HexField::Malformed => {
            return Err(Finding::format(Part::Attestation, "a hex digest or zeros", "other bytes").into());
        }
    };
    match slots
        .iter()
        .position(|slot| slot.lifecycle == Lifecycle::Attestation.code())
    {
        Some(position) => Ok(Some((position, digest))),
        None => {
            let expected = format!("a slot of lifecycle attestation with sha256 {digest}");
            Err(Finding::integrity(Part::Attestation, expected, "no such slot").into())
        }
    }
}

/// Compares `attestation_policy_hash`, when there is one, with the signed policy.
pub fn check_policy(index: &IndexBlock, metadata: &Metadata, log: &mut Log) -> Result<(), Refusal> {
    let policy = metadata.policy.as_ref().unwrap_or(&Value::Null);
    let hashes = [canonical(policy), canonical_ascii(policy)].map(|text| Sha256::of(text.as_bytes()));
    let found = match HexField::parse(&index.attestation_policy_hash) {
        HexField::Absent => return Ok(()),
        HexField::Digest(digest) if hashes.contains(&digest) => return Ok(()),
        HexField::Digest(digest) => digest.hex(),
        HexField::Malformed => "no hex digest".into(),
    };
    log.refuse(Finding::integrity(Part::Policy, format!("sha256 {}", hashes[0]), found))
}
