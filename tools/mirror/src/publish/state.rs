//! What a mirror has, as far as publishing needs it.
//!
//! Three files say what there is: `index.json`, the root, and the compressed root. A publication writes them in this order, each whole,
//! after everything they speak of. So when one was interrupted, the file with the highest serial is right, and the others follow it
//! before anything else is done. `index.json` of a large mirror holds no records; its serial alone means nothing.

use std::collections::BTreeSet;
use std::time::SystemTime;

use binpkg::index::{Index, IndexError, Record, Root, Search, Shard, unpack};
use binpkg::names::PackageName;
use binpkg::sign::SecretKey;

use super::signing::{Signed, Signing, signatures};
use super::store::Store;
use super::{INDEX, PublishError};

/// What is there, read under the lock.
pub struct State {
    /// Which shard holds what; of a mirror without shards so far, serial, expiry and total alone count.
    pub(super) root: Root,
    /// All records, if one file lists them.
    pub(super) index: Option<Index>,
    /// The list for searching; `None` if it is missing or cannot be read.
    pub(super) search: Option<Search>,
    /// Whether the files of the index say different things, or some are missing.
    pub(super) is_behind: bool,
    /// Whether the shards are yet to be made from `index`.
    pub(super) lacks_shards: bool,
    pub(super) listing: Signed,
    pub(super) root_file: Signed,
    next_serial: u64,
}

/// What `index.json` is.
enum Listing {
    None,
    Full(Index),
    Pointer(u64),
}

impl State {
    /// Reads the files of the index, not the shards.
    ///
    /// # Errors
    /// They cannot be read, or one is not what it should be.
    pub fn read(store: &dyn Store) -> Result<Self, PublishError> {
        Self::read_with(store, &mut Err)
    }

    /// Reads what is left of a damaged index: a file that is not what it should be is told to `complain` and counts as missing.
    ///
    /// # Errors
    /// The mirror cannot be read, or what `complain` gives back.
    pub fn read_with(
        store: &dyn Store,
        complain: &mut dyn FnMut(PublishError) -> Result<(), PublishError>,
    ) -> Result<Self, PublishError> {
        let mut is_damaged = false;
        let complain = &mut |error| {
            is_damaged = true;
            complain(error)
        };
        let root_sig = format!("{}.sig", Root::PATH);
        let paths = [
            INDEX,
            "index.json.sig",
            Root::PATH,
            &root_sig,
            Root::PACKED_PATH,
            Search::PATH,
        ];
        let mut files = store.read(&paths.map(str::to_owned))?.into_iter();
        let mut next = || files.next().flatten();
        let mut listing = Signed {
            bytes: next(),
            signatures: or_missing(signatures(INDEX, next()), complain)?.unwrap_or_default(),
        };
        let (plain, root_sig, packed) = (next(), next(), next());
        let search = next().and_then(|bytes| Search::parse(&bytes).ok());
        let unpacked = or_missing(packed.map(unpacked).transpose(), complain)?.flatten();
        let are_equal = plain == unpacked;
        let mut roots = Vec::new();
        for bytes in [plain, unpacked].into_iter().flatten() {
            if let Some(root) = or_missing(Root::parse(&bytes).map_err(PublishError::from), complain)? {
                roots.push((root, bytes));
            }
        }
        let newest = roots.into_iter().max_by_key(|(root, _)| root.serial);
        let (root, bytes) = newest.map_or((None, None), |(root, bytes)| (Some(root), Some(bytes)));
        let root_file = Signed {
            bytes,
            signatures: or_missing(signatures(Root::PATH, root_sig), complain)?.unwrap_or_default(),
        };
        let said = match or_missing(listing_of(&listing), complain)? {
            None => Listing::None,
            Some(Listing::Pointer(_)) if root.is_none() => {
                complain(PublishError::NoRoot)?;
                Listing::None
            }
            Some(said) => said,
        };
        if matches!(said, Listing::None) {
            listing.bytes = None;
        }
        let state = match (said, root) {
            (Listing::None | Listing::Pointer(_), None) => Self::new(Root::default(), None),
            (Listing::Full(index), None) => Self::of_index(index),
            (Listing::Full(index), Some(root)) if index.serial > root.serial => Self::of_index(index),
            (Listing::Full(index), Some(root)) if index.serial == root.serial => Self {
                is_behind: !are_equal,
                ..Self::new(root, Some(index))
            },
            (Listing::Pointer(serial), Some(root)) if serial >= root.serial => Self {
                is_behind: !are_equal,
                next_serial: serial.max(root.serial + 1),
                ..Self::new(root, None)
            },
            (_, Some(root)) => Self {
                is_behind: true,
                ..Self::new(root, None)
            },
        };
        let mut state = Self {
            is_behind: state.is_behind || is_damaged,
            search,
            listing,
            root_file,
            ..state
        };
        if state.root.total == 0 && !state.root.shards.is_empty() {
            // Written by a tool that does not count.
            state.root.total = state.all(store)?.len() as u64;
        }
        Ok(state)
    }

    fn new(root: Root, index: Option<Index>) -> Self {
        Self {
            next_serial: root.serial + 1,
            root,
            index,
            search: None,
            is_behind: false,
            lacks_shards: false,
            listing: Signed::default(),
            root_file: Signed::default(),
        }
    }

    /// `index.json` is newer than the root, or alone.
    fn of_index(index: Index) -> Self {
        let root = Root {
            serial: index.serial,
            expires: index.expires.clone(),
            total: index.packages().len() as u64,
            ..Root::default()
        };
        Self {
            is_behind: true,
            lacks_shards: true,
            ..Self::new(root, Some(index))
        }
    }

