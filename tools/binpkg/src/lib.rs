//! Binary packages: what they are called, what is in them, and which build they come from. No network; threads only to compress.
//!
//! | module | holds |
//! |---|---|
//! | [`escape`] | how paths are written in manifests |
//! | [`names`] | package names, versions and their order, file names, short hashes |
//! | [`manifest`] | the list of a payload's entries; its digest is the content hash |
//! | [`metadata`] | `METADATA.json` |
//! | [`sidecar`] | the checksum file beside a tarball |
//! | [`canonical`] | JSON with one spelling |
//! | [`recipe`] | what is built, as data; its digest is the config hash |
//! | [`sbom`] | a bill of materials |
//! | [`sign`] | the signed statement about a package |
//! | [`index`] | the list of a mirror's packages |
//! | [`lock`] | the published binaries that a build may take |
//! | [`payload`] | a tree or a file, looked at and ready to be packed |
//! | [`interface`] | what a payload offers and needs: programs, libraries |
//! | [`tarball`] | the archive: written deterministically, read with suspicion |
//! | [`check`] | a tarball against its sidecar |

#![forbid(unsafe_code)]

pub mod canonical;
pub mod check;
pub mod escape;
pub mod index;
pub mod interface;
pub mod lock;
pub mod manifest;
pub mod metadata;
pub mod names;
pub mod payload;
pub mod recipe;
pub mod sbom;
pub mod sidecar;
pub mod sign;
pub mod tarball;
