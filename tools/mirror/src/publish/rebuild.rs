//! The index made again from the files of a mirror: they say what there is, and what the old index said tells only since when.

use std::collections::{BTreeMap, BTreeSet};

use binpkg::check::{CheckError, Checked};
use binpkg::index::Record;
use binpkg::sidecar::Sidecar;

use super::PublishError;
use super::lock::Held;
use super::next::{Described, Next};
use super::signing::Signing;
use super::state::State;
use super::store::{Listed, Store};
use crate::causes::with_causes;

/// Packages of a mirror, and what is none.
#[derive(Default)]
pub struct Found {
    /// Verified packages.
    pub packages: Vec<Described>,
    /// Tarballs that do not verify, and why.
    pub bad: Vec<(String, String)>,
    /// Folders that have or had packages.
    letters: BTreeSet<char>,
}

/// Whether a file of a mirror is the tarball of a package.
pub fn is_tarball(path: &str) -> bool {
    let (letter, file) = path.split_once('/').unwrap_or_default();
    let is_letter = letter.len() == 1;
    is_letter
        && !file.contains('/')
        && !file.starts_with('.')
        && (file.ends_with(".tar.gz") || file.ends_with(".tar.zst"))
}

impl Found {
    /// Looks at every tarball of the mirror and reads it to its end; with `believed`, only those of which the index says something else
    /// than the sidecar.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn look(store: &dyn Store, state: &State, listed: &[Listed], believed: bool) -> Result<Self, PublishError> {
        let known: BTreeMap<_, _> = state
            .all(store)?
            .into_iter()
            .map(|record| (record.place(), record))
            .collect();
        let tarballs: Vec<_> = listed.iter().filter(|file| is_tarball(&file.path)).collect();
        let paths: Vec<_> = tarballs.iter().map(|file| format!("{}.sha256", file.path)).collect();
        let letters = known.values().map(|record| record.name.letter()).collect();
        let mut found = Self {
            letters,
            ..Self::default()
        };
        for (tarball, sidecar) in tarballs.into_iter().zip(store.read(&paths)?) {
            let Some(sidecar) = sidecar else {
                found.bad.push((tarball.path.clone(), "it has no sidecar".to_owned()));
                continue;
            };
            let old = known.get(&tarball.path);
            match package(store, tarball, &sidecar, old, believed)? {
                Ok(mut package) => {
                    package.record.published = old.map_or(state.next_serial(), |old| old.published);
                    found.letters.insert(package.record.name.letter());
                    found.packages.push(package);
                }
                Err(error) => found.bad.push((tarball.path.clone(), with_causes(&error))),
            }
        }
        Ok(found)
    }

    /// Makes these packages the index of the mirror; nothing is written if they are it already, unless it shall be written `again`, with
    /// shards whose bytes may have suffered. Gives the number of packages.
    ///
    /// # Errors
    /// The mirror cannot be written.
    pub fn write(
        self,
        store: &dyn Store,
        lock: &dyn Held,
        state: &State,
        signing: Option<&Signing>,
        again: bool,
        warn: &mut dyn FnMut(&str),
    ) -> Result<u64, PublishError> {
        let total = self.packages.len() as u64;
        let mut next = Next::rebuilt(store, state, self.packages, &self.letters, signing)?;
        if next.is_news() || again {
            next.again = again;
            state.check_signing(signing, warn)?;
            next.write(store, lock, state, signing)?;
        }
        Ok(total)
    }
}

fn package(
    store: &dyn Store,
    tarball: &Listed,
    sidecar: &[u8],
    old: Option<&Record>,
    believed: bool,
) -> Result<Result<Described, CheckError>, PublishError> {
    let file = tarball.path.rsplit('/').next().unwrap_or_default();
    let parsed = match Sidecar::parse(sidecar, file) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Err(error.into())),
    };
    if let Some(old) = old.filter(|_| believed)
        && old.sha256 == Some(parsed.sha256)
        && old.size == tarball.size
        && old.content_hash_full == parsed.content_hash_full
    {
        let mut record = old.clone();
        record.signatures = parsed.signatures;
        // The list for searching keeps the one it has.
        let description = String::new();
        return Ok(Ok(Described { record, description }));
    }
    let checked = Checked::read(store.open(&tarball.path)?, sidecar);
    Ok(checked.map(|checked| {
        let metadata = &checked.package.metadata;
        Described {
            record: Record::new(metadata, &checked.sidecar, checked.size, tarball.path.clone(), 0),
            description: metadata.description.clone(),
        }
    }))
}
