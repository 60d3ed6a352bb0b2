//! What an action made the last time it ran with a given key, below `buck-out/fawn/cache/actions`.

use super::entry::{Entry, FileEntry};
use super::store::Store;
use super::{files, manifest};
use anyhow::Result;
use digest::Sha256;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Hits are written down at most this often; the age decides what leaves a full cache first.
const TOUCH: Duration = Duration::from_hours(1);

/// The stored form of an output: a directory is a blob of its own.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Stored {
    /// A file.
    File {
        /// Digest of its bytes.
        digest: Sha256,
        /// Its size.
        size: u64,
        /// Its mode.
        executable: bool,
    },
    /// A link.
    Link {
        /// Its target.
        target: String,
    },
    /// A directory.
    Dir {
        /// Digest of the manifest blob.
        manifest: Sha256,
        /// Size of the manifest blob.
        size: u64,
    },
}

/// One finished action.
#[derive(Serialize, Deserialize)]
pub struct Record {
    /// In the order of the action's outputs.
    pub outputs: Vec<Stored>,
    /// How long it ran.
    pub millis: u64,
}

/// An action's outputs from the cache.
pub struct Hit {
    /// In the order of the action's outputs.
    pub outputs: Vec<Entry>,
    /// How long it ran when it did.
    pub took: Duration,
}

/// The results of one project.
pub struct Results {
    actions: PathBuf,
}

impl Results {
    /// The results in the directory `cache`, which need not exist.
    pub fn new(cache: &Path) -> Self {
        Self {
            actions: cache.join("actions"),
        }
    }

    /// Where the record of a key lies.
    pub(super) fn path(&self, key: &Sha256) -> PathBuf {
        let hex = key.hex();
        self.actions.join(&hex[..2]).join(&hex[2..])
    }

    /// What the action with this key made; anything torn or incomplete counts as absent.
    pub fn find(&self, key: &Sha256, store: &Store) -> Option<Hit> {
        let path = self.path(key);
        let record = read(&path)?;
        let outputs = record
            .outputs
            .iter()
            .map(|stored| load(stored, store))
            .collect::<Option<_>>()?;
        touch(&path);
        Some(Hit {
            outputs,
            took: Duration::from_millis(record.millis),
        })
    }

    /// Stores what an action made; its files are in the store already.
    ///
    /// # Errors
    /// The operating system's.
    pub fn insert(&self, key: &Sha256, outputs: &[Entry], took: Duration, store: &Store) -> Result<()> {
        let outputs = outputs.iter().map(|entry| save(entry, store)).collect::<Result<_>>()?;
        let record = Record {
            outputs,
            millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        };
        let body = serde_json::to_string(&record)?;
        let text = format!("{}\n{body}", Sha256::of(body.as_bytes()));
        files::write_atomically(&self.path(key), text.as_bytes())
    }

    /// Forgets a result, so that the action runs again.
    ///
    /// # Errors
    /// The operating system's.
    pub fn forget(&self, key: &Sha256) -> Result<()> {
        files::remove(&self.path(key))
    }
}

/// Reads a record and checks it against its own digest.
pub fn read(path: &Path) -> Option<Record> {
    let text = fs::read_to_string(path).ok()?;
    let (digest, body) = text.split_once('\n')?;
    (digest.parse() == Ok(Sha256::of(body.as_bytes()))).then_some(())?;
    serde_json::from_str(body).ok()
}

fn touch(path: &Path) {
    let now = SystemTime::now();
    let old = fs::metadata(path).and_then(|metadata| metadata.modified());
    if old.is_ok_and(|old| now.duration_since(old).is_ok_and(|age| age > TOUCH)) {
        let _ = fs::File::open(path).and_then(|file| file.set_modified(now));
    }
}

fn load(stored: &Stored, store: &Store) -> Option<Entry> {
    match stored {
        Stored::File {
            digest,
            size,
            executable,
        } => Some(Entry::File(FileEntry {
            digest: *digest,
            size: *size,
            executable: *executable,
        })),
        Stored::Link { target } => Some(Entry::Link(target.as_str().into())),
        Stored::Dir { manifest: digest, size } => {
            let file = FileEntry {
                digest: *digest,
                size: *size,
                executable: false,
            };
            manifest::decode(&store.read(&file).ok()?)
        }
    }
}

fn save(entry: &Entry, store: &Store) -> Result<Stored> {
    Ok(match entry {
        Entry::File(FileEntry {
            digest,
            size,
            executable,
        }) => Stored::File {
            digest: *digest,
            size: *size,
            executable: *executable,
        },
        Entry::Link(target) => Stored::Link {
            target: target.to_string(),
        },
        Entry::Dir(tree) => {
            let blob = store.insert(&manifest::encode(tree))?;
            Stored::Dir {
                manifest: blob.digest,
                size: blob.size,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_is_refused_when_torn() {
        let world = tempfile::tempdir().unwrap();
        let (store, results) = (Store::new(world.path()), Results::new(world.path()));
        let file = Entry::File(store.insert(b"x").unwrap());
        let outputs = [
            Entry::dir([("a".to_owned(), file.clone())].into()),
            Entry::Link("a".into()),
            file,
        ];
        let key = Sha256::of(b"key");
        results
            .insert(&key, &outputs, Duration::from_millis(5), &store)
            .unwrap();
        let hit = results.find(&key, &store).unwrap();
        assert_eq!(hit.outputs, outputs);
        assert_eq!(hit.took, Duration::from_millis(5));

        let path = results.path(&key);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\"millis\":5", "\"millis\":6")).unwrap();
        assert!(results.find(&key, &store).is_none());
    }
}
