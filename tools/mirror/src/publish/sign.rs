//! Signing what is on a mirror already (section 10.3): a step of its own, in a place that may have the key.

use std::collections::BTreeSet;

use binpkg::index::{Record, Root};
use binpkg::sidecar::{Sidecar, SidecarError};
use binpkg::sign::SecretKey;

use super::PublishError;
use super::lock::Held;
use super::next::{Described, Next};
use super::signing::Signing;
use super::state::State;
use super::store::{NewFile, Store};

/// What signing has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// Packages that got a signature.
    pub packages: usize,
    /// Packages that had all of them.
    pub unchanged: usize,
    /// The serial of the index, which is signed.
    pub serial: u64,
}

/// Why a package is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The mirror.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// It is in the index and nowhere else.
    #[error("{path} is not on the mirror; look with `upload-binaries check`")]
    Missing {
        /// The sidecar.
        path: String,
    },
    /// It cannot be used.
    #[error("{path} does not verify")]
    Sidecar {
        /// The sidecar.
        path: String,
        /// Why not.
        source: SidecarError,
    },
    /// Two descriptions of one package.
    #[error("{path} and the index disagree about `{field}`; look with `upload-binaries check`")]
    Disagree {
        /// The sidecar.
        path: String,
        /// What they disagree about.
        field: &'static str,
    },
}

/// Signs all packages of a mirror, in sidecars and index, and the index. What these keys have signed already stays as it is.
///
/// # Errors
/// A sidecar that cannot be read or says something else than the index; the mirror cannot be written.
pub fn sign_mirror(
    store: &dyn Store,
    lock: &dyn Held,
    signing: &Signing,
    warn: &mut dyn FnMut(&str),
) -> Result<Signed, SignError> {
    let state = State::read(store).map_err(SignError::from)?;
    state.check_signing(Some(signing), warn)?;
    let mut done = Signed {
        serial: state.serial(),
        ..Signed::default()
    };
    let (mut packages, mut renewed) = (Vec::new(), Vec::new());
    let records = state.all(store)?;
    let paths: Vec<_> = records
        .iter()
        .map(|record| format!("{}.sha256", record.place()))
        .collect();
    let sidecars = store.read(&paths).map_err(PublishError::from)?;
    for ((record, path), bytes) in records.into_iter().zip(paths).zip(sidecars) {
        let (record, sidecar) = with_signatures(record, &path, bytes, &signing.keys, warn)?;
        match sidecar {
            Some(sidecar) => {
                done.packages += 1;
                renewed.push(NewFile::bytes(path, sidecar.to_string()));
            }
            None => done.unchanged += 1,
        }
        let description = String::new();
        packages.push(Described { record, description });
    }
    // Whoever reads the new index finds the signatures in the sidecars, too.
    store.replace(&renewed).map_err(PublishError::from)?;
    let mut next = Next::rebuilt(store, &state, packages, &BTreeSet::new(), Some(signing))?;
    if !next.is_news() {
        if state.is_signed_by(&signing.keys) {
            return Ok(done);
        }
        next = Next::refreshed(store, &state, signing)?;
    }
    done.serial = next.write(store, lock, &state, Some(signing))?.serial;
    Ok(done)
}

/// A record with all signatures of its sidecar and of the keys; the sidecar, if it got some.
fn with_signatures(
    mut record: Record,
    path: &str,
    bytes: Option<Vec<u8>>,
    keys: &[SecretKey],
    warn: &mut dyn FnMut(&str),
) -> Result<(Record, Option<Sidecar>), SignError> {
    let path = || path.to_owned();
    let bytes = bytes.ok_or_else(|| SignError::Missing { path: path() })?;
    let mut sidecar =
        Sidecar::parse(&bytes, &record.filename).map_err(|source| SignError::Sidecar { path: path(), source })?;
    let Some(statement) = sidecar.statement() else {
        warn(&format!(
            "{} stays unsigned: its sidecar has no size or no full hashes; package it again",
            record.filename
        ));
        return Ok((record, None));
    };
    let differs = [
        ("sha256", record.sha256.is_some_and(|it| it != statement.sha256)),
        ("size", record.size != statement.size),
        ("name", record.name != statement.name),
        ("version", record.version != statement.version),
        (
            "config_hash_full",
            record.config_hash_full.is_some_and(|it| it != statement.config_hash),
        ),
        (
            "content_hash_full",
            record.content_hash_full.is_some_and(|it| it != statement.content_hash),
        ),
    ];
    if let Some((field, _)) = differs.into_iter().find(|(_, differs)| *differs) {
        return Err(SignError::Disagree { path: path(), field });
    }
    let mut added = false;
    for key in keys {
        added |= sidecar.sign(key) == Some(true);
    }
    record.signatures.clone_from(&sidecar.signatures);
    Ok((record, added.then_some(sidecar)))
}

/// Signs the index anew, with the next serial and a later end.
///
/// # Errors
/// It is signed by somebody else, or the mirror cannot be written.
pub fn refresh(
    store: &dyn Store,
    lock: &dyn Held,
    signing: &Signing,
    warn: &mut dyn FnMut(&str),
) -> Result<Root, PublishError> {
    let state = State::read(store)?;
    state.check_signing(Some(signing), warn)?;
    Next::refreshed(store, &state, signing)?.write(store, lock, &state, Some(signing))
}
