//! A mirror in memory with an index in shards, and somebody who looks for packages there. Each test program uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use binpkg::index::{Index, Record, Root, Shard, pack};
use binpkg::names::PackageName;
use binpkg::sign::{IndexSignatures, SecretKey, TrustList};
use digest::Sha256;
use mirror::Address;
use mirror::catalog::{Catalog, CatalogError, Options, Purpose, Source};
use testkit::{Answer, File, Request, Server};

/// A far time.
pub const LATER: &str = "2999-01-01T00:00:00Z";

/// A key that depends on the number only.
pub fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// A trust list of these keys, and of lines.
pub fn trusts(keys: &[SecretKey], lines: &[&str]) -> TrustList {
    let keys: Vec<_> = keys.iter().map(|key| key.public().to_string()).collect();
    TrustList::parse(keys.iter().map(String::as_str).chain(lines.iter().copied())).unwrap()
}

/// The record of a package that nobody made.
pub fn record(name: &str, version: &str) -> Record {
    let full = Sha256::of(format!("{name} {version}").as_bytes());
    serde_json::from_str(&format!(
        r#"{{"name":"{name}","version":"{version}","config_hash":"{0}","file_hash":"{0}","content_hash":"{0}","size":7,
            "filename":"{name}-{version}-{0}-bin.tar.gz","sha256":"{full}","config_hash_full":"{full}","content_hash_full":"{full}",
            "platform":{{"cpu":"x86_64"}},"published":1}}"#,
        full.short()
    ))
    .unwrap()
}

pub fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// The mirror.
pub struct Published {
    files: Files,
    server: Server,
}

impl Published {
    pub fn new() -> Self {
        Self::answering(|_, answer| answer)
    }

    /// A mirror that does something to its answers.
    pub fn answering(change: impl Fn(&Request, Answer) -> Answer + Send + Sync + 'static) -> Self {
        let files = Files::default();
        let served = Arc::clone(&files);
        let server = Server::hearing(move |request| {
            let files = served.lock().unwrap();
            let found = request.path.strip_prefix("/binaries/").and_then(|path| files.get(path));
            let answer = match found {
                Some(bytes) => Answer::File(File::tagged(bytes)),
                None => Answer::Status(404, ""),
            };
            change(request, answer)
        });
        Self { files, server }
    }

    pub fn put(&self, path: &str, bytes: &[u8]) {
        self.files.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
    }

    pub fn get(&self, path: &str) -> Vec<u8> {
        self.files.lock().unwrap()[path].clone()
    }

    pub fn remove(&self, path: &str) {
        self.files.lock().unwrap().remove(path);
    }

    /// Puts an index in shards in place, and gives its root.
    pub fn publish(&self, serial: u64, records: &[Record], keys: &[SecretKey]) -> Root {
        let mut root = Root {
            serial,
            expires: (!keys.is_empty()).then(|| LATER.to_owned().try_into().unwrap()),
            total: records.len() as u64,
            ..Root::default()
        };
        for group in records.chunk_by(|one, two| one.name == two.name) {
            let shard = Shard::pack(group).unwrap();
            self.put(&Shard::path(&shard.sha256), &shard.bytes);
            root.shards.insert(group[0].name.clone(), shard.sha256);
        }
        self.put_root(&root, keys);
        root
    }

    pub fn put_root(&self, root: &Root, keys: &[SecretKey]) {
        let text = root.to_json();
        if !keys.is_empty() {
            let signatures = IndexSignatures::default().renewed(keys, None, text.as_bytes());
            self.put("index/root.json.sig", signatures.to_string().as_bytes());
        }
        self.put(Root::PATH, text.as_bytes());
        self.put(Root::PACKED_PATH, &pack(text.as_bytes()).unwrap());
    }

    /// Puts an index in one file in place.
    pub fn publish_whole(&self, serial: u64, records: &[Record]) {
        let root = Root {
            serial,
            ..Root::default()
        };
        let text = Index::of(&root, records.to_vec()).to_json().unwrap();
        self.put("index.json", text.as_bytes());
    }

    pub fn address(&self) -> String {
        self.server.address().to_owned()
    }

    /// The files below `binaries/` that were asked for since the last time, and how many times it said that nothing has changed is
    /// not told: see [`Published::requests`].
    pub fn asked(&self, since: usize) -> Vec<String> {
        let seen = self.server.seen();
        seen[since..]
            .iter()
            .map(|path| path.strip_prefix("/binaries/").unwrap_or(path).to_owned())
            .collect()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    pub fn source(&self, trusted: &TrustList) -> Source {
        source(&self.address(), trusted)
    }
}

pub fn source(address: &str, trusted: &TrustList) -> Source {
    Source {
        mirror: address.parse::<Address>().unwrap().mirror(),
        trusted: trusted.clone(),
        serial: 0,
    }
}

/// Asking each time, without the pauses of real life.
pub fn now(purpose: Purpose) -> Options {
    Options {
        max_age: Duration::ZERO,
        pause: Duration::from_millis(1),
        ..Options::new(purpose)
    }
}

/// What one run says of a package: the versions it finds, or the error with its causes; and the warnings.
pub fn look(
    sources: &[Source],
    cache: Option<&Path>,
    options: &Options,
    package: &str,
) -> (Result<Vec<String>, CatalogError>, Vec<String>) {
    let mut warnings = Vec::new();
    let mut warn = |text: &str| warnings.push(text.to_owned());
    let found = Catalog::open(sources, cache, options.clone(), &mut warn)
        .and_then(|catalog| catalog.records(&name(package), &mut warn));
    let versions = found.map(|found| found.iter().map(|found| found.record.version.to_string()).collect());
    (versions, warnings)
}

/// An error in one line.
pub fn words(error: &CatalogError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
