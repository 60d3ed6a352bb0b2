//! Whether a tarball is what its sidecar says, and every file in it what its manifest says.

use std::io::Read;

use digest::HashingReader;

use crate::metadata::Metadata;
use crate::names::{FileName, FileNameError, ShortHash};
use crate::sidecar::{Sidecar, SidecarError};
use crate::tarball::{NoSink, Package, ReadError, ReadLimits, read};

/// A package that was read to its last byte and is what its sidecar says.
#[derive(Debug)]
pub struct Checked {
    /// What is in it.
    pub package: Package,
    /// What stands beside it.
    pub sidecar: Sidecar,
    /// Size of the tarball in bytes.
    pub size: u64,
}

/// Why a package is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The tarball itself.
    #[error(transparent)]
    Tarball(#[from] ReadError),
    /// The sidecar itself.
    #[error(transparent)]
    Sidecar(#[from] SidecarError),
    /// No name can be made of what the metadata say.
    #[error(transparent)]
    Name(#[from] FileNameError),
    /// Written by a tool that knew less.
    #[error("METADATA.json has no `schema`; only packages of this version can be checked")]
    Old,
    /// Other bytes.
    #[error("the checksum of {file} does not match (expected {expected}, found {found})")]
    Checksum {
        /// The tarball's final name.
        file: String,
        /// What the sidecar says.
        expected: String,
        /// What was read.
        found: String,
    },
    /// Two descriptions of one package.
    #[error("the sidecar and METADATA.json disagree: expected\n{expected}found\n{found}")]
    Disagree {
        /// The sidecar that follows from the metadata.
        expected: Box<Sidecar>,
        /// The sidecar that is there.
        found: Box<Sidecar>,
    },
}

impl Checked {
    /// Reads a tarball to its end and compares it with its sidecar.
    ///
    /// # Errors
    /// See [`CheckError`].
    pub fn read(tarball: impl Read, sidecar: &[u8]) -> Result<Self, CheckError> {
        let mut hashing = HashingReader::new(tarball);
        let package = read(&mut hashing, ReadLimits::default(), &mut NoSink)?;
        let (sha256, size) = hashing.finish();
        let metadata = &package.metadata;
        if metadata.schema.is_none() {
            return Err(CheckError::Old);
        }
        let (name, hash) = (metadata.name.clone(), short_hash(metadata, Sidecar::file_of(sidecar)));
        let file = FileName::new(name, &metadata.version, hash.clone(), package.compression)?.to_string();
        let sidecar = Sidecar::parse(sidecar, &file)?;
        if sidecar.sha256 != sha256 {
            return Err(CheckError::Checksum {
                file,
                expected: sidecar.sha256.hex(),
                found: sha256.hex(),
            });
        }
        // Everything but the checksum and the signatures comes from the metadata, so it can be made again and compared.
        let mut expected = Sidecar::new(metadata, file, sha256, size);
        expected.config_hash = hash;
        expected.signatures.clone_from(&sidecar.signatures);
        if sidecar != expected {
            return Err(CheckError::Disagree {
                expected: Box::new(expected),
                found: Box::new(sidecar),
            });
        }
        Ok(Self { package, sidecar, size })
    }
}

/// The form of the config hash in the file name: that of the metadata, or a longer one, as a mirror has it where two begin alike.
fn short_hash(metadata: &Metadata, file: &str) -> ShortHash {
    let fits = |hash: &ShortHash| {
        hash.as_str().starts_with(metadata.config_hash.as_str())
            && metadata.config_hash_full.is_some_and(|full| hash.fits(&full))
    };
    let named = file.parse().ok().map(|file: FileName| file.config_hash().clone());
    named.filter(fits).unwrap_or_else(|| metadata.config_hash.clone())
}
