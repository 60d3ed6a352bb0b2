use std::io::Read;
use std::path::PathBuf;

use pspf_format::{FileMode, OperationChain};

use crate::{Error, SlotRecord};

/// One slot to be: where its bytes come from, and what a launcher does with them.
pub struct Slot {
    pub(crate) id: String,
    pub(crate) source: Source,
    pub(crate) source_name: String,
    pub(crate) target: Option<String>,
    pub(crate) operations: OperationChain,
    pub(crate) purpose: String,
    pub(crate) lifecycle: String,
    pub(crate) permissions: Option<FileMode>,
    pub(crate) level: Option<u32>,
}

/// Where bytes come from.
pub(crate) enum Source {
    Bytes(Vec<u8>),
    /// A file or directory; the chain is applied to it.
    Path(PathBuf),
    /// A stream; the chain is applied to it.
    Reader(Box<dyn Read + Send>),
    /// A file that is stored as it is: the chain says what was done to it before.
    Packed(PathBuf),
    /// A payload with its record.
    Stored(PathBuf, Box<SlotRecord>),
}

impl Slot {
    fn new(id: impl Into<String>, source: Source, name: String) -> Self {
        Self {
            id: id.into(),
            source,
            source_name: name,
            target: None,
            operations: OperationChain::NONE,
            purpose: "data".into(),
            lifecycle: "runtime".into(),
            permissions: None,
            level: None,
        }
    }

    /// Bytes in memory.
    pub fn bytes(id: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(id, Source::Bytes(bytes.into()), String::new())
    }

    /// A file, or a directory, which needs tar in its chain.
    pub fn path(id: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = file_name(&path);
        Self::new(id, Source::Path(path), name)
    }

    /// A stream, read once and never held in memory as a whole.
    pub fn reader(id: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self::new(id, Source::Reader(Box::new(reader)), String::new())
    }

    /// A file that was packed before: it is stored as it is, and the chain says how to unpack it.
    pub fn packed(id: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = file_name(&path);
        Self::new(id, Source::Packed(path), name)
    }

    /// A payload that [`store_slot`](crate::store_slot) made, with its record.
    pub fn stored(payload: impl Into<PathBuf>, record: SlotRecord) -> Self {
        let mut slot = Self::new(record.id.clone(), Source::Bytes(Vec::new()), record.source.clone());
        slot.source = Source::Stored(payload.into(), Box::new(record));
        slot
    }

    /// Path in the extracted tree. A file goes there; a tree goes below it. The default is the id for
    /// a file and the root for a tree.
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// What is done to pack the bytes, such as [`OperationChain::TAR_GZ`].
    pub fn operations(mut self, chain: OperationChain) -> Self {
        self.operations = chain;
        self
    }

    /// Compression level, from 1 to 9 for gzip (6 by default) and to 19 for zstd (9 by default).
    pub fn level(mut self, level: u32) -> Self {
        self.level = Some(level);
        self
    }

    /// Free word for people; `data` by default.
    pub fn purpose(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = purpose.into();
        self
    }

    /// Word for when the slot is needed; `runtime` by default. See [`Lifecycle`](crate::Lifecycle).
    pub fn lifecycle(mut self, lifecycle: impl Into<String>) -> Self {
        self.lifecycle = lifecycle.into();
        self
    }

    /// Permissions of the extracted file; by default 0755 or 0644 by the executable bit of a source
    /// file, 0644 for bytes and streams.
    pub fn permissions(mut self, mode: FileMode) -> Self {
        self.permissions = Some(mode);
        self
    }

    /// Name that the metadata records as the source.
    pub fn source_name(mut self, name: impl Into<String>) -> Self {
        self.source_name = name.into();
        self
    }

    /// As [`Slot::operations`], from the text form.
    pub fn operations_word(self, word: &str) -> Result<Self, Error> {
        let chain = OperationChain::parse(word).map_err(|error| Error::slot(&self.id)(error.into()))?;
        Ok(self.operations(chain))
    }
}

/// The last part of a path: whole paths would tell where a package was built.
fn file_name(path: &std::path::Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
