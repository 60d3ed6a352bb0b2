//! What is wrong on a mirror (section 16.2): the index against the files, both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use binpkg::index::{Index, Record, Root};
use binpkg::sidecar::Sidecar;
use binpkg::sign::TrustList;

use super::rebuild::is_tarball;
use super::state::State;
use super::store::{Listed, Store};
use super::{INDEX, PublishError};
use crate::causes::with_causes;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file that is wrong, or missing.
    pub path: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// A look at a mirror.
pub struct Check<'a> {
    /// The mirror.
    pub store: &'a dyn Store,
    /// Whose signatures count; with none, only their form is looked at.
    pub trusted: &'a TrustList,
    /// Whether every tarball and recipe is read and hashed.
    pub full: bool,
}

/// What has been found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, path: impl Into<String>, what: impl Into<String>) {
        let (path, what) = (path.into(), what.into());
        self.0.push(Finding { path, what });
    }
}

impl Check<'_> {
    /// Everything that is wrong, in the order of paths.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub fn run(&self) -> Result<Vec<Finding>, PublishError> {
        let mut found = Findings::default();
        let listed = self.store.list()?;
        let sizes: BTreeMap<_, _> = listed.iter().map(|file| (file.path.as_str(), file.size)).collect();
        let mut complain = |error: PublishError| {
            found.add(INDEX, with_causes(&error));
            Ok(())
        };
        let state = State::read_with(self.store, &mut complain)?;
        let records = self.index(&state, &mut found)?;
        let paths: Vec<_> = records
            .iter()
            .map(|record| format!("{}.sha256", record.place()))
            .collect();
        for (record, bytes) in records.iter().zip(self.store.read(&paths)?) {
            self.package(record, bytes, &sizes, &mut found);
        }
        orphans(&records, &listed, &mut found);
        self.checksums(&records, &mut found)?;
        if self.full {
            self.contents(&records, &sizes, &mut found)?;
        }
        found.0.sort();
        found.0.dedup();
        Ok(found.0)
    }

    /// The files of the index against each other; gives its records.
    fn index(&self, state: &State, found: &mut Findings) -> Result<Vec<Record>, PublishError> {
        if state.is_behind {
            found.add(
                INDEX,
                format!(
                    "{INDEX}, {} and {} are not of one serial",
                    Root::PATH,
                    Root::PACKED_PATH
                ),
            );
        }
        if let Some(at) = state.root.expires.as_ref().filter(|at| at.is_past(SystemTime::now())) {
            found.add(
                Root::PATH,
                format!("it has expired at {at}; sign it again with `upload-binaries refresh`"),
            );
        }
        for (path, file) in [(INDEX, &state.listing), (Root::PATH, &state.root_file)] {
            if !self.trusted.is_empty()
                && let Some(bytes) = &file.bytes
                && let Err(error) = file.signatures.check(bytes, self.trusted)
            {
                found.add(path, error.to_string());
            }
        }
        let listed = state.index.as_ref().map(Index::packages);
        let (records, errors) = state.readable(self.store)?;
        let is_whole = errors.is_empty();
        for error in errors {
            found.add(Root::PATH, with_causes(&error));
        }
        if is_whole && records.len() as u64 != state.root.total {
            let what = format!("expected `total` to be {}, found {}", records.len(), state.root.total);
            found.add(Root::PATH, what);
        }
        if let Some(listed) = listed.filter(|listed| is_whole && *listed != records) {
            found.add(
                INDEX,
                format!(
                    "it does not say what the shards say ({} packages there, {} here)",
                    records.len(),
                    listed.len()
                ),
            );
        }
        Ok(records)
    }

    fn package(&self, record: &Record, sidecar: Option<Vec<u8>>, sizes: &BTreeMap<&str, u64>, found: &mut Findings) {
        let place = record.place();
        match sizes.get(place.as_str()) {
            None => found.add(&place, "it is in the index, but not on the mirror"),
            Some(size) if *size != record.size => {
                found.add(&place, format!("expected {} bytes, found {size}", record.size));
            }
            Some(_) => {}
        }
        let letter = record.name.letter();
        if !place.starts_with(&format!("{letter}/")) {
            found.add(&place, format!("expected it in the folder {letter}"));
        }
        let path = format!("{place}.sha256");
        let sidecar = match sidecar.map(|bytes| Sidecar::parse(&bytes, &record.filename)) {
            None => return found.add(path, "the package is in the index, but it has no sidecar"),
            Some(Err(error)) => return found.add(path, error.to_string()),
            Some(Ok(sidecar)) => sidecar,
        };
        let pairs = [
            ("sha256", record.sha256, Some(sidecar.sha256)),
            ("config_hash_full", record.config_hash_full, sidecar.config_hash_full),
            ("content_hash_full", record.content_hash_full, sidecar.content_hash_full),
        ];
        for (field, ours, theirs) in pairs {
            if let (Some(ours), Some(theirs)) = (ours, theirs)
                && ours != theirs
            {
                found.add(
                    &path,
                    format!("expected `{field}` to be {ours}, as the index says, found {theirs}"),
                );
            }
        }
        if record.signatures != sidecar.signatures {
            found.add(&path, "its signatures are not those of the index");
        }
        if !self.trusted.is_empty() {
            match sidecar.statement() {
                None => found.add(&path, "it has no full hashes, so nothing of it can be signed"),
                Some(statement) => {
                    if let Err(error) = self.trusted.check(&statement, &sidecar.signatures) {
                        found.add(&path, error.to_string());
                    }
                }
            }
        }
    }

    /// `SHA256SUMS` of each letter.
    fn checksums(&self, records: &[Record], found: &mut Findings) -> Result<(), PublishError> {
        let mut letters: BTreeMap<char, BTreeSet<String>> = BTreeMap::new();
        for record in records {
            let lines = letters.entry(record.name.letter()).or_default();
            lines.extend(record.sha256.map(|sha256| format!("{sha256}  {}", record.filename)));
        }
        let paths: Vec<_> = letters.keys().map(|letter| format!("{letter}/SHA256SUMS")).collect();
        for ((lines, path), text) in letters.into_values().zip(&paths).zip(self.store.read(&paths)?) {
            let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
            let there: BTreeSet<_> = text.lines().map(str::to_owned).collect();
            if there != lines {
                found.add(path, "it does not have the checksums of the index");
            }
        }
        Ok(())
    }

    /// Every byte of tarballs and recipes.
    fn contents(
        &self,
        records: &[Record],
        sizes: &BTreeMap<&str, u64>,
        found: &mut Findings,
    ) -> Result<(), PublishError> {
        let mut expected = Vec::new();
        for record in records {
            let place = record.place();
            let recipe = format!("{place}.recipe.json");
            expected.extend(record.sha256.map(|sha256| (place, sha256)));
            expected.extend(record.config_hash_full.map(|sha256| (recipe, sha256)));
        }
        expected.retain(|(path, _)| sizes.contains_key(path.as_str()));
        let paths: Vec<_> = expected.iter().map(|(path, _)| path.clone()).collect();
        for ((path, expected), digest) in expected.into_iter().zip(self.store.digests(&paths)?) {
            if let Some(digest) = digest.filter(|digest| *digest != expected) {
                found.add(
                    path,
                    format!("`sha256` does not match (expected {expected}, found {digest})"),
                );
            }
        }
        Ok(())
    }
}

/// Files of packages that no index has.
fn orphans(records: &[Record], listed: &[Listed], found: &mut Findings) {
    let known: BTreeSet<_> = records.iter().map(Record::place).collect();
    let paths: BTreeSet<_> = listed.iter().map(|file| file.path.as_str()).collect();
    for path in &paths {
        if is_tarball(path) && !known.contains(*path) {
            found.add(*path, "it is on the mirror, but not in the index");
        }
        for suffix in [".sha256", ".recipe.json"] {
            if let Some(tarball) = path.strip_suffix(suffix)
                && is_tarball(tarball)
                && !paths.contains(tarball)
                && !known.contains(tarball)
            {
                found.add(*path, "its tarball is not there");
            }
        }
    }
}
