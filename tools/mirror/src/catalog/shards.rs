use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use binpkg::index::{Record, Shard};
use binpkg::names::PackageName;
use digest::Sha256;

use super::form::Front;
use super::question::{Asked, Question};
use super::read::read;
use super::{CatalogError, Options, Source};
use crate::whole_file::{Taken, WholeFile};

/// The shards of all mirrors, by digest.
pub(super) struct Shards {
    cache: Option<PathBuf>,
    options: Options,
}

/// How many are fetched at the same time.
const SIDE_BY_SIDE: usize = 4;

/// No compressed shard is larger.
const LARGEST: u64 = Shard::LARGEST;

impl Shards {
    pub(super) fn new(cache: Option<&Path>, options: &Options) -> Self {
        Self {
            cache: cache.map(Path::to_owned),
            options: options.clone(),
        }
    }

    /// The records of a package that a mirror has.
    pub(super) fn records(
        &self,
        source: &Source,
        front: &Front,
        name: &PackageName,
    ) -> Result<Vec<Record>, CatalogError> {
        let root = match front {
            Front::Sharded(root) => root,
            Front::Whole(index) => {
                let records = index.packages().iter().filter(|record| record.name == *name);
                return Ok(records.cloned().collect());
            }
        };
        let Some(sha256) = root.shards.get(name) else {
            return Ok(Vec::new());
        };
        match self.shard(source, name, sha256) {
            Err(CatalogError::NoShard { .. }) if !self.options.offline => {}
            outcome => return Ok(outcome?.into_records()),
        }
        // The root may be a minute old, and the shard gone with it.
        let answer = Question::new(source, self.cache.as_deref(), &self.options).ask(Asked::Now)?;
        match answer.front {
            Front::Sharded(newer) if newer.serial > root.serial => match newer.shards.get(name) {
                Some(sha256) => Ok(self.shard(source, name, sha256)?.into_records()),
                None => Ok(Vec::new()),
            },
            _ => Ok(self.shard(source, name, sha256)?.into_records()),
        }
    }

    /// Fetches shards that are not in the cache.
    pub(super) fn prefetch(&self, wanted: &[(&Source, &Front, &PackageName)]) {
        let queue = Mutex::new(wanted.iter());
        let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
        std::thread::scope(|scope| {
            for _ in 0..SIDE_BY_SIDE.min(wanted.len()) {
                scope.spawn(|| {
                    while let Some((source, front, name)) = next() {
                        if let Front::Sharded(root) = front
                            && let Some(sha256) = root.shards.get(*name)
                        {
                            // Whoever asks for it hears why it is not there.
                            drop(self.shard(source, name, sha256));
                        }
                    }
                });
            }
        });
    }

    fn shard(&self, source: &Source, name: &PackageName, sha256: &Sha256) -> Result<Shard, CatalogError> {
        let place = self
            .cache
            .as_ref()
            .map(|cache| cache.join(format!("index/shards/{sha256}.json.gz")));
        if let Some(bytes) = place.as_ref().and_then(|place| fs::read(place).ok())
            && let Ok(shard) = Shard::parse(&bytes, name, sha256)
        {
            return Ok(shard);
        }
        let file = Shard::path(sha256);
        if self.options.offline {
            return Err(CatalogError::Offline { file });
        }
        let bytes = match read(&source.mirror, &file, LARGEST, self.options.pause) {
            Ok(bytes) => bytes,
            Err(error) if error.is_not_there() => {
                let package = name.clone();
                return Err(CatalogError::NoShard { package, file });
            }
            Err(source) => return Err(CatalogError::Open { file, source }),
        };
        let shard = Shard::parse(&bytes, name, sha256)?;
        if let Some(place) = &place {
            // A cache that cannot be written costs the same request the next time.
            drop(keep(place, &bytes));
        }
        Ok(shard)
    }
}

fn keep(place: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    fs::create_dir_all(place.parent().unwrap_or(Path::new(".")))?;
    let mut file = WholeFile::create(place)?;
    file.write_all(bytes)?;
    file.finish(Taken::Replace)
}
