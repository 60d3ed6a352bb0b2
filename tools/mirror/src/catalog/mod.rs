//! Which binary packages there are: what several mirrors say, judged, and kept for the next time.
//!
//! A mirror says it in one of three forms: the root of an index in shards, compressed or not (section 9.3), or `index.json`
//! (section 9.2), which may be one of an older tool. Asking again costs one conditional request, and none within a minute. A shard
//! is named by its digest, so one that was fetched once is never asked for again.
//!
//! | folder of the cache | holds |
//! |---|---|
//! | `index/fronts/` | of each mirror the root or index that was read last, with its signatures |
//! | `index/shards/` | shards by digest; each is hashed whenever it is read |
//! | `seen/` | of each mirror the highest serial that each trusted key has signed; emptying the cache must spare it |

mod asking;
mod by_address;
mod error;
mod form;
mod judge;
mod kept;
mod question;
mod read;
mod seen;
mod shards;
mod trust;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use binpkg::index::Record;
use binpkg::names::PackageName;

use self::form::Front;
use self::question::{Answer, Asked, Question};
use self::seen::Seen;
use self::shards::Shards;
use crate::causes::with_causes;

pub use asking::{Found, Options, Purpose, Source};
pub use by_address::exact;
pub use error::{CatalogError, Refusals};
pub use trust::TrustError;

/// What several mirrors have.
pub struct Catalog<'a> {
    sources: &'a [Source],
    /// One for each source; `None` for a mirror that cannot be read.
    fronts: Vec<Option<Front>>,
    /// Sources that were not asked, because they had been a short while ago.
    kept: BTreeSet<usize>,
    cache: Option<PathBuf>,
    shards: Shards,
    options: Options,
}

