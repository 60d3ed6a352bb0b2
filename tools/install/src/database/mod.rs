//! What is installed (section 14.1). `installed/` is the truth; `owners` can be thrown away.

mod history;
mod id;
mod lock;
mod origin;
mod owners;
mod store;

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use binpkg::manifest::Manifest;
use binpkg::metadata::Metadata;

use crate::error::{At, InstallError, RecordError};
use crate::place::Place;
use crate::resolver::Resolver;
use crate::target_path::TargetPath;
use crate::tree::Tree;

pub use history::{Change, Content, HistoryRecord, Replaced, Version};
pub use id::PackageId;
pub(crate) use lock::now;
pub use lock::{DbLock, Holder};
pub use origin::{Origin, Places, Source};
pub use owners::Owner;
pub(crate) use owners::{Owners, OwnersChange};
pub(crate) use store::Store;

/// The database of one installation.
#[derive(Debug)]
pub struct Database {
    place: Place,
    directory: PathBuf,
    /// Where it is in the root, unless it was placed elsewhere: no package may put anything there.
    inside: Option<TargetPath>,
    tree: Tree,
}

/// A package of the database, without its manifest, which may be long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// What it is known by.
    pub id: PackageId,
    /// What it is.
    pub metadata: Metadata,
    /// Where it came from.
    pub origin: Origin,
}

/// The format of the database.
const VERSION: &str = "1";

impl Database {
    /// Looks at a database; one that is missing is empty. Nothing is made or changed.
    ///
    /// # Errors
    /// A root that cannot be opened; a database of another version.
    pub fn open(place: Place) -> Result<Self, InstallError> {
        let tree = Tree::open(place.root()).at("open", place.root())?;
        let (directory, inside) = match place.chosen_state_dir() {
            Some(chosen) => (chosen.to_owned(), None),
            None => {
                let usual = place.usual_state_dir();
                let inside = Resolver::new(&tree)
                    .directory(&usual)
                    .at("follow", usual.under(place.root()))?;
                (inside.under(place.root()), Some(inside))
            }
        };
        let database = Self {
            place,
            directory,
            inside,
            tree,
        };
        database.check_version()?;
        Ok(database)
    }

    fn check_version(&self) -> Result<(), InstallError> {
        let path = self.directory.join("version");
        match fs::read_to_string(&path) {
            Ok(found) if found.trim_end() == VERSION => Ok(()),
            Ok(found) => Err(InstallError::Database {
                path,
                reason: format!(
                    "expected the format {VERSION}, found `{}`; use the version of install-binary that wrote it",
                    found.trim_end().escape_debug()
                ),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).at("read", path),
        }
    }

    /// Takes the right to change the installation, waiting for it as long as `wait`; makes the database if it is missing.
    ///
    /// # Errors
    /// [`InstallError::Locked`]; a directory that cannot be made.
    pub fn lock(&self, command: &str, wait: Duration) -> Result<DbLock, InstallError> {
        // Readable for all, but for what was replaced: an old program with a set-id bit must not stay within reach.
        for (name, mode) in [
            ("installed", 0o755),
            ("history", 0o755),
            ("journal", 0o700),
            ("store", 0o700),
        ] {
            let path = self.directory.join(name);
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o755)
                .create(&self.directory)
                .and_then(|()| match fs::DirBuilder::new().mode(mode).create(&path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                    made => made,
                })
                .at("create", &path)?;
        }
        let lock = DbLock::take(self.directory.join("lock"), command, wait)?;
        let version = self.directory.join("version");
        if !version.exists() {
            write_whole(&version, format!("{VERSION}\n").as_bytes())?;
        }
        Ok(lock)
    }

    /// Where it is an installation of.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Where the database is on this machine.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where it is in the root, unless it was placed elsewhere.
    pub(crate) fn inside(&self) -> Option<&TargetPath> {
        self.inside.as_ref()
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The directory of a package.
    pub(crate) fn entry(&self, id: &PackageId) -> PathBuf {
        self.directory.join("installed").join(id.to_string())
    }

    /// All packages, by name and slot.
    ///
    /// # Errors
    /// A directory that cannot be read; a name in it that is no package's.
    pub fn ids(&self) -> Result<Vec<PackageId>, InstallError> {
        let path = self.directory.join("installed");
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).at("read", path),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.at("read", &path)?.file_name();
            let id = name.to_str().and_then(|name| name.parse().ok());
            ids.push(id.ok_or_else(|| InstallError::Database {
                path: path.join(&name),
                reason: "expected a directory NAME@SLOT; move it away".into(),
            })?);
        }
        ids.sort();
        Ok(ids)
    }

    /// The package that a person means by `NAME` or `NAME@SLOT`.
    ///
    /// # Errors
    /// None of that name, or one in each of several slots.
    pub fn find(&self, text: &str) -> Result<PackageId, InstallError> {
        let fits = |id: &PackageId| id.name().as_str() == text || id.to_string() == text;
        let mut found: Vec<_> = self.ids()?.into_iter().filter(fits).collect();
        match found.len() {
            0 => Err(InstallError::NotInstalled(text.into())),
            1 => Ok(found.remove(0)),
            _ => Err(InstallError::Ambiguous {
                name: text.into(),
                slots: found,
            }),
        }
    }

    /// A package, if it is installed.
    ///
    /// # Errors
    /// A file of the database that is damaged.
    pub fn get(&self, id: &PackageId) -> Result<Option<Installed>, InstallError> {
        let directory = self.entry(id);
        let Some(metadata) = read_if_there(&directory.join("METADATA.json"))? else {
            return Ok(None);
        };
        let damaged = |name: &str, source: RecordError| InstallError::Record {
            path: directory.join(name),
            source,
        };
        let metadata = Metadata::parse(&metadata).map_err(|error| damaged("METADATA.json", error.into()))?;
        let path = directory.join("origin.json");
        let origin = fs::read(&path).at("read", &path)?;
        let origin = serde_json::from_slice(&origin).map_err(|error| damaged("origin.json", error.into()))?;
        Ok(Some(Installed {
            id: id.clone(),
            metadata,
            origin,
        }))
    }

    /// A package that must be there.
    ///
    /// # Errors
    /// As [`Database::get`], or not installed.
    pub fn expect(&self, id: &PackageId) -> Result<Installed, InstallError> {
        self.get(id)?.ok_or_else(|| InstallError::NotInstalled(id.to_string()))
    }

    /// All packages, by name and slot.
    ///
    /// # Errors
    /// A file of the database that is damaged.
    pub fn all(&self) -> Result<Vec<Installed>, InstallError> {
        let ids = self.ids()?;
        let packages = ids.iter().map(|id| self.get(id));
        packages.filter_map(Result::transpose).collect()
    }

    /// The manifest of an installed package.
    ///
    /// # Errors
    /// It is damaged, or cannot be read.
    pub fn manifest(&self, id: &PackageId) -> Result<Manifest, InstallError> {
        let path = self.entry(id).join("MANIFEST");
        let bytes = fs::read(&path).at("read", &path)?;
        Manifest::parse(&bytes).map_err(|error| InstallError::Record {
            path,
            source: error.into(),
        })
    }

    pub(crate) fn store(&self) -> Store {
        Store::new(self.directory.join("store"))
    }
}

/// The bytes of a file, or none when it is missing.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, InstallError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Writes a file beside its place and gives it its name.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), InstallError> {
    let beside = path.with_extension("part");
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path))
        .at("write", path)
}
