//! The one reader and verifier of PSPF/2025 packages: bytes in, findings out.
//!
//! Builder, `psp` and launcher all read packages through this crate, so that no reader is weaker
//! than another. The states are types:
//!
//! ```text
//! Trailer ── identity() ──▶ compared with the record of an earlier start (warm start)
//!    │
//!    └─ Package::open ──▶ everything but the payloads checked, or the first Refusal
//!           │
//!           ├─ payload(i) ──▶ reader that hashes; finish() compares with the signed digest
//!           └─ verify_payloads()
//!
//! verify() ──▶ Report with all findings, for people
//! ```
//!
//! # Threat model
//!
//! The whole file may be hostile: whoever makes it can sign it with a key of their own, and whoever
//! changes it can fix every checksum that is not under a signature. Against that:
//!
//! * Sizes and offsets are compared with the file's length in overflow-safe arithmetic before they
//!   are used; nothing is allocated by a size from the file above the caps in
//!   [`pspf_format::layout`]. Payloads, launcher and gaps are streamed.
//! * The signature covers the metadata JSON; the JSON holds a full SHA-256 of every payload. Both are
//!   always compared; the short checksums in the slot table prove nothing.
//! * What a seal covers (section 10) is compared with it. A package that announces none gets every
//!   check that its signed values allow (section 9).
//! * Ranges may not overlap each other, the launcher or the trailer.
//! * Keys and signatures of small order never verify.
//! * The metadata is one gzip member without trailing bytes, at most 1 MiB of JSON, no duplicate key.
//!
//! What remains open: a key proves who signed, not that they deserve trust. That is policy, and
//! policy is not decided here.

#![forbid(unsafe_code)]

mod attestation;
mod file;
mod finding;
mod gaps;
mod index;
mod launcher;
mod level;
mod log;
mod metadata;
mod package;
mod payload;
mod ranges;
mod read_ahead;
mod read_at;
mod report;
mod sbom;
mod seal;
mod signature;
mod slot;
mod table;
mod trailer;

pub use finding::{Finding, Kind, Part, Refusal};
pub use level::Level;
pub use package::Package;
pub use payload::Payload;
pub use read_at::ReadAt;
pub use report::{Report, verify, verify_ahead};
pub use slot::Slot;
pub use trailer::{Identity, Trailer};
