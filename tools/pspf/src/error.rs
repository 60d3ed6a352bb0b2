use std::io;
use std::path::{Path, PathBuf};

use digest::Sha256;
use pspf_format::{ChainError, KeyError, ModeError, OperationChain};
use pspf_verify::Refusal;

use crate::{MachFlaw, Platform};

/// Why a package could not be built or read. Messages name slot, file, what was expected and found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The output could not be written.
    #[error("cannot write the output")]
    Output(#[source] io::Error),
    /// Compressing in memory failed.
    #[error("cannot compress")]
    Memory(#[source] io::Error),
    /// A fault of one slot.
    #[error("slot `{id}`")]
    Slot {
        /// Its id.
        id: String,
        /// What is wrong.
        source: Box<Error>,
    },
    /// Two slots of one id.
    #[error("slot id `{id}` is used twice (slots {first} and {second}): give each slot its own")]
    DuplicateSlot {
        /// The id.
        id: String,
        /// Position of the first.
        first: usize,
        /// Position of the second.
        second: usize,
    },
    /// A rule of the profile that the package breaks.
    #[error("profile `{profile}`: {rule}, found {found}")]
    Profile {
        /// `flavorpack` or `buckpack`.
        profile: &'static str,
        /// What the profile expects.
        rule: String,
        /// What was there.
        found: String,
    },
    /// A profile that is not known.
    #[error("expected profile `flavorpack` or `buckpack`, found `{found}`")]
    UnknownProfile {
        /// The word.
        found: String,
    },
    /// A field that is missing or wrong.
    #[error("{field}: expected {expected}, found {found}")]
    Field {
        /// Name of the field.
        field: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Custom metadata that would overwrite what the builder writes.
    #[error("custom metadata: key `{key}` belongs to the builder; choose another name")]
    ReservedKey {
        /// The key.
        key: String,
    },
    /// JSON that could not be read.
    #[error("{what} is not the expected JSON")]
    Json {
        /// Which document.
        what: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// A platform that is not known.
    #[error(
        "unknown platform `{found}` (expected any, linux_amd64, linux_arm64, darwin_amd64, darwin_arm64, windows_amd64 or windows_arm64)"
    )]
    UnknownPlatform {
        /// The word.
        found: String,
    },
    /// A launcher whose code signature does not hold.
    #[error(
        "macOS would not run the launcher ({flaw}); sign it ad hoc, as linkers do, and strip it before and not after that"
    )]
    LauncherSignature {
        /// What is wrong with its code signature.
        flaw: MachFlaw,
    },
    /// A launcher for another system or processor.
    #[error("the launcher is for another platform (expected `{expected}`, found {found})")]
    LauncherPlatform {
        /// What the package is for.
        expected: Platform,
        /// What the launcher is for.
        found: String,
    },
    /// A file that is not what its record says.
    #[error("{} does not match its record (expected sha256 {expected}, found {found}): make it again", path.display())]
    PayloadChanged {
        /// The payload.
        path: PathBuf,
        /// Digest in the record.
        expected: Sha256,
        /// Digest of the bytes.
        found: Sha256,
    },
    /// A file that is not as long as its record says.
    #[error("{} does not match its record (expected {expected} bytes, found {found}): make it again", path.display())]
    PayloadSize {
        /// The payload.
        path: PathBuf,
        /// Length in the record.
        expected: u64,
        /// Length of the file.
        found: u64,
    },
    /// A file that changed between hashing and copying.
    #[error("{} changed while the package was built: build again", path.display())]
    SourceChanged {
        /// The file.
        path: PathBuf,
    },
    /// A size that does not fit the format.
    #[error("the package would be larger than the format can hold")]
    TooLarge,
    /// An operation chain.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A chain with tar after another operation.
    #[error("operations `{chain}`: tar can only be the first operation")]
    TarNotFirst {
        /// The chain.
        chain: OperationChain,
    },
    /// An operation that is only undone, never applied.
    #[error(
        "operation `{operation}` is not applied: no launcher could undo it; use gzip, or zstd in profile `buckpack`"
    )]
    NotApplied {
        /// Its word.
        operation: String,
    },
    /// A compression level that its operations do not have.
    #[error("level: expected {expected} for operations `{chain}`, found {found}")]
    Level {
        /// Which levels there are.
        expected: &'static str,
        /// What the level is for.
        chain: OperationChain,
        /// The level.
        found: u32,
    },
    /// Permissions.
    #[error(transparent)]
    Mode(#[from] ModeError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Packing a tree.
    #[error("cannot pack")]
    Pack(#[from] archive::PackError),
    /// Unpacking a slot.
    #[error("cannot unpack")]
    Unpack(#[from] archive::ArchiveError),
    /// A path that leads elsewhere.
    #[error(transparent)]
    Path(#[from] archive::PathError),
    /// A package that the verifier refuses.
    #[error("{} is refused", path.display())]
    Refused {
        /// The package.
        path: PathBuf,
        /// Why.
        source: Refusal,
    },
    /// Something that would be overwritten.
    #[error("{} exists: choose another name or remove it", path.display())]
    Exists {
        /// What exists.
        path: PathBuf,
    },
    /// A slot that the package does not have.
    #[error("no slot `{slot}` in {}: it has {known}", path.display())]
    NoSuchSlot {
        /// What was asked for.
        slot: String,
        /// The package.
        path: PathBuf,
        /// Ids that exist.
        known: String,
    },
}

impl Error {
    /// Adds verb and path to an error of the file system.
    pub(crate) fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { verb, path, source }
    }

    /// Says which slot is at fault.
    pub(crate) fn slot(id: &str) -> impl FnOnce(Self) -> Self {
        let id = id.to_owned();
        move |source| Self::Slot {
            id,
            source: Box::new(source),
        }
    }

    pub(crate) fn field(field: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Field {
            field: field.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// True when a package is at fault: refused by the verifier or by the unpacker.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused { source, .. } => source.finding().is_some(),
            Self::Unpack(source) => source.is_archive(),
            Self::Slot { source, .. } => source.is_refusal(),
            _ => false,
        }
    }

    /// True when something named by the caller does not exist.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::NoSuchSlot { .. } => true,
            Self::File { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::Slot { source, .. } => source.is_missing(),
            _ => false,
        }
    }
}
