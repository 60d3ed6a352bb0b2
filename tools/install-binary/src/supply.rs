//! Where builds come from: tarballs of this machine first, then mirrors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use binpkg::index::Record;
use binpkg::metadata::RuntimeDep;
use binpkg::names::PackageName;
use binpkg::sign::{KeyId, TrustList};
use cli::{Exit, WithExit};
use install::{Incoming, Source};
use mirror::Downloads;
use mirror::catalog::{Catalog, Found, Options, Purpose};
use mirror::download::{Cache, DownloadError, Options as DownloadOptions, Wanted};

use crate::commands::refresh::pinned;
use crate::mirrors::{Mirrors, with_code};
use crate::opened::{Expected, OpenedError};
use crate::progress::Reporter;
use crate::resolve::{Build, Published};
use crate::shelf::{self, Shelf};

/// Everything that packages of one run come from.
pub(crate) struct Supply<'a> {
    /// Tarballs of this machine.
    pub(crate) shelf: Shelf<'a>,
    /// The mirrors.
    pub(crate) mirrors: &'a Mirrors,
    /// The keys that count.
    pub(crate) trusted: &'a TrustList,
    /// The folder of the cache.
    pub(crate) cache: Option<PathBuf>,
    /// How files are fetched.
    pub(crate) downloads: DownloadOptions,
    /// How indices are asked for.
    pub(crate) purpose: Purpose,
    /// Who hears of it.
    pub(crate) reporter: Reporter,
    /// What the mirrors have, once somebody asked.
    catalog: Option<Catalog<'a>>,
    packages: BTreeMap<Key, Package>,
}

/// What tells builds apart in one run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(String);

/// A build that was chosen.
enum Package {
    /// It is here.
    Here(Box<Incoming>),
    /// It is on a mirror.
    There(Box<Found>),
}

impl Key {
    /// That of a build.
    pub(crate) fn of(build: &Build) -> Self {
        let hash = build.config_hash.map_or_else(String::new, |hash| hash.hex());
        Self(format!("{} {} {} {hash}", build.name, build.slot, build.version))
    }
}

impl<'a> Supply<'a> {
    /// Nothing is asked yet.
    pub(crate) fn new(
        (shelf, mirrors, trusted): (Shelf<'a>, &'a Mirrors, &'a TrustList),
        cache: Option<PathBuf>,
        downloads: DownloadOptions,
        reporter: Reporter,
    ) -> Self {
        Self {
            shelf,
            mirrors,
            trusted,
            cache,
            downloads,
            purpose: Purpose::Install,
            reporter,
            catalog: None,
            packages: BTreeMap::new(),
        }
    }

    /// Asks the mirrors what they have, the first time.
    fn catalog(&mut self) -> Result<&Catalog<'a>> {
        if self.catalog.is_none() {
            self.mirrors.expect_safe()?;
            let options = Options {
                offline: self.downloads.offline,
                ..Options::new(self.purpose)
            };
            let reporter = &self.reporter;
            let mut warn = |text: &str| reporter.warn(text);
            let catalog = Catalog::open(&self.mirrors.sources, self.cache.as_deref(), options, &mut warn);
            self.catalog = Some(with_code(catalog)?);
        }
        // It was put there just now.
        self.catalog.as_ref().context("no catalog")
    }

    /// The records of a package on the mirrors.
    pub(crate) fn records(&mut self, name: &PackageName) -> Result<Vec<Found>> {
        self.catalog()?;
        let reporter = &self.reporter;
        let mut warn = |text: &str| reporter.warn(text);
        let catalog = self.catalog.as_ref().context("no catalog")?;
        with_code(catalog.records(name, &mut warn))
    }

    /// Asks mirrors that were not asked because they had been a short while ago; whether one of them has something new.
    pub(crate) fn renew(&mut self) -> Result<bool> {
        let reporter = &self.reporter;
        let mut warn = |text: &str| reporter.warn(text);
        match &mut self.catalog {
            Some(catalog) => with_code(catalog.renew(&mut warn)),
            None => Ok(false),
        }
    }

