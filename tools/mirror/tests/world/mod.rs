//! A cache, mirrors, and somebody who listens. Each test program uses a part of it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use digest::Sha256;
use mirror::download::{Cache, DownloadError, Events, Options, Wanted};
use mirror::{Access, Address, Downloads, Mirror};
use testkit::{Answer, Server};

/// What the file holds.
pub const BYTES: &[u8] = b"the tarball of bash";
/// Where it is.
pub const PATH: &str = "b/bash-5.3-86884539-bin.tar.gz";

/// A mirror that has the file.
pub fn good(path: &str) -> Answer {
    match path.strip_prefix("/binaries/") {
        Some(PATH) => Answer::Bytes(BYTES.into()),
        _ => Answer::Status(404, ""),
    }
}

/// The file.
pub fn wanted() -> Wanted {
    file(PATH, BYTES)
}

/// Another file.
pub fn file(path: &str, bytes: &[u8]) -> Wanted {
    Wanted {
        path: path.to_owned(),
        sha256: Sha256::of(bytes),
        size: bytes.len() as u64,
        words: path.rsplit('/').next().unwrap().to_owned(),
    }
}

/// Without the pauses of real life.
pub fn fast() -> Options {
    Options {
        pause: Duration::from_millis(1),
        ..Options::default()
    }
}

/// A cache and the mirrors it is filled from.
pub struct World {
    folder: PathBuf,
    /// Removes the folder, if it is ours.
    _owner: Option<tempfile::TempDir>,
    mirrors: Vec<Mirror>,
    said: Said,
}

#[derive(Default)]
struct Said(Mutex<String>);

impl Said {
    fn add(&self, line: &str) {
        let mut text = self.0.lock().unwrap();
        text.push_str(line);
        text.push('\n');
    }
}

impl Events for Said {
    fn started(&self, file: &Wanted, mirror: &str, from: u64) {
        self.add(&format!("{} started at {from} from {mirror}", file.words));
    }

    fn warned(&self, _: &Wanted, text: &str) {
        self.add(text);
    }

    fn finished(&self, file: &Wanted, path: &Path) {
        assert_eq!(Sha256::of(&std::fs::read(path).unwrap()), file.sha256);
        self.add(&format!("{} finished", file.words));
    }

    fn failed(&self, file: &Wanted, _: &DownloadError) {
        self.add(&format!("{} failed", file.words));
    }
}

impl World {
    pub fn new(servers: &[&Server]) -> Self {
        let addresses: Vec<_> = servers.iter().map(|server| server.address()).collect();
        Self::at(&addresses)
    }

    pub fn at(addresses: &[&str]) -> Self {
        Self::by(addresses, &Access::default())
    }

    /// With mirrors that are reached in another way.
    pub fn by(addresses: &[&str], access: &Access) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mirrors = addresses
            .iter()
            .map(|text| text.parse::<Address>().unwrap().mirror_by(access));
        Self {
            folder: folder.path().to_owned(),
            _owner: Some(folder),
            mirrors: mirrors.collect(),
            said: Said::default(),
        }
    }

    /// In a cache that is somebody else's.
    pub fn in_folder(addresses: &[&str], folder: &Path) -> Self {
        let mirrors = addresses.iter().map(|text| text.parse::<Address>().unwrap().mirror());
        Self {
            folder: folder.to_owned(),
            _owner: None,
            mirrors: mirrors.collect(),
            said: Said::default(),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// One run that wants the file.
    pub fn fetch(&self) -> Result<PathBuf, DownloadError> {
        self.fetch_all(&[wanted()], fast()).remove(0)
    }

    pub fn fetch_offline(&self) -> Result<PathBuf, DownloadError> {
        let options = Options {
            offline: true,
            ..fast()
        };
        self.fetch_all(&[wanted()], options).remove(0)
    }

    /// One run.
    pub fn fetch_all(&self, wanted: &[Wanted], options: Options) -> Vec<Result<PathBuf, DownloadError>> {
        let cache = Cache::new(&self.folder);
        Downloads::new(&self.mirrors, cache, options).fetch_all(wanted, &self.said)
    }

    /// What was said since the last time.
    pub fn said(&self) -> String {
        std::mem::take(&mut *self.said.0.lock().unwrap())
    }

    /// What is in the cache, in order.
    pub fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("files")) else {
            return Vec::new();
        };
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}
