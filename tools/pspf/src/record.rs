use digest::Sha256;
use pspf_format::metadata::SlotEntry;
use pspf_format::{FileMode, OperationChain};
use serde::{Deserialize, Serialize};

use crate::Error;

/// What is known of a stored slot: made with its payload, read when a package is assembled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotRecord {
    /// Unique name.
    pub id: String,
    /// Name of the source, without its directory.
    #[serde(default)]
    pub source: String,
    /// Path in the extracted tree, `{workenv}` for a tree.
    pub target: String,
    /// Text form of the operation chain.
    pub operations: String,
    /// Free word.
    pub purpose: String,
    /// See [`Lifecycle`](crate::Lifecycle).
    pub lifecycle: String,
    /// Octal text.
    pub permissions: Option<String>,
    /// Stored bytes.
    pub size: u64,
    /// Bytes before compression: of the file, or of the tar stream.
    pub original_size: u64,
    /// Digest of the stored bytes.
    pub sha256: Sha256,
}

impl SlotRecord {
    /// The operation chain.
    pub fn chain(&self) -> Result<OperationChain, Error> {
        Ok(OperationChain::parse(&self.operations)?)
    }

    /// The entry of the metadata, at `position`.
    pub(crate) fn entry(&self, position: usize) -> Result<SlotEntry, Error> {
        let mode = self
            .permissions
            .as_deref()
            .map(FileMode::parse)
            .transpose()?
            .unwrap_or(FileMode::DEFAULT);
        Ok(SlotEntry {
            slot: position as u64,
            id: self.id.clone(),
            source: self.source.clone(),
            target: self.target.clone(),
            size: self.size,
            checksum: format!("sha256:{}", self.sha256),
            operations: self.chain()?.to_string(),
            purpose: self.purpose.clone(),
            lifecycle: self.lifecycle.clone(),
            permissions: Some(mode.to_string()),
            self_ref: None,
        })
    }
}
