//! How long actions took when they last ran, so that the longest chain can start first.

use super::files;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Assumed for an action that never ran.
const UNKNOWN: Duration = Duration::from_millis(100);
/// More entries than this are not remembered; the file is only a hint.
const LIMIT: usize = 50_000;

/// Durations by first output path.
pub struct Times {
    record: PathBuf,
    known: Mutex<(BTreeMap<String, u64>, bool)>,
}

impl Times {
    /// The durations that the file `record` remembers.
    pub fn load(record: PathBuf) -> Self {
        let known = std::fs::read(&record)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        Self {
            record,
            known: Mutex::new((known, false)),
        }
    }

    /// How long the action with this first output will probably take.
    pub fn guess(&self, output: &str) -> Duration {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .0
            .get(output)
            .map_or(UNKNOWN, |millis| Duration::from_millis(*millis))
    }

    /// Remembers how long it took.
    pub fn note(&self, output: &str, took: Duration) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.0.insert(output.to_owned(), millis);
        known.1 = true;
    }

    /// Writes the file if anything ran.
    ///
    /// # Errors
    /// The operating system's.
    pub fn save(&self) -> Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.1 {
            return Ok(());
        }
        if known.0.len() > LIMIT {
            known.0.clear();
        }
        files::write_atomically(&self.record, &serde_json::to_vec(&known.0)?)
    }
}
