use digest::Sha256;
use pspf_format::{IndexBlock, SealMessage, Signature};

use crate::log::Log;
use crate::{Finding, Part, Refusal};

/// Checks an announced seal (section 10).
///
/// The seal is a signature and follows the level like one. The bytes beside it are outside of every
/// signature, so they must be zero.
pub fn check(launcher: &Sha256, table: &[u8], index: &IndexBlock, log: &mut Log) -> Result<(), Refusal> {
    if index.future_crypto != [0; 448] {
        log.refuse(Finding::integrity(
            Part::Seal,
            "448 zero bytes after the seal",
            "other bytes",
        ))?;
    }
    let seal = Signature::from_bytes(index.seal);
    if seal.is_absent() {
        let finding = Finding::integrity(Part::Seal, "the seal that the metadata announces", "none");
        return log.refuse_if_enforced(finding);
    }
    let message = SealMessage::new(launcher, &Sha256::of(table), index);
    if !index.key().verify(message.as_bytes(), &seal) {
        let finding = Finding::integrity(
            Part::Seal,
            "a seal over launcher, slot table and index block",
            "one that does not verify: at least one of them was changed",
        );
        return log.refuse_if_enforced(finding);
    }
    Ok(())
}
