use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use digest::Sha256;
use serde::{Deserialize, Serialize};

use super::form::Form;
use crate::stamp::Stamp;
use crate::whole_file::{Taken, WholeFile};

/// A root or an index with its signatures, as a mirror gave them.
pub(super) struct KeptFront {
    pub(super) form: Form,
    pub(super) stamp: Stamp,
    /// The text of the signature file; `None` if there was none, or nobody asked.
    pub(super) signatures: Option<String>,
    /// The file, unpacked.
    pub(super) body: Vec<u8>,
    /// How long ago the mirror said that this is the newest; `None` for just now, or in the future.
    pub(super) age: Option<Duration>,
}

/// Where the last answer of a mirror is kept: one file, so that root and signatures stay together, whose time of change says when
/// the mirror was asked last.
///
/// It is a memory and no proof: what is read from it is judged like what comes from the mirror. That it cannot be read or written
/// is no error; the mirror is asked then.
pub(super) struct Kept {
    path: Option<PathBuf>,
    mirror: String,
}

/// The first line of the file; the body follows.
#[derive(Serialize, Deserialize)]
struct Head {
    mirror: String,
    form: Form,
    stamp: Stamp,
    signatures: Option<String>,
}

/// Name of a mirror's files in a cache.
pub(super) fn file_name(mirror: &str) -> String {
    Sha256::of(mirror.as_bytes()).hex()[..16].to_owned()
}

impl Kept {
    pub(super) fn new(cache: Option<&Path>, mirror: &str) -> Self {
        Self {
            path: cache.map(|cache| cache.join("index/fronts").join(file_name(mirror))),
            mirror: mirror.to_owned(),
        }
    }

    pub(super) fn read(&self) -> Option<KeptFront> {
        let path = self.path.as_ref()?;
        let bytes = fs::read(path).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
        if head.mirror != self.mirror {
            return None;
        }
        let changed = fs::metadata(path).and_then(|found| found.modified()).ok()?;
        Some(KeptFront {
            form: head.form,
            stamp: head.stamp,
            signatures: head.signatures,
            body: bytes[end + 1..].to_vec(),
            age: SystemTime::now().duration_since(changed).ok(),
        })
    }

    pub(super) fn write(&self, front: &KeptFront, is_new: bool) {
        let Some(path) = &self.path else { return };
        let written = if is_new {
            self.replace(path, front)
        } else {
            File::options()
                .append(true)
                .open(path)
                .and_then(|file| file.set_modified(SystemTime::now()))
        };
        // The next run asks for it again.
        drop(written);
    }

    fn replace(&self, path: &Path, front: &KeptFront) -> std::io::Result<()> {
        let head = Head {
            mirror: self.mirror.clone(),
            form: front.form,
            stamp: front.stamp.clone(),
            signatures: front.signatures.clone(),
        };
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        let mut file = WholeFile::create(path)?;
        serde_json::to_writer(&mut file, &head)?;
        file.write_all(b"\n")?;
        file.write_all(&front.body)?;
        file.finish(Taken::Replace)
    }
}
