//! What is on the disk of an open transaction: `journal/<id>/`.
//!
//! | file | holds |
//! |---|---|
//! | `plan` | [`Plan`], written and synced before anything else |
//! | `committing` | nothing; from when it is there, recovery goes forward |
//! | `new/<name>@<slot>/` | entries of the database, later the ones that they replaced |
//! | `store/` | what is displaced, by digest |
//! | `history.json` | the record of the finished transaction |
//! | `owners` | the list of owners as it was before |
//!
//! It is prepared under a name that starts with a dot and renamed, so a journal that is seen has a whole plan; and it goes the
//! same way, so one that is not seen any more is done.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::plan::Plan;
use crate::database::{Database, DbLock, Store};
use crate::error::{At, InstallError};

/// An open transaction.
#[derive(Debug)]
pub(super) struct Journal {
    pub(super) directory: PathBuf,
    pub(super) plan: Plan,
}

/// A transaction that was cut short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupted {
    /// Its number.
    pub id: String,
    /// The command that began it.
    pub command: String,
}

/// What recovery did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// There was nothing to do.
    Nothing,
    /// The transaction was undone: everything is as before it.
    Undone(Interrupted),
    /// The transaction was finished.
    Finished(Interrupted),
}

impl From<Interrupted> for InstallError {
    fn from(interrupted: Interrupted) -> Self {
        let Interrupted { id, command } = interrupted;
        Self::NeedsRecovery {
            id,
            command,
            source: None,
        }
    }
}

const COMMITTING: &str = "committing";
const PREPARING: &str = "preparing";

impl Database {
    /// The transaction that was cut short, if there is one. While another process works, that is its transaction: to be asked
    /// with the lock, or for a message.
    ///
    /// # Errors
    /// A journal that cannot be read.
    pub fn interrupted(&self) -> Result<Option<Interrupted>, InstallError> {
        Ok(Journal::open(self)?.map(|journal| journal.interrupted()))
    }

    /// Undoes a transaction that was cut short before all of it was prepared, and finishes one that was cut short later. Doing
    /// it twice is doing it once.
    ///
    /// # Errors
    /// The file system refuses still; then it can be tried again.
    pub fn recover(&self, _lock: &DbLock) -> Result<Recovered, InstallError> {
        self.tree().forget();
        let recovered = match Journal::open(self)? {
            None => Recovered::Nothing,
            Some(journal) => {
                let interrupted = journal.interrupted();
                if journal.is_committing() {
                    journal.finish(self)?;
                    Recovered::Finished(interrupted)
                } else {
                    journal.undo(self)?;
                    Recovered::Undone(interrupted)
                }
            }
        };
        sweep(&self.directory().join("journal"))?;
        Ok(recovered)
    }
}

impl Journal {
    /// Writes the plan so that it is on the disk before anything that it says.
    pub(super) fn create(database: &Database, plan: Plan) -> Result<Self, InstallError> {
        let journals = database.directory().join("journal");
        sweep(&journals)?;
        let directory = journals.join(&plan.id);
        let hidden = journals.join(format!(".new-{}", plan.id));
        let write = || -> io::Result<()> {
            fs::DirBuilder::new().mode(0o700).create(&hidden)?;
            let bytes = serde_json::to_vec(&plan)?;
            let path = hidden.join("plan");
            fs::write(&path, bytes)?;
            File::open(&path)?.sync_all()?;
            File::create(hidden.join(PREPARING))?;
            fs::rename(&hidden, &directory)?;
            sync(&directory)?;
            sync(&journals)
        };
        match write().at("write the journal", &directory) {
            Ok(()) => Ok(Self { directory, plan }),
            Err(error) => {
                let _ = fs::rename(&directory, &hidden);
                let _ = fs::remove_dir_all(&hidden);
                Err(error)
            }
        }
    }

    /// The journal that is there.
    pub(super) fn open(database: &Database) -> Result<Option<Self>, InstallError> {
        let journals = database.directory().join("journal");
        for directory in entries(&journals)? {
            if is_hidden(&directory) {
                continue;
            }
            let path = directory.join("plan");
            let plan = fs::read(&path).at("read", &path)?;
            let plan: Plan = serde_json::from_slice(&plan).map_err(|error| InstallError::Record {
                path: path.clone(),
                source: error.into(),
            })?;
            if plan.schema != Plan::SCHEMA {
                return Err(InstallError::Database {
                    path,
                    reason: format!(
                        "expected a plan {}, found {}; recover with the version that wrote it",
                        Plan::SCHEMA,
                        plan.schema
                    ),
                });
            }
            return Ok(Some(Self { directory, plan }));
        }
        Ok(None)
    }

    fn interrupted(&self) -> Interrupted {
        Interrupted {
            id: self.plan.id.clone(),
            command: self.plan.command.clone(),
        }
    }

    pub(super) fn store(&self) -> Store {
        Store::new(self.directory.join("store"))
    }

    fn is_committing(&self) -> bool {
        self.directory.join(COMMITTING).exists()
    }

    /// From here on there is no way back.
    pub(super) fn commit(&self) -> Result<(), InstallError> {
        let (preparing, committing) = (self.directory.join(PREPARING), self.directory.join(COMMITTING));
        let failed = |error| Err(error).at("write the journal", &self.directory);
        fs::rename(&preparing, &committing).or_else(failed)?;
        sync(&self.directory).or_else(|error| {
            // Not known to be on the disk, so nothing may have happened yet that relies on it.
            let _ = fs::rename(&committing, &preparing);
            failed(error)
        })
    }

    /// Takes everything back that was prepared.
    pub(super) fn undo(&self, database: &Database) -> Result<(), InstallError> {
        let tree = database.tree();
        tree.forget();
        for unit in &self.plan.units {
            tree.remove_all(&unit.beside).at("remove", tree.name(&unit.beside))?;
        }
        self.retire()
    }

    /// Takes the journal away.
    pub(super) fn retire(&self) -> Result<(), InstallError> {
        let journals = self.directory.parent().unwrap_or(Path::new("."));
        let hidden = journals.join(format!(".done-{}", self.plan.id));
        fs::rename(&self.directory, &hidden).at("rename", &self.directory)?;
        // One that comes back after a power failure is undone or finished once more, which changes nothing.
        let _ = sync(journals);
        // What cannot be removed now is removed by the next transaction.
        let _ = fs::remove_dir_all(&hidden);
        Ok(())
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Removes journals that never began or are done.
fn sweep(journals: &Path) -> Result<(), InstallError> {
    for directory in entries(journals)?.into_iter().filter(|path| is_hidden(path)) {
        fs::remove_dir_all(&directory).at("remove", &directory)?;
    }
    Ok(())
}

fn entries(journals: &Path) -> Result<Vec<PathBuf>, InstallError> {
    let listed = match fs::read_dir(journals) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.at("read", journals)?,
    };
    let paths: io::Result<Vec<_>> = listed.map(|entry| Ok(entry?.path())).collect();
    paths.at("read", journals)
}

/// Waits until a directory's entries are on the disk.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