impl<'a> Catalog<'a> {
    /// Asks all mirrors, side by side. `cache` is the folder of the cache; without one, everything is asked for, and nothing is known
    /// of earlier serials.
    ///
    /// # Errors
    /// A mirror whose word does not verify; no mirror that can be read. One of several that cannot be read is a warning.
    pub fn open(
        sources: &'a [Source],
        cache: Option<&Path>,
        options: Options,
        warn: &mut dyn FnMut(&str),
    ) -> Result<Self, CatalogError> {
        let outcomes = std::thread::scope(|scope| {
            let asking: Vec<_> = sources
                .iter()
                .map(|source| scope.spawn(|| Question::new(source, cache, &options).ask(Asked::MayBeKept)))
                .collect();
            let ended = asking.into_iter().map(|thread| match thread.join() {
                Ok(outcome) => outcome,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            ended.collect::<Vec<_>>()
        });
        let (mut fronts, mut refusals, mut kept) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (number, (source, outcome)) in sources.iter().zip(outcomes).enumerate() {
            match outcome {
                Ok(answer) => {
                    kept.extend(answer.is_kept.then_some(number));
                    fronts.push(Some(told(answer, warn)));
                }
                Err(error) if error.is_unreadable() => {
                    refusals.push((source.mirror.address().to_owned(), error));
                    fronts.push(None);
                }
                Err(error) => return Err(error.of(source.mirror.address())),
            }
        }
        if fronts.iter().all(Option::is_none) {
            return Err(CatalogError::Nowhere(Refusals(refusals)));
        }
        for (address, error) in &refusals {
            warn(&format!(
                "{address} cannot be read, and is left out: {}",
                with_causes(error)
            ));
        }
        Ok(Self {
            sources,
            fronts,
            kept,
            cache: cache.map(Path::to_owned),
            shards: Shards::new(cache, &options),
            options,
        })
    }

    /// Asks the mirrors that were not asked because they had been a short while ago: for those who do not find what they look for.
    /// Whether one of them has something new.
    ///
    /// # Errors
    /// As [`Catalog::open`].
    pub fn renew(&mut self, warn: &mut dyn FnMut(&str)) -> Result<bool, CatalogError> {
        let mut is_new = false;
        if self.options.offline {
            return Ok(is_new);
        }
        for number in std::mem::take(&mut self.kept) {
            let source = &self.sources[number];
            match Question::new(source, self.cache.as_deref(), &self.options).ask(Asked::Now) {
                Ok(answer) => {
                    let front = told(answer, warn);
                    is_new |= self.serial(number) != Some(front.serial());
                    self.fronts[number] = Some(front);
                }
                // What was known a short while ago is still known.
                Err(error) if error.is_unreadable() => {}
                Err(error) => return Err(error.of(source.mirror.address())),
            }
        }
        Ok(is_new)
    }

    /// The mirrors, in order.
    pub fn sources(&self) -> &'a [Source] {
        self.sources
    }

    /// Whether a source could be read.
    pub fn is_readable(&self, source: usize) -> bool {
        self.fronts.get(source).is_some_and(Option::is_some)
    }

    /// The serial of a source's index, if it could be read.
    pub fn serial(&self, source: usize) -> Option<u64> {
        self.fronts.get(source)?.as_ref().map(Front::serial)
    }

    /// The names of all packages.
    pub fn names(&self) -> BTreeSet<&PackageName> {
        self.fronts.iter().flatten().flat_map(Front::names).collect()
    }

    /// All records of a package, in the order of an index. Of a build that several mirrors have, the first one's record counts.
    ///
    /// # Errors
    /// A shard that does not belong to its root, or that is of no use; all mirrors that have the package have become unreadable.
    pub fn records(&self, name: &PackageName, warn: &mut dyn FnMut(&str)) -> Result<Vec<Found>, CatalogError> {
        let mut all: Vec<Found> = Vec::new();
        let (mut refusals, mut answered) = (Vec::new(), false);
        for (number, (source, front)) in self.sources.iter().zip(&self.fronts).enumerate() {
            let Some(front) = front else { continue };
            match self.shards.records(source, front, name) {
                Ok(records) => {
                    answered = true;
                    for record in records {
                        if !all.iter().any(|other| is_same_build(&other.record, &record)) {
                            all.push(Found { record, source: number });
                        }
                    }
                }
                Err(error) if error.is_unreadable() => {
                    refusals.push((source.mirror.address().to_owned(), error));
                }
                Err(error) => return Err(error.of(source.mirror.address())),
            }
        }
        if !answered {
            return Err(CatalogError::Nowhere(Refusals(refusals)));
        }
        for (address, error) in &refusals {
            warn(&format!("{address} is left out: {}", with_causes(error)));
        }
        all.sort_by(|one, two| one.record.order(&two.record));
        Ok(all)
    }

    /// Fetches what [`Catalog::records`] needs for these names, side by side. What fails is left for the one who asks for it.
    pub fn prefetch(&self, names: &[PackageName]) {
        let pairs = self.sources.iter().zip(&self.fronts);
        let wanted: Vec<_> = pairs
            .filter_map(|(source, front)| Some((source, front.as_ref()?)))
            .flat_map(|(source, front)| names.iter().map(move |name| (source, front, name)))
            .collect();
        self.shards.prefetch(&wanted);
    }

    /// Checks that a trusted key of its mirror has signed what a record says of a package; nothing for a mirror without keys.
    ///
    /// # Errors
    /// None has, or the record lacks what is signed.
    pub fn check(&self, found: &Found) -> Result<(), CatalogError> {
        let source = &self.sources[found.source];
        trust::check_record(&found.record, &source.trusted)
            .map_err(|error| CatalogError::from(error).of(source.mirror.address()))
    }

    /// A record of an older tool with what its sidecar says besides; any other as it is.
    ///
    /// # Errors
    /// The sidecar cannot be read, does not verify, or says something else.
    pub fn complete(&self, found: &Found) -> Result<Found, CatalogError> {
        let source = &self.sources[found.source];
        let record = by_address::complete(&source.mirror, found.record.clone(), self.options.pause)
            .map_err(|error| error.of(source.mirror.address()))?;
        Ok(Found {
            record,
            source: found.source,
        })
    }
}

fn told(answer: Answer, warn: &mut dyn FnMut(&str)) -> Front {
    answer.warnings.iter().for_each(|text| warn(text));
    answer.front
}

/// Whether two records are of one build. Without full hashes, the file names tell.
fn is_same_build(one: &Record, two: &Record) -> bool {
    match (one.config_hash_full, two.config_hash_full) {
        // One build may lie there in two compressions.
        (Some(one_hash), Some(two_hash)) => one_hash == two_hash && suffix(one) == suffix(two),
        _ => one.filename == two.filename,
    }
}

fn suffix(record: &Record) -> Option<&str> {
    record.filename.rsplit('.').next()
}
