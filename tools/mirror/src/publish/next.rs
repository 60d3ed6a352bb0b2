//! The next state of a mirror's index, and how it is written: what is pointed to before what points to it (section 9.5).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use binpkg::index::{Index, Record, Root, Search, Shard, pack};
use binpkg::names::PackageName;

use super::lock::Held;
use super::signing::Signing;
use super::state::State;
use super::store::{NewFile, Store, StoreError};
use super::{INDEX, PublishError};

/// Above so many packages `index.json` lists none and points to the root: people no longer read it, and publishing must not write all of
/// it each time.
pub const LARGEST_LISTING: u64 = 20_000;

/// A record, and what its package says of itself.
pub struct Described {
    /// The record.
    pub record: Record,
    /// The description; empty if there is none.
    pub description: String,
}

/// What is to be written.
pub(super) struct Next {
    pub(super) root: Root,
    shards: Vec<NewFile>,
    sums: Vec<NewFile>,
    /// All records, where `index.json` lists them.
    listed: Option<Vec<Record>>,
    search: Search,
    /// Whether anything differs from what is there.
    is_news: bool,
    /// Whether shards that are there are written, too.
    pub(super) again: bool,
}

type Records = BTreeMap<PackageName, Vec<Record>>;

fn by_name(records: impl IntoIterator<Item = Record>) -> Records {
    let mut names = Records::new();
    for record in records {
        names.entry(record.name.clone()).or_default().push(record);
    }
    names.values_mut().for_each(|records| records.sort_by(Record::order));
    names
}

impl Next {
    /// The same content, in files that agree with each other.
    pub(super) fn same(store: &dyn Store, state: &State) -> Result<Self, PublishError> {
        let mut next = Self::begin(store, state, Vec::new())?;
        if state.lacks_shards
            && let Some(index) = &state.index
        {
            next.take_over(by_name(index.packages().iter().cloned()))?;
        }
        next.list(store, state, &Records::new())?;
        Ok(next)
    }

    /// The same content under the next serial.
    pub(super) fn refreshed(store: &dyn Store, state: &State, signing: &Signing) -> Result<Self, PublishError> {
        let mut next = Self::same(store, state)?;
        next.root.serial = state.next_serial();
        next.root.expires = Some(signing.expires());
        Ok(next)
    }

    /// What is there, and `new`.
    pub(super) fn with(
        store: &dyn Store,
        state: &State,
        new: Vec<Described>,
        signing: Option<&Signing>,
    ) -> Result<Self, PublishError> {
        let mut next = Self::begin(store, state, new.iter().map(|new| &new.record).collect())?;
        next.root.serial = state.next_serial();
        next.root.expires = signing.map(Signing::expires);
        next.root.total += new.len() as u64;
        for new in &new {
            next.search.add(&new.record, &new.description);
        }
        let names: BTreeSet<_> = new.iter().map(|new| new.record.name.clone()).collect();
        let there = state.of(store, &names)?;
        let records = there
            .packages()
            .iter()
            .cloned()
            .chain(new.into_iter().map(|new| new.record));
        let changed = by_name(records);
        next.list(store, state, &changed)?;
        next.take_over(changed)?;
        Ok(next)
    }

    /// These packages and no others. `letters` are all those that have or had packages.
    pub(super) fn rebuilt(
        store: &dyn Store,
        state: &State,
        packages: Vec<Described>,
        letters: &BTreeSet<char>,
        signing: Option<&Signing>,
    ) -> Result<Self, PublishError> {
        let mut search = Search::default();
        for Described { record, description } in &packages {
            let known = state.search.as_ref().map_or("", |search| search.description(record));
            search.add(record, if description.is_empty() { known } else { description });
        }
        let records = by_name(packages.into_iter().map(|package| package.record));
        let paths: Vec<_> = letters.iter().map(|letter| format!("{letter}/SHA256SUMS")).collect();
        let mut sums = Vec::new();
        for ((letter, path), old) in letters.iter().zip(&paths).zip(store.read(&paths)?) {
            let file = checksums(path, None, *letter, records.values().flatten());
            if old.as_deref() != Some(&file.1[..]) {
                sums.push(NewFile::bytes(file.0, file.1));
            }
        }
        let mut next = Self {
            root: Root {
                serial: state.serial(),
                expires: state.root.expires.clone(),
                total: records.values().map(|records| records.len() as u64).sum(),
                shards: BTreeMap::new(),
            },
            shards: Vec::new(),
            sums,
            listed: None,
            search,
            is_news: true,
            again: false,
        };
        next.take_over(records.clone())?;
        let is_same = next.root == state.root;
        let is_beside = next.sums.is_empty() && state.search.as_ref() == Some(&next.search);
        next.is_news = !is_same || state.is_behind || !is_beside;
        if !is_same {
            next.root.serial = state.next_serial();
            next.root.expires = signing.map(Signing::expires);
        }
        if next.root.total <= LARGEST_LISTING {
            next.listed = Some(records.into_values().flatten().collect());
        }
        Ok(next)
    }