    /// Whether there is no index at all.
    pub fn is_nothing(&self) -> bool {
        self.listing.bytes.is_none() && self.root_file.bytes.is_none()
    }

    /// How many packages there are.
    pub fn total(&self) -> u64 {
        self.root.total
    }

    /// The serial of what is there.
    pub fn serial(&self) -> u64 {
        self.root.serial
    }

    /// The serial of the next publication.
    pub(super) fn next_serial(&self) -> u64 {
        self.next_serial
    }

    /// The records of these packages.
    ///
    /// # Errors
    /// A shard cannot be read, or is not the one that the root names.
    pub fn of<'a>(
        &self,
        store: &dyn Store,
        names: impl IntoIterator<Item = &'a PackageName>,
    ) -> Result<Index, PublishError> {
        let names: BTreeSet<_> = names.into_iter().collect();
        if let Some(index) = &self.index {
            let wanted = index.packages().iter().filter(|record| names.contains(&record.name));
            return Ok(Index::of(&self.root, wanted.cloned().collect()));
        }
        self.of_shards(store, names)
    }

    /// The same from the shards, whatever lists the records.
    pub(super) fn of_shards<'a>(
        &self,
        store: &dyn Store,
        names: impl IntoIterator<Item = &'a PackageName>,
    ) -> Result<Index, PublishError> {
        let shards: Vec<_> = names
            .into_iter()
            .filter_map(|name| self.root.shards.get(name).map(|sha256| (name, sha256)))
            .collect();
        let paths: Vec<_> = shards.iter().map(|(_, sha256)| Shard::path(sha256)).collect();
        let mut records = Vec::new();
        for (((name, sha256), path), bytes) in shards.into_iter().zip(&paths).zip(store.read(&paths)?) {
            let bytes = bytes.ok_or_else(|| PublishError::NoShard { path: path.clone() })?;
            records.extend(Shard::parse(&bytes, name, sha256)?.into_records());
        }
        Ok(Index::of(&self.root, records))
    }

    /// All records, in order.
    ///
    /// # Errors
    /// As [`State::of`].
    pub fn all(&self, store: &dyn Store) -> Result<Vec<Record>, PublishError> {
        let index = match &self.index {
            Some(index) => return Ok(index.packages().to_vec()),
            None => self.of(store, self.root.shards.keys())?,
        };
        Ok(index.packages().to_vec())
    }

    /// All records that can be read, and what is wrong with the shards of the others. What lists all records is not looked at if there
    /// are shards.
    ///
    /// # Errors
    /// The mirror cannot be read.
    pub(super) fn readable(&self, store: &dyn Store) -> Result<(Vec<Record>, Vec<PublishError>), PublishError> {
        if self.lacks_shards {
            return Ok((self.all(store)?, Vec::new()));
        }
        // In one go if all is well.
        match self.of_shards(store, self.root.shards.keys()) {
            Ok(index) => return Ok((index.packages().to_vec(), Vec::new())),
            Err(error @ PublishError::Store(_)) => return Err(error),
            Err(_) => {}
        }
        let (mut records, mut errors) = (Vec::new(), Vec::new());
        for name in self.root.shards.keys() {
            match self.of_shards(store, [name]) {
                Ok(index) => records.extend(index.packages().iter().cloned()),
                Err(error @ PublishError::Store(_)) => return Err(error),
                Err(error) => errors.push(error),
            }
        }
        Ok((records, errors))
    }

    /// Whether all files of the index have the signatures of all these keys, and count for more than a moment.
    pub(super) fn is_signed_by(&self, keys: &[SecretKey]) -> bool {
        let is_past = self
            .root
            .expires
            .as_ref()
            .is_none_or(|at| at.is_past(SystemTime::now()));
        let files = [&self.listing, &self.root_file];
        !is_past && files.iter().all(|file| keys.iter().all(|key| file.is_signed_by(key)))
    }

    /// Whether the index may be written with, or without, these keys.
    pub(super) fn check_signing(
        &self,
        signing: Option<&Signing>,
        warn: &mut dyn FnMut(&str),
    ) -> Result<(), PublishError> {
        let is_signed = !(self.listing.signatures.is_empty() && self.root_file.signatures.is_empty());
        match signing {
            None if is_signed => Err(PublishError::Unsigned),
            None => Ok(()),
            Some(signing) => {
                if !is_signed && self.root.total > 0 {
                    warn(&format!(
                        "the index was not signed so far; its {} packages are signed as they are there",
                        self.root.total
                    ));
                }
                // Whatever is taken over into the new index.
                if self.index.is_some() {
                    self.listing.check(INDEX, signing)?;
                }
                if !self.lacks_shards {
                    self.root_file.check(Root::PATH, signing)?;
                }
                Ok(())
            }
        }
    }
}

/// What could be read; a complaint, and nothing, if it is not what it should be.
fn or_missing<T>(
    read: Result<T, PublishError>,
    complain: &mut dyn FnMut(PublishError) -> Result<(), PublishError>,
) -> Result<Option<T>, PublishError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) => complain(error).map(|()| None),
    }
}

fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, PublishError> {
    unpack(&bytes, Root::LARGEST).map_err(|source| PublishError::Packed {
        path: Root::PACKED_PATH.to_owned(),
        source,
    })
}

fn listing_of(file: &Signed) -> Result<Listing, PublishError> {
    match file.bytes.as_deref().map(Index::parse) {
        None => Ok(Listing::None),
        Some(Ok(index)) => Ok(Listing::Full(index)),
        Some(Err(IndexError::Elsewhere { serial })) => Ok(Listing::Pointer(serial)),
        Some(Err(error)) => Err(error.into()),
    }
}
