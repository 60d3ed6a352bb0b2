//! Preparing, and the point of no return (section 14.3, steps 1 to 4).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use digest::Sha256;

use super::check::{Checked, Package};
use super::disk;
use super::journal::Journal;
use super::plan::Plan;
use super::stage::{finish_directories, make_directories, stage, stage_content};
use crate::database::{
    Change, Content, Database, HistoryRecord, Installed, Owners, OwnersChange, PackageId, Replaced, Version,
};
use crate::error::{At, InstallError};
use crate::target_path::TargetPath;
use crate::tree::Tree;

/// What is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The files of a package are being prepared.
    Preparing {
        /// The package.
        package: &'a PackageId,
        /// Bytes of its files.
        bytes: u64,
    },
    /// So many bytes more are prepared.
    Prepared(u64),
    /// Everything is prepared and on the disk: now it is put into place.
    Committing,
}

/// What a transaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Its number.
    pub id: String,
    /// Packages that are installed now, with what was before.
    pub changes: Vec<Change>,
    /// Files that were there before with the same content, and now belong to a package.
    pub adopted: Vec<TargetPath>,
    /// Configuration files that were left as somebody had changed them.
    pub kept: Vec<TargetPath>,
    /// Configuration files whose new version stands beside them, under this name.
    pub beside: Vec<TargetPath>,
    /// Configuration files that stay, although their package went.
    pub left: Vec<TargetPath>,
}