    /// Whether there is anything to write.
    pub(super) fn is_news(&self) -> bool {
        self.is_news
    }

    fn begin(store: &dyn Store, state: &State, new: Vec<&Record>) -> Result<Self, PublishError> {
        let search = match (&state.search, &state.index) {
            (Some(search), _) => search.clone(),
            (None, Some(index)) => searchable(index.packages()),
            (None, None) => searchable(&state.all(store)?),
        };
        Ok(Self {
            root: state.root.clone(),
            shards: Vec::new(),
            sums: sums(store, state, &new)?,
            listed: None,
            search,
            is_news: true,
            again: false,
        })
    }

    /// Makes the shards of these packages.
    fn take_over(&mut self, names: Records) -> Result<(), PublishError> {
        for (name, records) in names {
            let shard = Shard::pack(&records).map_err(StoreError::file("make", "a shard"))?;
            self.shards
                .push(NewFile::bytes(Shard::path(&shard.sha256), shard.bytes));
            self.root.shards.insert(name, shard.sha256);
        }
        Ok(())
    }

    /// Makes the list of all records, if there are few enough: those of `changed` in the place of what is there.
    fn list(&mut self, store: &dyn Store, state: &State, changed: &Records) -> Result<(), PublishError> {
        if self.root.total <= LARGEST_LISTING {
            let mut all = state.all(store)?;
            all.retain(|record| !changed.contains_key(&record.name));
            all.extend(changed.values().flatten().cloned());
            self.listed = Some(all);
        }
        Ok(())
    }

    /// Writes all of it. A reader sees the old state or the new one.
    pub(super) fn write(
        self,
        store: &dyn Store,
        lock: &dyn Held,
        state: &State,
        signing: Option<&Signing>,
    ) -> Result<Root, PublishError> {
        if self.again {
            // Their names are their digests, so there is only one right content.
            store.replace(&self.shards)?;
        } else {
            store.put_new(&self.shards)?;
        }
        let listing = match self.listed {
            Some(records) => Index::of(&self.root, records).to_json()?,
            None => Index::pointer(&self.root),
        };
        let root = self.root.to_json().into_bytes();
        let packed = pack(&root).map_err(StoreError::file("make", Root::PACKED_PATH))?;
        let mut files = self.sums;
        let search = self.search.pack().map_err(StoreError::file("make", Search::PATH))?;
        files.push(NewFile::bytes(Search::PATH, search));
        files.extend(state.listing.replaced(INDEX, listing.into_bytes(), signing));
        files.extend(state.root_file.replaced(Root::PATH, root, signing));
        files.push(NewFile::bytes(Root::PACKED_PATH, packed));
        lock.check()?;
        store.replace(&files)?;
        Ok(self.root)
    }
}

fn searchable(records: &[Record]) -> Search {
    let mut search = Search::default();
    records.iter().for_each(|record| search.add(record, ""));
    search
}

/// `SHA256SUMS` of each letter that gets something, for tools that do not read our sidecars: what it has, and the new packages.
fn sums(store: &dyn Store, state: &State, new: &[&Record]) -> Result<Vec<NewFile>, PublishError> {
    let letters: BTreeSet<_> = new.iter().map(|record| record.name.letter()).collect();
    let paths: Vec<_> = letters.iter().map(|letter| format!("{letter}/SHA256SUMS")).collect();
    let mut files = Vec::new();
    for ((letter, path), old) in letters.into_iter().zip(&paths).zip(store.read(&paths)?) {
        let there = state.index.iter().flat_map(Index::packages);
        let (path, text) = checksums(path, old.as_deref(), letter, there.chain(new.iter().copied()));
        files.push(NewFile::bytes(path, text));
    }
    Ok(files)
}

/// The file of one letter: by file name, so that the same packages give the same bytes, whoever came first.
fn checksums<'a>(
    path: &str,
    old: Option<&[u8]>,
    letter: char,
    records: impl Iterator<Item = &'a Record>,
) -> (String, Vec<u8>) {
    let old = String::from_utf8_lossy(old.unwrap_or_default()).into_owned();
    let mut sums: BTreeMap<_, _> = old
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, file)| (file.to_owned(), sum.to_owned()))
        .collect();
    for record in records.filter(|record| record.name.letter() == letter) {
        if let Some(sha256) = record.sha256 {
            sums.insert(record.filename.clone(), sha256.hex());
        }
    }
    let mut text = String::new();
    for (file, sum) in sums {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{sum}  {file}");
    }
    (path.to_owned(), text.into_bytes())
}
