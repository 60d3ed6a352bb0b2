//! From the indices of mirrors to the content of a lock file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use binpkg::index::Record;
use binpkg::lock::{Lock, LockRecord};
use binpkg::names::PackageName;
use binpkg::sign::TrustList;
use digest::Sha256;
use mirror::catalog::{Catalog, Found, Options, Purpose, Source};
use mirror::{Access, Address};

use crate::mirrors::with_code;

/// What a lock file is made of.
pub struct Refresh<'a> {
    /// The mirrors, in order.
    pub addresses: &'a [Address],
    /// Whose signatures count; with none, checksums suffice.
    pub trusted: &'a TrustList,
    /// Packages that count.
    pub names: &'a BTreeSet<String>,
    /// How web servers are reached.
    pub access: &'a Access,
    /// Folder of the cache, if there is one.
    pub cache: Option<&'a Path>,
}

impl Refresh<'_> {
    /// The new lock file. Of a config hash that several mirrors have, the first one's record counts.
    ///
    /// # Errors
    /// An index that does not verify; no mirror that can be read.
    pub fn run(&self, old: &Lock, warn: &mut dyn FnMut(&str)) -> Result<Lock> {
        let mirrors: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        // Serials of different mirrors have nothing to do with each other; the lock file has that of its first one.
        let seen = if old.mirrors == mirrors { old.serial } else { 0 };
        let sources: Vec<_> = (self.addresses.iter().enumerate())
            .map(|(number, address)| Source {
                mirror: address.mirror_by(self.access),
                trusted: self.trusted.clone(),
                serial: if number == 0 { seen } else { 0 },
            })
            .collect();
        let options = Options {
            // Whoever writes a lock file wants to know what there is now.
            max_age: Duration::ZERO,
            ..Options::new(Purpose::Install)
        };
        let catalog = with_code(Catalog::open(&sources, self.cache, options, warn))?;
        let names: Vec<PackageName> = self.names.iter().filter_map(|name| name.parse().ok()).collect();
        catalog.prefetch(&names);
        let mut records: BTreeMap<Sha256, LockRecord> = BTreeMap::new();
        for name in &names {
            for found in with_code(catalog.records(name, warn))? {
                if let Some(record) = lock_record(&catalog, &found, warn)? {
                    records.entry(record.config_hash_full).or_insert(record);
                }
            }
        }
        if (0..sources.len()).any(|source| !catalog.is_readable(source)) {
            // What only that mirror has is not gone because it is silent today.
            for record in old.packages() {
                if self.names.contains(record.name.as_str()) {
                    records.entry(record.config_hash_full).or_insert_with(|| record.clone());
                }
            }
        }
        let serial = catalog.serial(0).unwrap_or(seen);
        Ok(Lock::new(mirrors, serial, records.into_values().collect())?)
    }
}

/// What a build needs to know of a record; `None` for one that no build can pin.
fn lock_record(catalog: &Catalog, found: &Found, warn: &mut dyn FnMut(&str)) -> Result<Option<LockRecord>> {
    let found = with_code(catalog.complete(found))?;
    let Some(record) = pinned(&found.record) else {
        warn(&format!(
            "{} has no full hashes, and is left out: publish it again with upload-binaries",
            found.record.filename
        ));
        return Ok(None);
    };
    if let Err(error) = catalog.check(&found) {
        warn(&format!(
            "{} is left out: {:#}",
            found.record.filename,
            anyhow::Error::from(error)
        ));
        return Ok(None);
    }
    Ok(Some(record))
}

/// A record as a lock file has it; `None` where it lacks what is pinned.
pub(crate) fn pinned(record: &Record) -> Option<LockRecord> {
    Some(LockRecord {
        name: record.name.clone(),
        version: record.version.clone(),
        config_hash_full: record.config_hash_full?,
        sha256: record.sha256?,
        content_hash_full: record.content_hash_full?,
        size: record.size,
        path: record.place(),
        signatures: record.signatures.clone(),
    })
}

/// How one lock file differs from another.
pub struct Changes {
    added: usize,
    removed: usize,
    kept: usize,
}

impl Changes {
    /// Compares them by config hash.
    pub fn between(old: &Lock, new: &Lock) -> Self {
        let hashes =
            |lock: &Lock| -> BTreeSet<_> { lock.packages().iter().map(|record| record.config_hash_full).collect() };
        let (old, new) = (hashes(old), hashes(new));
        Self {
            added: new.difference(&old).count(),
            removed: old.difference(&new).count(),
            kept: new.intersection(&old).count(),
        }
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} added, {} removed, {} kept", self.added, self.removed, self.kept)
    }
}
