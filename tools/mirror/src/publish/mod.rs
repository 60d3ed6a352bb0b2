//! Publishing (section 9.5): files first and the index last, one rename each, under the mirror's lock, so that no reader ever
//! sees an entry whose files are missing.

mod lock;
mod plan;
mod store;
mod upload;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io;

use binpkg::index::{Index, IndexError, Record};

use crate::local_package::{LocalPackage, beside};
use crate::transport::{OpenError, Transport};

pub use lock::{LockError, LockGuard, LockRules};
pub use plan::{Plan, Refusal};
pub use store::{DirectoryStore, Store};
pub use upload::{List, Outcome, Upload, UploadError, read_packages, refused};

/// Name of the index below `binaries/`.
pub const INDEX: &str = "index.json";

/// No index comes near to this.
const LARGEST_INDEX: u64 = 1 << 30;

/// Why nothing was published, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Somebody else publishes.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The mirror's index cannot be used.
    #[error("the index of the mirror, {INDEX}")]
    Index(#[from] IndexError),
    /// The mirror cannot be read.
    #[error("cannot read {path} of the mirror")]
    Open {
        /// The file.
        path: String,
        /// Why not.
        source: OpenError,
    },
    /// The mirror cannot be read or written.
    #[error("cannot {verb} {path} of the mirror")]
    File {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: String,
        /// Why not.
        source: io::Error,
    },
}

fn file_error(verb: &'static str, path: &str) -> impl FnOnce(io::Error) -> PublishError {
    let path = path.to_owned();
    move |source| PublishError::File { verb, path, source }
}

/// The mirror's index; an empty one for a mirror that has none yet.
///
/// # Errors
/// It cannot be read, or is none.
pub fn read_index(mirror: &(impl Transport + ?Sized)) -> Result<Index, PublishError> {
    match mirror.open(INDEX) {
        Ok(content) => {
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut io::Read::take(content.reader, LARGEST_INDEX), &mut bytes)
                .map_err(file_error("read", INDEX))?;
            Ok(Index::parse(&bytes)?)
        }
        Err(OpenError::NotThere) => Ok(Index::default()),
        Err(source) => Err(PublishError::Open {
            path: INDEX.into(),
            source,
        }),
    }
}

/// Publishes what the plan calls new. The caller holds the lock, and made the plan from the index as it is under the lock.
///
/// # Errors
/// The mirror cannot be written. What is there then is complete, but not in the index; publishing again goes on from there.
pub fn publish(store: &dyn Store, mut index: Index, plan: &Plan) -> Result<Index, PublishError> {
    if plan.new.is_empty() {
        return Ok(index);
    }
    index.serial += 1;
    let mut records = Vec::new();
    for package in &plan.new {
        records.push(put(store, package, index.serial)?);
    }
    for record in records {
        index.insert(record).map_err(IndexError::from)?;
    }
    write_checksums(store, &index, plan)?;
    store
        .replace(INDEX, index.to_json()?.as_bytes())
        .map_err(file_error("write", INDEX))?;
    Ok(index)
}

/// Puts the files of a package in place, the sidecar last: where it is, everything is.
fn put(store: &dyn Store, package: &LocalPackage, serial: u64) -> Result<Record, PublishError> {
    let path = place(package);
    let files: &[&str] = match package.recipe {
        Some(_) => &["", ".recipe.json", ".sha256"],
        None => &["", ".sha256"],
    };
    let checked = &package.checked;
    let is_renamed = package.tarball.file_name() != Some(OsStr::new(&checked.sidecar.file));
    for suffix in files {
        let there = format!("{path}{suffix}");
        let written = match *suffix {
            // It names the file, which has another name on the mirror than here.
            ".sha256" if is_renamed => store.replace(&there, checked.sidecar.to_string().as_bytes()),
            suffix => store.put_new(&there, &beside(&package.tarball, suffix)),
        };
        written.map_err(file_error("write", &there))?;
    }
    Ok(Record::new(
        &checked.package.metadata,
        &checked.sidecar,
        checked.size,
        path,
        serial,
    ))
}

/// Where a package lies below `binaries/`.
pub(crate) fn place(package: &LocalPackage) -> String {
    let sidecar = &package.checked.sidecar;
    format!("{}/{}", sidecar.package.letter(), sidecar.file)
}

/// `SHA256SUMS` of each letter that got something: for tools that do not read our sidecars.
fn write_checksums(store: &dyn Store, index: &Index, plan: &Plan) -> Result<(), PublishError> {
    let mut letters: Vec<_> = plan
        .new
        .iter()
        .map(|package| package.checked.sidecar.package.letter())
        .collect();
    letters.sort_unstable();
    letters.dedup();
    for letter in letters {
        let mut text = String::new();
        let records = index.packages().iter().filter(|record| record.name.letter() == letter);
        for record in records {
            if let Some(sha256) = record.sha256 {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{sha256}  {}", record.filename);
            }
        }
        let path = format!("{letter}/SHA256SUMS");
        store
            .replace(&path, text.as_bytes())
            .map_err(file_error("write", &path))?;
    }
    Ok(())
}