    /// The names of all packages on the mirrors.
    pub(crate) fn names(&mut self) -> Result<BTreeSet<PackageName>> {
        Ok(self.catalog()?.names().into_iter().cloned().collect())
    }

    /// Gets what is needed to know several packages, side by side.
    pub(crate) fn prefetch(&mut self, names: &[PackageName]) -> Result<()> {
        self.catalog()?.prefetch(names);
        Ok(())
    }

    /// Adds a tarball of this machine.
    pub(crate) fn add(&mut self, incoming: Incoming) -> Build {
        let build = Build::of_metadata(incoming.metadata());
        self.packages.insert(Key::of(&build), Package::Here(Box::new(incoming)));
        build
    }

    /// Adds what was chosen on a mirror. Whoever signed it is asked for before a byte of it comes.
    pub(crate) fn choose(&mut self, found: &Found) -> Result<Build> {
        let catalog = self.catalog()?;
        let found = with_code(catalog.complete(found))?;
        with_code(catalog.check(&found))?;
        match Build::of_record(&found.record) {
            Some(build) => {
                self.packages.insert(Key::of(&build), Package::There(Box::new(found)));
                Ok(build)
            }
            // The index does not say what it needs, the package does.
            None => {
                let incoming = self.fetch(&found)?;
                Ok(self.add(incoming))
            }
        }
    }

    /// Bytes that a build still costs; `None` for one that is here.
    pub(crate) fn cost(&self, build: &Build) -> Option<u64> {
        match self.packages.get(&Key::of(build))? {
            Package::Here(_) => None,
            Package::There(found) => Some(found.record.size),
        }
    }

    /// Bytes of a build's files, if that is known.
    pub(crate) fn installed_size(&self, build: &Build) -> Option<u64> {
        match self.packages.get(&Key::of(build))? {
            Package::Here(incoming) => Some(incoming.metadata().installed_size),
            Package::There(found) => found.record.installed_size,
        }
    }

    /// Gives the packages of builds that were added or chosen, all of them here and checked, in order.
    pub(crate) fn take(&mut self, builds: &[Build]) -> Result<Vec<Incoming>> {
        let (mut here, mut there) = (BTreeMap::new(), Vec::new());
        for build in builds {
            let key = Key::of(build);
            match self
                .packages
                .remove(&key)
                .with_context(|| format!("{build} was not chosen"))?
            {
                Package::Here(incoming) => drop(here.insert(key, *incoming)),
                Package::There(found) => there.push((key, *found)),
            }
        }
        let found: Vec<_> = there.iter().map(|(_, found)| found).collect();
        let fetched = self.fetch_all(&found)?;
        for ((key, _), incoming) in there.into_iter().zip(fetched) {
            here.insert(key, incoming);
        }
        Ok(builds.iter().filter_map(|build| here.remove(&Key::of(build))).collect())
    }

    /// Fetches packages into the cache and opens them there.
    fn fetch_all(&mut self, found: &[&Found]) -> Result<Vec<Incoming>> {
        let paths = self.download(found)?;
        let mut packages = Vec::new();
        for (found, path) in found.iter().zip(paths) {
            let record = &found.record;
            let source = Source {
                mirror: Some(self.mirrors.sources[found.source].mirror.address().to_owned()),
                sha256: record.sha256,
                key: signer(record, self.trusted),
            };
            let incoming = Expected::of_record(record).open(&record.filename, &path, source);
            let incoming = shelf::with_code(incoming)?;
            shelf::with_code(same_needs(record, &incoming))?;
            packages.push(incoming);
        }
        Ok(packages)
    }

    /// Fetches one package that is known by its address, and was checked.
    pub(crate) fn fetch(&mut self, found: &Found) -> Result<Incoming> {
        self.fetch_all(&[found])?.pop().context("nothing was fetched")
    }

