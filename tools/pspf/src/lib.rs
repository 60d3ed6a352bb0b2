//! Build, sign and read self-extracting packages in the format PSPF/2025.
//!
//! The states of a package are types, and each step consumes the last:
//!
//! ```text
//! Editor ── store() ──▶ Unsigned ── sign(key) ──▶ Signed ── write(path) ──▶ Written
//! ```
//!
//! ```
//! use pspf::{Editor, Launcher, SigningKey, Slot, Target};
//!
//! # let world = tempfile::tempdir()?;
//! # let path = world.path().join("hello.psp");
//! let written = Editor::new("hello", "1.0")
//!     .command("/bin/cat \"{workenv}/greeting.txt\"")
//!     .launcher(Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n"), Target::Any)
//!     .slot(Slot::bytes("greeting", *b"hello\n").target("greeting.txt"))
//!     .store()?
//!     .sign(&SigningKey::from_seed("example"))?
//!     .write(&path)?;
//! assert_eq!(written.size, std::fs::metadata(&path)?.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Building is deterministic: the same input gives the same bytes. Every package is sealed. Reading
//! goes through [`PackageFile`] and the one verifier, `pspf-verify`.

#![forbid(unsafe_code)]

mod chain;
mod command;
mod content;
mod custom;
mod document;
mod editor;
mod error;
mod extract;
mod frame;
mod launcher;
mod mach_signature;
mod metadata_stream;
mod open;
mod output;
mod parallel;
mod platform;
mod profile;
mod record;
mod resign;
mod rules;
mod signed;
mod signing_key;
mod slot;
mod slot_cache;
mod store;
mod unsigned;
mod visit;
mod write;

pub use editor::Editor;
pub use error::Error;
pub use extract::{ExtractedSlot, extract_all, extract_slot};
pub use launcher::Launcher;
pub use mach_signature::MachFlaw;
pub use open::PackageFile;
pub use output::OutputFile;
pub use platform::{Platform, Target};
pub use profile::Profile;
pub use record::SlotRecord;
pub use resign::resign;
pub use signed::Signed;
pub use signing_key::SigningKey;
pub use slot::Slot;
pub use slot_cache::SlotCache;
pub use store::store_slot;
pub use unsigned::Unsigned;
pub use visit::{Unpacked, visit_files};
pub use write::Written;

pub use pspf_format::metadata::{
    CacheValidation, Enumerate, PackagePolicy, RuntimeEnv, SetupCommand, WorkenvDirectory,
};
pub use pspf_format::{FileMode, Lifecycle, Operation, OperationChain, PrivateKey, PublicKey};
