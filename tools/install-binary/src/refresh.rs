//! From the indices of mirrors to the content of a lock file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result, anyhow};
use binpkg::index::Record;
use binpkg::lock::{Lock, LockRecord};
use binpkg::sidecar::Sidecar;
use binpkg::sign::TrustList;
use cli::{Exit, WithExit};
use digest::Sha256;
use mirror::index::{Policy, read_index, whole};
use mirror::{Address, Mirror};

/// What a lock file is made of.
pub struct Refresh<'a> {
    /// The mirrors, in order.
    pub addresses: &'a [Address],
    /// Whose signatures count; with none, checksums suffice.
    pub trusted: &'a TrustList,
    /// Packages that count.
    pub names: &'a BTreeSet<String>,
}

impl Refresh<'_> {
    /// The new lock file. Of a config hash that several mirrors have, the first one's record counts.
    ///
    /// # Errors
    /// An index that does not verify; no mirror that can be read.
    pub fn run(&self, old: &Lock, warn: &mut dyn FnMut(&str)) -> Result<Lock> {
        let mut records: BTreeMap<Sha256, LockRecord> = BTreeMap::new();
        let mirrors: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        // Serials of different mirrors have nothing to do with each other; the lock file has that of its first one.
        let seen = if old.mirrors == mirrors { old.serial } else { 0 };
        let mut serial = seen;
        let mut unreadable = Vec::new();
        for (number, address) in self.addresses.iter().enumerate() {
            let mirror = address.mirror();
            let policy = Policy {
                trusted: self.trusted.clone(),
                seen: if number == 0 { seen } else { 0 },
            };
            let index = match read_index(&mirror, &policy) {
                Ok(index) => index,
                Err(error) if error.is_unreadable() => {
                    unreadable.push(format!("{address}: {error}"));
                    continue;
                }
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("cannot use the mirror {address}"))
                        .exit(Exit::Unverified);
                }
            };
            if number == 0 {
                serial = index.serial;
            }
            for record in index.packages() {
                if self.names.contains(record.name.as_str())
                    && let Some(found) = self.lock_record(record, &mirror, warn)?
                {
                    records.entry(found.config_hash_full).or_insert(found);
                }
            }
        }
        if unreadable.len() == self.addresses.len() {
            return Err(anyhow!("no mirror can be read: {}", unreadable.join("; "))).exit(Exit::NoMirror);
        }
        if !unreadable.is_empty() {
            unreadable.iter().for_each(|text| warn(text));
            // What only that mirror has is not gone because it is silent today.
            for record in old.packages() {
                if self.names.contains(record.name.as_str()) {
                    records.entry(record.config_hash_full).or_insert_with(|| record.clone());
                }
            }
        }
        Ok(Lock::new(mirrors, serial, records.into_values().collect())?)
    }

    /// What a build needs to know of a record; `None` for one that no build can pin.
    fn lock_record(&self, record: &Record, mirror: &Mirror, warn: &mut dyn FnMut(&str)) -> Result<Option<LockRecord>> {
        let place = record.place();
        let mut found = (
            record.sha256,
            record.config_hash_full,
            record.content_hash_full,
            record.signatures.clone(),
        );
        if found.0.is_none() || found.1.is_none() || found.2.is_none() {
            // An index of an older tool: the sidecar says the rest.
            let bytes = whole(mirror, &format!("{place}.sha256"))
                .with_context(|| format!("cannot read {place}.sha256 of {}", mirror.address()))
                .exit(Exit::NoMirror)?;
            let sidecar = Sidecar::parse(&bytes, &record.filename)
                .with_context(|| format!("{place}.sha256 of {} does not verify", mirror.address()))
                .exit(Exit::Unverified)?;
            found = (
                Some(sidecar.sha256),
                sidecar.config_hash_full,
                sidecar.content_hash_full,
                sidecar.signatures,
            );
        }
        let (Some(sha256), Some(config_hash_full), Some(content_hash_full), signatures) = found else {
            warn(&format!(
                "{} has no full hashes, and is left out: publish it again with upload-binaries",
                record.filename
            ));
            return Ok(None);
        };
        let found = LockRecord {
            name: record.name.clone(),
            version: record.version.clone(),
            config_hash_full,
            sha256,
            content_hash_full,
            size: record.size,
            path: place,
            signatures,
        };
        if !self.trusted.is_empty()
            && let Err(error) = self.trusted.check(&found.statement(), &found.signatures)
        {
            warn(&format!("{} is left out: {error}", record.filename));
            return Ok(None);
        }
        Ok(Some(found))
    }
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
