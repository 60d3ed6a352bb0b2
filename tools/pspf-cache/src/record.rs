//! The record of a verified start: what a warm start compares and runs by.
//!
//! Two lines of JSON. The first is about the package and is read by everybody; the second belongs to the launcher
//! (what to run, and how) and means nothing to anyone else.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use digest::Sha256;
use pspf_format::json::{Fields, FromJson};
use pspf_format::strict_json;
use serde::Serialize;
use serde_json::{Error, Value};

use crate::error::{CacheError, IoContext};
use crate::system;

/// The value of `format` in records that this version writes and accepts.
pub const RECORD_FORMAT: &str = "buckpack-record/2";

/// No record is longer than this many bytes: its parts come out of metadata of at most 1 MiB.
const MAX_LEN: u64 = 4 << 20;

/// The first line: which package this entry was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// [`RECORD_FORMAT`].
    pub format: String,
    /// SHA-256 of the 8192 bytes of the index block, all 64 digits.
    pub index_sha256: Sha256,
    /// SHA-256 of the compressed metadata.
    pub metadata_sha256: Sha256,
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// Bytes of the unpacked files.
    pub bytes: u64,
    /// How many files and links were unpacked.
    pub files: u64,
    /// Where the package was when it was unpacked, if that is text.
    pub package: Option<String>,
    /// What verification found and a level below strict let pass, one sentence each. Empty: all was right.
    pub findings: Vec<String>,
    /// The boot in which the files were written, until they were seen to have survived it.
    pub boot: Option<String>,
}

impl FromJson for About {
    fn from_json(value: Value) -> Result<Self, Error> {
        let mut fields = Fields::of(value)?;
        Ok(About {
            format: fields.field("format")?,
            index_sha256: fields.field("index_sha256")?,
            metadata_sha256: fields.field("metadata_sha256")?,
            name: fields.field("name")?,
            version: fields.field("version")?,
            bytes: fields.field("bytes")?,
            files: fields.field("files")?,
            package: fields.field("package")?,
            findings: fields.field("findings")?,
            boot: fields.field("boot")?,
        })
    }
}

/// A record as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The first line.
    pub about: About,
    /// The second line, the launcher's own.
    pub plan: String,
}

impl Record {
    /// Reads an open record; `None` when it is of another format or of another index block.
    ///
    /// # Errors
    /// A failed read, or a file that is no record at all.
    pub fn read(file: &File, path: &Path, index: Option<&Sha256>) -> Result<Option<Self>, CacheError> {
        let damaged = |what: String| CacheError::Damaged {
            path: path.to_owned(),
            what,
        };
        let length = file.metadata().context("look at", path)?.len();
        if length > MAX_LEN {
            return Err(damaged(format!("expected at most {MAX_LEN} bytes, found {length}")));
        }
        let mut text = vec![0; usize::try_from(length).unwrap_or(0)];
        (&*file).read_exact(&mut text).context("read", path)?;
        let text = String::from_utf8(text).map_err(|_| damaged("expected JSON text, found other bytes".into()))?;
        let Some((about, plan)) = text.split_once('\n') else {
            return Err(damaged(format!("expected two lines, found one of {length} bytes")));
        };
        let about: About = match strict_json::read(about.as_bytes()).and_then(About::from_json) {
            Ok(about) => about,
            Err(_) if !about.contains(RECORD_FORMAT) => return Ok(None),
            Err(error) => return Err(damaged(format!("its first line is no record: {error}"))),
        };
        if about.format != RECORD_FORMAT || index.is_some_and(|index| *index != about.index_sha256) {
            return Ok(None);
        }
        Ok(Some(Record {
            about,
            plan: plan.trim_end().to_owned(),
        }))
    }

    /// Writes the record as `path`, beside first and then by one rename: the entry is valid from here on.
    ///
    /// # Errors
    /// A failed system call.
    pub fn write(&self, path: &Path) -> Result<(), CacheError> {
        let about = serde_json::to_string(&self.about)
            .map_err(std::io::Error::from)
            .context("encode", path)?;
        let beside = path.with_extension(format!("new-{}", std::process::id()));
        let mut options = system::private_file();
        options.create(true).truncate(true);
        let mut file = options.open(&beside).context("create", &beside)?;
        file.write_all(format!("{about}\n{}\n", self.plan).as_bytes())
            .context("write", &beside)?;
        fs::rename(&beside, path).context("rename to", path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn sample() -> Record {
        Record {
            about: About {
                format: RECORD_FORMAT.into(),
                index_sha256: Sha256::of(b"index"),
                metadata_sha256: Sha256::of(b"metadata"),
                name: "app".into(),
                version: "1.0".into(),
                bytes: 6,
                files: 1,
                package: None,
                findings: vec![],
                boot: None,
            },
            plan: r#"{"command":["a"]}"#.into(),
        }
    }

    fn read(path: &Path, index: Option<&Sha256>) -> Result<Option<Record>, CacheError> {
        Record::read(&File::open(path).unwrap(), path, index)
    }

    #[test]
    fn a_record_is_read_back() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("record");
        sample().write(&path).unwrap();
        assert_eq!(read(&path, Some(&Sha256::of(b"index"))).unwrap(), Some(sample()));
        assert_eq!(read(&path, None).unwrap(), Some(sample()));
    }

    #[test]
    fn another_index_block_is_not_recorded() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("record");
        sample().write(&path).unwrap();
        assert_eq!(read(&path, Some(&Sha256::of(b"other"))).unwrap(), None);
    }

    #[test]
    fn another_format_is_no_record_and_junk_is_named() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("record");
        fs::write(&path, "{\"format\":\"buckpack-record/9\"}\n{}\n").unwrap();
        assert_eq!(read(&path, None).unwrap(), None);
        for junk in [&b""[..], b"{}", b"\xff\n{}", b"buckpack-record/2\n{}"] {
            fs::write(&path, junk).unwrap();
            let error = read(&path, None).unwrap_err();
            assert!(error.to_string().contains("record is damaged: "), "{error}");
        }
    }
}
