//! Publishing (section 9.5): files first and the index last, one rename each, under the mirror's lock, so that no reader ever
//! sees an entry whose files are missing.
//!
//! What is read and written does not grow with the mirror, but for the root of the index and the list for searching, which have a line
//! for each name, and `SHA256SUMS` of a letter; `index.json` is written whole only while it lists
//! [few enough packages](LARGEST_LISTING). Shards that no root names any more stay: somebody may be reading an older root.

mod check;
mod directory_store;
mod files;
mod lock;
mod next;
mod plan;
mod rebuild;
mod sign;
mod signing;
mod ssh_lock;
mod ssh_staging;
mod ssh_store;
mod state;
mod store;
mod upload;

use binpkg::index::{IndexError, RootError, ShardError, UnpackError};
use binpkg::sign::{SignatureLineError, TrustListError, UntrustedError};

use crate::Address;

pub use check::{Check, Finding};
pub use directory_store::DirectoryStore;
pub use lock::{Held, LockError, LockRules};
pub use next::{Described, LARGEST_LISTING};
pub use plan::{Plan, Refusal};
pub use rebuild::{Found, is_tarball};
pub use sign::{SignError, Signed, refresh, sign_mirror};
pub use signing::Signing;
pub use ssh_store::{SshRules, SshStore};
pub use state::State;
pub use store::{FileContent, Listed, NewFile, Store, StoreError};
pub use upload::{List, Outcome, Upload, UploadError, read_packages, refused};

/// The mirror at an address; `None` for one that can only be read.
pub fn writable(address: &Address, rules: SshRules) -> Option<Box<dyn Store>> {
    match address {
        Address::Directory(path) => Some(Box::new(DirectoryStore::at(path))),
        Address::Ssh(address) => Some(Box::new(SshStore::new(address.clone(), rules))),
        Address::Http(_) => None,
    }
}

/// Name of the index below `binaries/`.
pub const INDEX: &str = "index.json";

/// Why nothing was published, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Somebody else publishes.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The mirror's index cannot be used.
    #[error("the index of the mirror, {INDEX}")]
    Index(#[from] IndexError),
    /// The root of the mirror's index cannot be used.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The compressed root cannot be used.
    #[error("{path} of the mirror: {source}")]
    Packed {
        /// The file.
        path: String,
        /// Why not.
        source: UnpackError,
    },
    /// A shard cannot be used.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// What `index.json` points to is missing.
    #[error(
        "{INDEX} of the mirror points to index/root.json, which is not there; make it again with `upload-binaries check --fix`"
    )]
    NoRoot,
    /// What the root points to is missing.
    #[error(
        "{path}, which the root of the index names, is not on the mirror; make it again with `upload-binaries check --fix`"
    )]
    NoShard {
        /// The shard.
        path: String,
    },
    /// A signature file that is none.
    #[error("{path} of the mirror: {source}")]
    Signature {
        /// The file.
        path: String,
        /// Why not.
        source: SignatureLineError,
    },
    /// Keys that cannot be trusted.
    #[error(transparent)]
    Trust(#[from] Box<TrustListError>),
    /// The index would lose its signature.
    #[error("the index of the mirror is signed; name the key that signs it with --sign-key")]
    Unsigned,
    /// Somebody else wrote the index.
    #[error(
        "{path} of the mirror was signed by none of the keys that shall sign the next one: {source}; if that is a change of keys, name the \
         one so far with --key"
    )]
    Untrusted {
        /// The file.
        path: String,
        /// Who signed.
        source: Box<UntrustedError>,
    },
    /// The mirror cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
