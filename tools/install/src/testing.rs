//! For the tests of this crate: packages made on the spot, and roots to install them in.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use binpkg::metadata::{LayoutKind, Metadata};
use binpkg::names::{Compression, ShortHash};
use binpkg::payload::{Payload, Placement};
use binpkg::tarball::{WriteOptions, write};

use crate::{
    Database, DbLock, Incoming, InstallError, InstallOptions, Outcome, PackageId, Place, RemoveOptions, Source,
    Transaction,
};

/// A package in the making.
pub(crate) struct TestPackage {
    name: String,
    version: String,
    kind: LayoutKind,
    tree: tempfile::TempDir,
    permissions: Vec<String>,
    relocatable: bool,
}

impl TestPackage {
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            kind: LayoutKind::Root,
            tree: tempfile::tempdir().unwrap(),
            permissions: Vec::new(),
            relocatable: true,
        }
    }

    pub(crate) fn not_relocatable(mut self) -> Self {
        self.relocatable = false;
        self
    }

    pub(crate) fn kind(mut self, kind: LayoutKind) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let place = self.tree.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, content).unwrap();
        self
    }

    pub(crate) fn program(self, path: &str, content: &str) -> Self {
        let package = self.file(path, content);
        let place = package.tree.path().join(path);
        fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
        package
    }

    pub(crate) fn config(self, path: &str, content: &str) -> Self {
        self.file(path, content).grant(path, r#""config": true"#)
    }

    /// A line of the permission list.
    pub(crate) fn grant(mut self, path: &str, fields: &str) -> Self {
        self.permissions.push(format!(r#"{{"path": "{path}", {fields}}}"#));
        self
    }

    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        let place = self.tree.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(target, place).unwrap();
        self
    }

    pub(crate) fn directory(self, path: &str) -> Self {
        fs::create_dir_all(self.tree.path().join(path)).unwrap();
        self
    }

    /// Writes the tarball to a directory.
    pub(crate) fn write(&self, directory: &Path) -> PathBuf {
        let permissions = format!("[{}]", self.permissions.join(","));
        let permissions: Vec<binpkg::recipe::Permission> = serde_json::from_str(&permissions).unwrap();
        let placement = Placement {
            name: &self.name.parse().unwrap(),
            kind: Some(self.kind),
            place: None,
            permissions: &permissions,
        };
        let payload = Payload::scan(self.tree.path(), &placement).unwrap();
        let hash = payload.manifest().content_hash();
        let text = format!(
            r#"{{"schema": "binpkg-metadata/1", "target": "//t:t", "name": "{}", "version": "{}", "config_hash": "86884539",
                "content_hash": "{}", "content_hash_full": "{hash}",
                "layout": {{"kind": "{}", "prefix": "/usr", "libdir": "lib", "relocatable": {}}}}}"#,
            self.name,
            self.version,
            ShortHash::of(&hash),
            self.kind.word(),
            self.relocatable,
        );
        let metadata = Metadata::parse(text.as_bytes()).unwrap();
        let path = directory.join(format!("{}-{}-86884539-bin.tar.gz", self.name, self.version));
        let options = WriteOptions {
            compression: Compression::Gz,
            mtime: 0,
            threads: 1,
        };
        let mut bytes = Vec::new();
        write(&payload, &metadata, &options, &mut bytes).unwrap();
        fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
        path
    }
}

/// A root with a database, and tarballs beside it.
pub(crate) struct World {
    directory: tempfile::TempDir,
    prefix: PathBuf,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_prefix("/usr")
    }

    pub(crate) fn with_prefix(prefix: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("root")).unwrap();
        fs::create_dir(directory.path().join("tarballs")).unwrap();
        Self {
            directory,
            prefix: prefix.into(),
        }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    pub(crate) fn tarballs(&self) -> PathBuf {
        self.directory.path().join("tarballs")
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), content).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn database(&self) -> Database {
        Database::open(Place::new(self.root(), &self.prefix, None).unwrap()).unwrap()
    }

    pub(crate) fn lock(&self, database: &Database) -> DbLock {
        database.lock("test", Duration::ZERO).unwrap()
    }

    pub(crate) fn incoming(&self, package: &TestPackage) -> Incoming {
        Incoming::open(&package.write(&self.tarballs()), Source::default()).unwrap()
    }

    pub(crate) fn install(&self, packages: &[&TestPackage]) -> Result<Outcome, InstallError> {
        let explicit = InstallOptions {
            explicit: true,
            ..InstallOptions::default()
        };
        self.install_with(packages, &explicit)
    }

    pub(crate) fn install_with(
        &self,
        packages: &[&TestPackage],
        options: &InstallOptions,
    ) -> Result<Outcome, InstallError> {
        let database = self.database();
        let lock = self.lock(&database);
        let mut transaction = Transaction::new(&database, &lock)?;
        for package in packages {
            transaction.install(self.incoming(package), options.clone())?;
        }
        transaction.check()?.commit(|_| {})
    }

    pub(crate) fn remove(&self, names: &[&str]) -> Result<Outcome, InstallError> {
        let database = self.database();
        let lock = self.lock(&database);
        let mut transaction = Transaction::new(&database, &lock)?;
        for name in names {
            transaction.remove(&database.find(name)?, RemoveOptions::default())?;
        }
        transaction.check()?.commit(|_| {})
    }

    pub(crate) fn roll_back(&self, number: usize) -> Result<Outcome, InstallError> {
        let database = self.database();
        let lock = self.lock(&database);
        let mut transaction = Transaction::new(&database, &lock)?;
        transaction.roll_back(number)?;
        transaction.check()?.commit(|_| {})
    }

    /// Names of what is installed.
    pub(crate) fn installed(&self) -> Vec<String> {
        self.database()
            .ids()
            .unwrap()
            .iter()
            .map(PackageId::to_string)
            .collect()
    }

    /// Everything below the root but the database: type, mode and content by path.
    pub(crate) fn snapshot(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        walk(&self.root(), &self.root(), &mut all);
        all.retain(|path, _| !path.starts_with("var/lib/binpkg") && path.split('/').all(|part| part != ".binpkg"));
        // Made for the database.
        for path in ["var/lib", "var"] {
            if !all.keys().any(|other| other.starts_with(&format!("{path}/"))) {
                all.remove(path);
            }
        }
        all
    }

    /// Fails if a transaction left anything behind.
    pub(crate) fn assert_clean(&self) {
        let mut all = BTreeMap::new();
        walk(&self.root(), &self.root(), &mut all);
        let left: Vec<_> = all
            .keys()
            .filter(|path| path.contains("/.binpkg-") || path.starts_with(".binpkg-"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
        let journal = self.database().directory().join("journal");
        assert_eq!(fs::read_dir(journal).unwrap().count(), 0, "the journal is empty");
    }
}

fn walk(root: &Path, directory: &Path, all: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let found = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let mode = format!("{:04o}", found.mode() & 0o7777);
        let value = if found.is_dir() {
            walk(root, &path, all);
            format!("directory {mode}")
        } else if found.is_symlink() {
            format!("link {}", fs::read_link(&path).unwrap().display())
        } else {
            format!("file {mode} {}", String::from_utf8_lossy(&fs::read(&path).unwrap()))
        };
        all.insert(name, value);
    }
}
