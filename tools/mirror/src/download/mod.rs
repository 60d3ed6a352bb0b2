//! Many pinned files, side by side, into a cache that never holds half of one under its name (section 15).
//!
//! A file lies in the cache as `files/<sha256>`, and while it comes as `files/<sha256>.part`. Nothing is believed because of
//! its name: each file is hashed in the run that uses it, also one that was hashed in an earlier run. That costs a second for
//! 1 or 2 GB, and saves a record of what was checked, which somebody would have to protect as well as the files.
//!
//! A program that is interrupted, by whatever signal, leaves `.part` files, from which the next run goes on.

mod cache;
mod error;
mod events;
mod one;
mod order;
mod part;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use digest::Sha256;

use self::one::One;
use self::order::Order;
use crate::transport::Mirror;

pub use cache::Cache;
pub use error::DownloadError;
pub use events::{Events, Silent};

/// A file that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its path below `binaries/`.
    pub path: String,
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// How many these are.
    pub size: u64,
    /// What to call it before people.
    pub words: String,
}

/// How to download.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many files come at the same time.
    pub jobs: usize,
    /// How many of them from one host.
    pub jobs_per_host: usize,
    /// Whether only the cache is used.
    pub offline: bool,
    /// The pause before a mirror is asked again; the next ones are twice and four times as long.
    pub pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: 8,
            jobs_per_host: 4,
            offline: false,
            pause: Duration::from_millis(500),
        }
    }
}

/// Files from mirrors, by way of a cache. What is learnt of a mirror counts for all that one value fetches.
pub struct Downloads<'a> {
    mirrors: &'a [Mirror],
    cache: Cache,
    options: Options,
    order: Order,
}

impl<'a> Downloads<'a> {
    /// Fetches from `mirrors`, in their order, into `cache`.
    pub fn new(mirrors: &'a [Mirror], cache: Cache, options: Options) -> Self {
        let order = Order::new(mirrors, options.jobs_per_host);
        Self {
            mirrors,
            cache,
            options,
            order,
        }
    }

    /// Brings all files into the cache, the largest first, and says for each, in the order of `wanted`, where it lies there.
    /// It was hashed there in this run.
    pub fn fetch_all(&self, wanted: &[Wanted], events: &dyn Events) -> Vec<Result<PathBuf, DownloadError>> {
        let mut queue: Vec<usize> = (0..wanted.len()).collect();
        queue.sort_by_key(|number| std::cmp::Reverse(wanted[*number].size));
        let queue = Mutex::new(VecDeque::from(queue));
        let results: Vec<Mutex<Option<_>>> = wanted.iter().map(|_| Mutex::new(None)).collect();
        // A function, so that the queue is free again before the work begins.
        let next = || locked(&queue).pop_front();
        let work = || {
            while let Some(number) = next() {
                let outcome = self.fetch(&wanted[number], events);
                *locked(&results[number]) = Some(outcome);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.options.jobs.min(wanted.len()) {
                scope.spawn(work);
            }
            work();
        });
        let outcomes = results
            .into_iter()
            .map(|result| result.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
        // Every number was in the queue, and the scope ended after the queue was empty.
        outcomes.flatten().collect()
    }

    /// Brings one file into the cache, and says where it lies there. It was hashed there in this run.
    ///
    /// # Errors
    /// See [`DownloadError`].
    pub fn fetch(&self, wanted: &Wanted, events: &dyn Events) -> Result<PathBuf, DownloadError> {
        let one = One {
            mirrors: self.mirrors,
            cache: &self.cache,
            options: &self.options,
            order: &self.order,
            wanted,
            events,
        };
        let outcome = one.run();
        match &outcome {
            Ok(path) => events.finished(wanted, path),
            Err(error) => events.failed(wanted, error),
        }
        outcome
    }
}

/// What a mutex holds. Nobody panics while they hold one of ours, and if one did, the others' work would still be whole.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