impl Checked<'_> {
    /// What will happen to which package: before and after.
    pub fn versions(&self) -> Vec<(PackageId, Option<String>, Option<String>)> {
        let version = |installed: &Installed| installed.metadata.version.as_str().to_owned();
        let before = |id: &PackageId| self.leaving.packages.get(id).map(|left| version(&left.installed));
        let installed = self.packages.iter().map(|package| {
            (
                package.id.clone(),
                before(&package.id),
                Some(version(&package.installed)),
            )
        });
        let removed = self.plan.removed.iter().map(|id| (id.clone(), before(id), None));
        installed.chain(removed).collect()
    }

    /// Does it. Until everything is prepared and on the disk, the target is untouched but for files with temporary names, which
    /// are taken away again when something fails.
    ///
    /// # Errors
    /// A package that is not what its manifest says, a full disk: nothing was changed. [`InstallError::NeedsRecovery`] when
    /// something failed after the point of no return, or what was prepared could not be taken away.
    pub fn commit(self, mut events: impl FnMut(Event<'_>)) -> Result<Outcome, InstallError> {
        let journal = Journal::create(self.database, self.plan.clone())?;
        let prepared = self.prepare(&journal, &mut events).and_then(|done| {
            journal.commit()?;
            Ok(done)
        });
        let interrupted = |source| InstallError::NeedsRecovery {
            id: self.plan.id.clone(),
            command: self.plan.command.clone(),
            source: Some(Box::new(source)),
        };
        match prepared {
            Err(error) => match journal.undo(self.database) {
                Ok(()) => Err(error),
                Err(_) => Err(interrupted(error)),
            },
            Ok((outcome, owners)) => {
                events(Event::Committing);
                journal.finish_with(self.database, Some(owners)).map_err(interrupted)?;
                Ok(outcome)
            }
        }
    }

    pub(super) fn prepare(
        &self,
        journal: &Journal,
        events: &mut dyn FnMut(Event<'_>),
    ) -> Result<(Outcome, OwnersChange), InstallError> {
        let tree = self.database.tree();
        make_directories(tree, &self.new_directories)?;
        for package in &self.packages {
            events(Event::Preparing {
                package: &package.id,
                bytes: package.install.incoming.manifest.installed_size(),
            });
            stage(self.database, package, &mut |bytes| events(Event::Prepared(bytes)))?;
        }
        for (place, content) in &self.restores {
            stage_content(self.database, place, content)?;
        }
        finish_directories(tree, &self.new_directories)?;
        let replaced = self.keep_displaced(journal)?;
        let owners = self.prepare_database(journal)?;
        let record = self.record(journal, replaced)?;
        let path = journal.directory.join("history.json");
        let text = serde_json::to_vec_pretty(&record)
            .map_err(io::Error::from)
            .at("write", &path)?;
        fs::write(&path, text).at("write", &path)?;
        let store = self.database.directory().join("store");
        self.database
            .store()
            .make_room_for(&journal.store())
            .at("make room in", store)?;
        sync_all(self.database, &self.plan)?;
        Ok((self.outcome(record), owners))
    }

    /// Takes what is displaced to the journal's store, and says what it was where that is not just what was installed.
    fn keep_displaced(&self, journal: &Journal) -> Result<Vec<Replaced>, InstallError> {
        let (tree, store) = (self.database.tree(), journal.store());
        let mut replaced = Vec::new();
        for place in &self.displaced {
            let failed = || tree.name(place);
            let Some(content) = self.keep(tree, &store, place).at("keep", failed())? else {
                continue;
            };
            // A file that was adopted comes back as nobody's when the package's first version goes.
            let as_installed = self.leaving.file(place).is_some_and(|entry| content.is(entry));
            if !as_installed || self.leaving.adopted(place) {
                replaced.push(Replaced {
                    path: place.clone(),
                    content,
                });
            }
        }
        // A configuration that was left alone is left alone by a rollback, too.
        for package in &self.packages {
            let origin = &package.installed.origin;
            for place in origin.adopted.iter().chain(&origin.kept) {
                let content = disk::content(tree, place).at("read", tree.name(place))?;
                if let (Some(_), Some(content)) = (self.leaving.file(place), content) {
                    replaced.push(Replaced {
                        path: place.clone(),
                        content,
                    });
                }
            }
        }
        // What was missing before must be missing again after a rollback.
        for left in self.leaving.packages.values() {
            for (entry, place) in left.manifest.entries().iter().zip(&left.places) {
                let file = entry.kind != binpkg::manifest::EntryKind::Directory;
                if file && tree.stat(place).at("look at", tree.name(place))?.is_none() {
                    replaced.push(Replaced {
                        path: place.clone(),
                        content: Content::Missing,
                    });
                }
            }
        }
        replaced.sort_by(|one, two| one.path.cmp(&two.path));
        Ok(replaced)
    }

    fn keep(&self, tree: &Tree, store: &crate::database::Store, place: &TargetPath) -> io::Result<Option<Content>> {
        let content = disk::content(tree, place)?;
        if let Some(Content::File { .. }) = content {
            store.take(tree, place)?;
        }
        Ok(content)
    }

    /// Writes the new entries of the database into the journal.
    fn prepare_database(&self, journal: &Journal) -> Result<OwnersChange, InstallError> {
        let mut owners = OwnersChange::default();
        owners.gone.extend(self.leaving.packages.keys().cloned());
        for package in &self.packages {
            let directory = journal.directory.join("new").join(package.id.to_string());
            fs::create_dir_all(&directory).at("create", &directory)?;
            for (name, text) in package.files()? {
                let path = directory.join(name);
                fs::write(&path, text).at("write", &path)?;
            }
            owners
                .lines
                .extend(Owners::lines(&package.installed, &package.install.incoming.manifest)?);
        }
        Ok(owners)
    }

    fn record(&self, journal: &Journal, replaced: Vec<Replaced>) -> Result<HistoryRecord, InstallError> {
        let store = journal.store();
        let mut changes = Vec::new();
        let after: BTreeMap<_, _> = self.packages.iter().map(|package| (&package.id, package)).collect();
        let ids: BTreeSet<_> = after.keys().copied().chain(self.leaving.packages.keys()).collect();
        for id in ids {
            let before = match self.leaving.packages.get(id) {
                Some(left) => Some(keep_version(self.database, &store, &left.installed)?),
                None => None,
            };
            let after = match after.get(id) {
                Some(package) => Some(package.version()?),
                None => None,
            };
            changes.push(Change {
                package: id.clone(),
                before,
                after,
            });
        }
        let origins = || self.packages.iter().map(|package| &package.installed.origin);
        Ok(HistoryRecord {
            schema: HistoryRecord::SCHEMA.into(),
            id: self.plan.id.clone(),
            command: self.plan.command.clone(),
            time: self.plan.time,
            changes,
            replaced,
            adopted: origins().flat_map(|origin| origin.adopted.iter().cloned()).collect(),
            beside: origins().flat_map(|origin| origin.beside.keys().cloned()).collect(),
        })
    }

    fn outcome(&self, record: HistoryRecord) -> Outcome {
        let kept = self
            .packages
            .iter()
            .flat_map(|package| package.installed.origin.kept.iter().cloned());
        Outcome {
            id: record.id,
            changes: record.changes,
            adopted: record.adopted,
            kept: kept.collect(),
            beside: record.beside,
            left: self.left.clone(),
        }
    }
}

impl Package {
    /// The files of its entry in the database.
    fn files(&self) -> Result<[(&'static str, String); 3], InstallError> {
        let path = |name: &str| std::path::PathBuf::from(name);
        let metadata = self.installed.metadata.to_json();
        let metadata = metadata.map_err(|error| InstallError::Record {
            path: path("METADATA.json"),
            source: error.into(),
        })?;
        let origin = serde_json::to_string_pretty(&self.installed.origin);
        let origin = origin.map_err(|error| InstallError::Record {
            path: path("origin.json"),
            source: error.into(),
        })?;
        Ok([
            ("METADATA.json", metadata),
            ("MANIFEST", self.install.incoming.manifest.to_string()),
            ("origin.json", origin + "\n"),
        ])
    }

    fn version(&self) -> Result<Version, InstallError> {
        let [metadata, manifest, origin] = self.files()?.map(|(_, text)| Sha256::of(text.as_bytes()));
        Ok(Version {
            version: self.installed.metadata.version.as_str().into(),
            metadata,
            manifest,
            origin,
        })
    }
}

/// Keeps the entry of the database of a package that is replaced or removed.
fn keep_version(
    database: &Database,
    store: &crate::database::Store,
    installed: &Installed,
) -> Result<Version, InstallError> {
    let keep = |name: &str| {
        let path = database.entry(&installed.id).join(name);
        let bytes = fs::read(&path).at("read", &path)?;
        store.put(&bytes).at("keep", &path)
    };
    Ok(Version {
        version: installed.metadata.version.as_str().into(),
        metadata: keep("METADATA.json")?,
        manifest: keep("MANIFEST")?,
        origin: keep("origin.json")?,
    })
}

/// Waits until everything is on the disk, of each file system once.
pub(super) fn sync_all(database: &Database, plan: &Plan) -> Result<(), InstallError> {
    let tree = database.tree();
    let state = fs::File::open(database.directory()).at("open", database.directory())?;
    let device = |file: &dyn std::os::fd::AsFd| rustix::fs::fstat(file.as_fd()).map(|stat| stat.st_dev);
    let mut synced = BTreeSet::from([device(&state).at("look at", database.directory())?]);
    rustix::fs::syncfs(&state).at("sync", database.directory())?;
    let places = plan.units.iter().map(|unit| &unit.place).chain(&plan.removals);
    let parents: BTreeSet<_> = places.filter_map(TargetPath::parent).collect();
    for parent in parents {
        // A directory that went with its last file has nothing to wait for.
        let Ok(directory) = tree.directory(&parent) else {
            continue;
        };
        if synced.insert(device(&directory).at("look at", tree.name(&parent))?) {
            rustix::fs::syncfs(&directory).at("sync", tree.name(&parent))?;
        }
    }
    Ok(())
}
