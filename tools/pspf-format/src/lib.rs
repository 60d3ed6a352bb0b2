//! PSPF/2025 as data: on-disk structures, metadata JSON, operation chains, keys and the seal.
//!
//! Bytes in, values out. Nothing here opens a file, and nothing here is `unsafe`. Section numbers
//! in the comments are those of the format reference, `docs/format.md`.

#![forbid(unsafe_code)]

mod adler;
mod chain;
mod descriptor;
mod index;
pub mod json;
mod key;
pub mod layout;
mod lifecycle;
pub mod metadata;
mod mode;
mod purpose;
mod seal;
pub mod strict_json;

pub use adler::adler32;
pub use chain::{ChainError, Operation, OperationChain};
pub use descriptor::SlotDescriptor;
pub use index::{Capabilities, HexField, IndexBlock};
pub use key::{KeyError, PrivateKey, PublicKey, Signature};
pub use lifecycle::Lifecycle;
pub use metadata::Metadata;
pub use mode::{FileMode, ModeError};
pub use purpose::purpose_code;
pub use seal::{SEAL_NAME, SealMessage};
