//! A tarball that is here, and whether it is what was chosen.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use binpkg::index::Record;
use binpkg::names::{PackageName, ShortHash, Version};
use binpkg::sidecar::{Sidecar, SidecarError};
use binpkg::sign::{TrustList, UntrustedError};
use digest::Sha256;
use install::{Incoming, InstallError, Source};

/// What a tarball has to be.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    name: PackageName,
    version: Version,
    config_hash: ShortHash,
    config_hash_full: Option<Sha256>,
    content_hash: ShortHash,
    content_hash_full: Option<Sha256>,
}

/// Why a tarball is not what was chosen. All of these are failed verifications: nothing is installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenedError {
    /// The sidecar cannot be read.
    #[error("cannot read {}, without which nothing says that the package is whole", path.display())]
    NoSidecar {
        /// The sidecar.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It does not verify anything.
    #[error("{} does not verify", path.display())]
    Sidecar {
        /// The sidecar.
        path: PathBuf,
        /// Why not.
        source: SidecarError,
    },
    /// The tarball cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The tarball.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Other bytes.
    #[error("the checksum of {} does not match (expected {expected}, found {found})", path.display())]
    Checksum {
        /// The tarball.
        path: PathBuf,
        /// What the sidecar says.
        expected: Sha256,
        /// What was read.
        found: Sha256,
    },
    /// Nobody who is trusted signed it.
    #[error("{} does not verify", path.display())]
    Untrusted {
        /// The sidecar.
        path: PathBuf,
        /// Why not.
        source: UntrustedError,
    },
    /// A sidecar of an older tool, which cannot be signed.
    #[error("{} says too little to be signed; --allow-unsigned takes it all the same", path.display())]
    Unsigned {
        /// The sidecar.
        path: PathBuf,
    },
    /// Another package.
    #[error("{file}: expected `{key}` to be {expected}, found {found}")]
    Other {
        /// The tarball.
        file: String,
        /// Which of its properties.
        key: &'static str,
        /// What was chosen.
        expected: String,
        /// What is in it.
        found: String,
    },
    /// It is no sound package.
    #[error(transparent)]
    Package(#[from] InstallError),
}

impl OpenedError {
    /// Whether the package is to blame, and not this machine.
    pub(crate) fn is_unverified(&self) -> bool {
        match self {
            Self::Read { .. } => false,
            Self::NoSidecar { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::Package(error) => error.is_unverified(),
            _ => true,
        }
    }
}

impl Expected {
    /// What an index says.
    pub(crate) fn of_record(record: &Record) -> Self {
        Self {
            name: record.name.clone(),
            version: record.version.clone(),
            config_hash: record.config_hash.clone(),
            config_hash_full: record.config_hash_full,
            content_hash: record.file_hash.clone(),
            content_hash_full: record.content_hash_full,
        }
    }

    /// What a sidecar says.
    pub(crate) fn of_sidecar(sidecar: &Sidecar) -> Self {
        Self {
            name: sidecar.package.clone(),
            version: sidecar.version.clone(),
            config_hash: sidecar.config_hash.clone(),
            config_hash_full: sidecar.config_hash_full,
            content_hash: sidecar.content_hash.clone(),
            content_hash_full: sidecar.content_hash_full,
        }
    }

    /// Looks into a tarball whose bytes are known to be those that were meant.
    pub(crate) fn open(&self, file: &str, path: &Path, source: Source) -> Result<Incoming, OpenedError> {
        let incoming = Incoming::open(path, source)?;
        let metadata = incoming.metadata();
        let content = incoming.manifest().content_hash();
        let same = |key, expected: String, found: String| {
            let file = file.to_owned();
            match expected == found {
                true => Ok(()),
                false => Err(OpenedError::Other {
                    file,
                    key,
                    expected,
                    found,
                }),
            }
        };
        same("name", self.name.to_string(), metadata.name.to_string())?;
        same("version", self.version.to_string(), metadata.version.to_string())?;
        match (self.config_hash_full, metadata.config_hash_full) {
            (Some(expected), Some(found)) => same("config_hash_full", expected.hex(), found.hex())?,
            // An older tool wrote one of them.
            (_, Some(full)) if self.config_hash.fits(&full) => {}
            _ => same(
                "config_hash",
                self.config_hash.to_string(),
                metadata.config_hash.to_string(),
            )?,
        }
        match self.content_hash_full {
            Some(expected) => same("content_hash_full", expected.hex(), content.hex())?,
            // What older tools hashed is not known; their own word for it has to be the same.
            None => same(
                "content_hash",
                self.content_hash.to_string(),
                metadata.content_hash.to_string(),
            )?,
        }
        Ok(incoming)
    }
}

/// `--file-hash` against what is known of a package before its bytes are here, and afterwards.
///
/// # Errors
/// Another content.
pub(crate) fn check_file_hash(
    wanted: &ShortHash,
    file: &str,
    known: &ShortHash,
    full: Option<Sha256>,
) -> Result<(), OpenedError> {
    let fits = match &full {
        Some(full) => wanted.fits(full),
        None => known.as_str().starts_with(wanted.as_str()) || wanted.as_str().starts_with(known.as_str()),
    };
    if fits {
        return Ok(());
    }
    Err(OpenedError::Other {
        file: file.to_owned(),
        key: "file hash",
        expected: wanted.to_string(),
        found: full.map_or_else(|| known.to_string(), |full| full.hex()),
    })
}

/// Checks a tarball of this machine against the sidecar beside it.
///
/// # Errors
/// See [`OpenedError`].
pub(crate) fn open_local(tarball: &Path, trusted: &TrustList) -> Result<(Incoming, Sidecar), OpenedError> {
    let mut path = tarball.as_os_str().to_owned();
    path.push(".sha256");
    let path = PathBuf::from(path);
    let file = tarball.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = std::fs::read(&path).map_err(|source| OpenedError::NoSidecar {
        path: path.clone(),
        source,
    })?;
    let sidecar = Sidecar::parse(&bytes, &file).map_err(|source| OpenedError::Sidecar {
        path: path.clone(),
        source,
    })?;
    let key = signer(&sidecar, &path, trusted)?;
    let read = |source| OpenedError::Read {
        path: tarball.to_owned(),
        source,
    };
    let mut reader = digest::HashingReader::new(File::open(tarball).map_err(read)?);
    io::copy(&mut reader, &mut io::sink()).map_err(read)?;
    let (found, _) = reader.finish();
    if found != sidecar.sha256 {
        return Err(OpenedError::Checksum {
            path: tarball.to_owned(),
            expected: sidecar.sha256,
            found,
        });
    }
    let source = Source {
        mirror: None,
        sha256: Some(found),
        key,
    };
    let incoming = Expected::of_sidecar(&sidecar).open(&file, tarball, source)?;
    Ok((incoming, sidecar))
}

/// The id of the trusted key that signed a sidecar; `None` where nobody's signature counts.
fn signer(sidecar: &Sidecar, path: &Path, trusted: &TrustList) -> Result<Option<String>, OpenedError> {
    if trusted.is_empty() {
        return Ok(None);
    }
    let path = || path.to_owned();
    let statement = sidecar
        .statement()
        .ok_or_else(|| OpenedError::Unsigned { path: path() })?;
    match trusted.check(&statement, &sidecar.signatures) {
        Ok(key) => Ok(Some(binpkg::sign::KeyId::of(&key.key).to_string())),
        Err(source) => Err(OpenedError::Untrusted { path: path(), source }),
    }
}
