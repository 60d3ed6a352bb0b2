use std::fs;
use std::path::{Path, PathBuf};

use digest::{Hasher, Sha256};
use serde::{Deserialize, Serialize};

use crate::content::SourceFile;
use crate::{Error, OutputFile};

/// A directory of packed slots, so that what was compressed once is not compressed again.
///
/// Entries are named by what went into them: the digest of the uncompressed bytes, the compression
/// and the version of this crate. They are compared with their own digest before they are used, so a
/// damaged entry is made again. Several builds can share a directory.
#[derive(Clone, Debug)]
pub struct SlotCache {
    directory: PathBuf,
}

/// What is known of an entry.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub size: u64,
    pub original_size: u64,
    pub sha256: Sha256,
}

impl SlotCache {
    /// A cache in `directory`, which is made when it does not exist.
    pub fn new(directory: &Path) -> Result<Self, Error> {
        fs::create_dir_all(directory).map_err(Error::file("make the directory", directory))?;
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// The name of what comes out of `content` packed by `method`.
    pub(crate) fn name(content: &Sha256, method: &str) -> String {
        let mut hasher = Hasher::new();
        hasher.update(concat!("pspf slot ", env!("CARGO_PKG_VERSION"), "\n").as_bytes());
        hasher.update(content.as_bytes());
        hasher.update(method.as_bytes());
        hasher.finish().hex()
    }

    /// An entry that is there and whole, with its file.
    pub(crate) fn find(&self, name: &str) -> Option<(Entry, SourceFile)> {
        let entry: Entry = serde_json::from_slice(&fs::read(self.record(name)).ok()?).ok()?;
        let file = SourceFile::new(self.payload(name)).ok()?;
        let whole = file.size() == entry.size && file.digest().is_ok_and(|digest| digest == entry.sha256);
        whole.then_some((entry, file))
    }

    /// Begins an entry.
    pub(crate) fn create(&self, name: &str) -> Result<OutputFile, Error> {
        OutputFile::create(&self.payload(name))
    }

    /// Ends an entry: the record comes last, and only with it the entry counts.
    pub(crate) fn finish(&self, name: &str, payload: OutputFile, entry: &Entry) -> Result<SourceFile, Error> {
        payload.finish(0o644)?;
        let json = serde_json::to_vec(entry).map_err(|source| Error::Json {
            what: "slot cache".into(),
            source,
        })?;
        OutputFile::write(&self.record(name), &json, 0o644)?;
        SourceFile::new(self.payload(name))
    }

    fn payload(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.slot"))
    }

    fn record(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.json"))
    }
}