    /// Brings the tarballs of records into the cache.
    pub(crate) fn download(&mut self, found: &[&Found]) -> Result<Vec<PathBuf>> {
        let wanted = found
            .iter()
            .map(|found| wanted(&found.record))
            .collect::<Result<Vec<_>>>()?;
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let cache = self
            .cache
            .as_deref()
            .ok_or_else(|| anyhow!("no folder for what is fetched: HOME is not set; name one with --cache-dir"))
            .exit(Exit::Usage)?;
        self.reporter
            .expect(wanted.len(), wanted.iter().map(|wanted| wanted.size).sum());
        let downloads = Downloads::new(&self.mirrors.transports, Cache::new(cache), self.downloads.clone());
        let outcomes = downloads.fetch_all(&wanted, &self.reporter);
        self.reporter.end();
        outcomes.into_iter().map(download_code).collect()
    }

    /// What was chosen on mirrors for some builds.
    pub(crate) fn found(&self, builds: &[Build]) -> Vec<Found> {
        let found = builds
            .iter()
            .filter_map(|build| match self.packages.get(&Key::of(build))? {
                Package::There(found) => Some((**found).clone()),
                Package::Here(_) => None,
            });
        found.collect()
    }
}

/// What to ask for.
fn wanted(record: &Record) -> Result<Wanted> {
    let sha256 = record
        .sha256
        .ok_or_else(|| {
            anyhow!(
                "nothing says what the bytes of {} are; publish it again with upload-binaries",
                record.filename
            )
        })
        .exit(Exit::Unverified)?;
    Ok(Wanted {
        path: record.place(),
        sha256,
        size: record.size,
        words: record.filename.clone(),
    })
}

/// The trusted key that signed a record, which was checked before.
fn signer(record: &Record, trusted: &TrustList) -> Option<String> {
    let statement = pinned(record)?.statement();
    let key = trusted.check(&statement, &record.signatures).ok()?;
    Some(KeyId::of(&key.key).to_string())
}

/// What was planned by the index has to be what the package itself says.
fn same_needs(record: &Record, incoming: &Incoming) -> Result<(), OpenedError> {
    let (Some(expected), found) = (Build::of_record(record), Build::of_metadata(incoming.metadata())) else {
        return Ok(());
    };
    let words = |build: &Build| {
        let deps: Vec<_> = build
            .runtime_deps
            .iter()
            .map(|dep| dep.config_hash_full.hex())
            .collect();
        [
            build.slot.clone(),
            deps.join(" "),
            build.requires.join(" "),
            build.provides.join(" "),
        ]
    };
    let keys = ["slot", "runtime_deps", "requires", "provides"];
    for ((key, expected), found) in keys.into_iter().zip(words(&expected)).zip(words(&found)) {
        if expected != found {
            let file = record.filename.clone();
            return Err(OpenedError::Other {
                file,
                key,
                expected,
                found,
            });
        }
    }
    Ok(())
}

fn download_code<T>(outcome: Result<T, DownloadError>) -> Result<T> {
    outcome.or_else(|error| {
        let exit = if error.is_unverified() {
            Exit::Unverified
        } else if error.is_not_there() {
            Exit::NotFound
        } else if error.is_unreadable() {
            Exit::NoMirror
        } else {
            Exit::Failed
        };
        Err(error).exit(exit)
    })
}

impl Published for Supply<'_> {
    type Error = anyhow::Error;

    fn find(&mut self, dep: &RuntimeDep) -> Result<Option<Build>> {
        if let Some(incoming) = self.shelf.take(&dep.config_hash_full)? {
            return Ok(Some(self.add(incoming)));
        }
        let mut found = self
            .records(&dep.name)
            .with_context(|| format!("cannot look for {} {}", dep.name, dep.version))?;
        found.retain(|found| match found.record.config_hash_full {
            Some(hash) => hash == dep.config_hash_full,
            None => found.record.version == dep.version && found.record.config_hash.fits(&dep.config_hash_full),
        });
        found.sort_by_key(|found| found.record.size);
        for found in found {
            let build = self.choose(&found)?;
            if build.is(dep) {
                return Ok(Some(build));
            }
        }
        Ok(None)
    }
}
