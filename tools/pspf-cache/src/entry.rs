//! One entry of the cache, from lookup to removal.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use digest::Sha256;

use crate::error::{CacheError, IoContext};
use crate::lock::{ExtractionLock, UseLock};
use crate::names::EntryName;
use crate::record::Record;
use crate::remove::remove_tree;
use crate::root::{FILES, WORKENV};
use crate::system;

/// How old the note of the last use may become before a start renews it.
const USE_PRECISION: Duration = Duration::from_secs(24 * 60 * 60);

/// The folder that holds the entries; its path has been checked.
#[derive(Debug, Clone)]
pub struct Cache {
    dir: PathBuf,
    user: u32,
}

impl Cache {
    /// The cache in the directory `dir`, which [`crate::Root::open`] or [`crate::check_path`] returned.
    pub fn new(dir: PathBuf, user: u32) -> Self {
        Cache { dir, user }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The entry of that name, whether or not it exists.
    pub fn entry(&self, name: &EntryName) -> Entry {
        Entry {
            cache: self.clone(),
            name: name.clone(),
        }
    }
}

/// One unpacked package, or the place for it.
#[derive(Debug, Clone)]
pub struct Entry {
    cache: Cache,
    name: EntryName,
}

impl Entry {
    /// The entry's name.
    pub fn name(&self) -> &EntryName {
        &self.name
    }

    /// The entry's directory.
    pub fn path(&self) -> PathBuf {
        self.cache.dir.join(self.name.as_str())
    }

    /// The program's files.
    pub fn workenv(&self) -> PathBuf {
        self.path().join(WORKENV)
    }

    /// The record.
    pub fn record(&self) -> PathBuf {
        self.path().join("record")
    }

    /// The list of what was unpacked.
    pub fn files(&self) -> PathBuf {
        self.path().join(FILES)
    }

    /// The directory in which the entry is put together; only the holder of the lock touches it.
    pub fn staging(&self) -> PathBuf {
        self.beside("staging")
    }

    fn beside(&self, kind: &str) -> PathBuf {
        self.cache.dir.join(format!(".{kind}-{}", self.name))
    }

    /// Waits for the right to make this entry.
    ///
    /// # Errors
    /// A failed system call.
    pub fn lock(&self) -> Result<ExtractionLock, CacheError> {
        ExtractionLock::wait(self.beside("lock"))
    }

    /// Takes the right to make or remove this entry, if it is free.
    ///
    /// # Errors
    /// A failed system call.
    pub fn try_lock(&self) -> Result<Option<ExtractionLock>, CacheError> {
        ExtractionLock::take(self.beside("lock"))
    }

    /// Looks the entry up for a start: its record, if it has one of exactly this index block, marked as in use.
    ///
    /// # Errors
    /// An entry that is not this user's alone, a damaged record, a failed system call.
    pub fn find(&self, index: Option<&Sha256>) -> Result<Option<(Record, UseLock)>, CacheError> {
        let path = self.record();
        let file = match system::open_record(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("open", &path),
        };
        system::check_private(&self.path(), self.cache.user)?;
        let lock = UseLock::shared(file);
        let found = lock.file().metadata().context("look at", &path)?;
        if system::is_removed(&found) {
            // Removed between our open and our lock.
            return Ok(None);
        }
        system::check_owner(&self.path(), &path, &found, self.cache.user)?;
        note_use(lock.file(), &found);
        Ok(Record::read(lock.file(), &path, index)?.map(|record| (record, lock)))
    }

    /// Makes an empty staging directory with an empty workenv in it, in place of what an earlier attempt left.
    ///
    /// # Errors
    /// A failed system call.
    pub fn stage(&self, _lock: &ExtractionLock) -> Result<PathBuf, CacheError> {
        let staging = self.staging();
        remove_tree(&staging)?;
        for path in [staging.clone(), staging.join(WORKENV)] {
            system::private_directory(&path).context("create directory", &path)?;
        }
        Ok(staging)
    }

    /// Puts the staged entry in its place by one rename. Where an outdated entry stands the two change places, so that at
    /// every moment one of them is there; the old one is removed when no program runs from it any more.
    ///
    /// # Errors
    /// A failed system call.
    pub fn publish(&self, lock: &ExtractionLock) -> Result<(), CacheError> {
        let (staging, path) = (self.staging(), self.path());
        if system::exchange(&staging, &path) {
            return self.throw_away(&staging);
        }
        self.discard(lock)?;
        system::move_directory(&staging, &path).context("rename to", &path)
    }

    /// Moves the entry away and removes it, at once or, if a program still runs from it, when that has ended and somebody
    /// cleans up.
    ///
    /// # Errors
    /// A failed system call.
    pub fn discard(&self, _lock: &ExtractionLock) -> Result<(), CacheError> {
        self.throw_away(&self.path())
    }

    fn throw_away(&self, path: &Path) -> Result<(), CacheError> {
        match self.move_away(path)? {
            Some(trash) => remove_trash(&trash),
            None => Ok(()),
        }
    }

    /// Moves a directory to a name of its own among the trash; `None` when there is none.
    pub(crate) fn move_away(&self, path: &Path) -> Result<Option<PathBuf>, CacheError> {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        let trash = self
            .beside("trash")
            .with_extension(format!("{}-{now}", std::process::id()));
        match system::move_directory(path, &trash) {
            Ok(()) => Ok(Some(trash)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context(system::MOVE_AWAY, &trash),
        }
    }

    /// Claims an entry that nobody uses, for removal; `None` while a program runs from it. An entry without a
    /// record is nobody's.
    ///
    /// # Errors
    /// A failed system call.
    pub fn idle(&self) -> Result<Option<Option<UseLock>>, CacheError> {
        let path = self.record();
        match File::open(&path) {
            Ok(file) => Ok(UseLock::exclusive(file).map(Some)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(None)),
            Err(error) => Err(error).context("open", &path),
        }
    }
}

/// Removes an entry that was moved away, unless a program runs from it.
pub(crate) fn remove_trash(trash: &Path) -> Result<(), CacheError> {
    let claim = match File::open(trash.join("record")) {
        Ok(record) => UseLock::exclusive(record),
        Err(_) => return remove_tree(trash),
    };
    match claim {
        Some(claim) => {
            let _claim = system::while_removing(Some(claim));
            remove_tree(trash)
        }
        None => Ok(()),
    }
}

/// Renews the time of the record once a day; that is how clean-up knows the last use.
fn note_use(record: &File, found: &fs::Metadata) {
    let now = SystemTime::now();
    let recent = found
        .modified()
        .is_ok_and(|time| now.duration_since(time).is_ok_and(|age| age < USE_PRECISION));
    if !recent {
        // Only clean-up is the worse for it if this fails.
        let _ = record.set_modified(now);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::effective_user;
    use crate::record::{About, RECORD_FORMAT};

    fn world() -> (tempfile::TempDir, Entry, Record) {
        let world = tempfile::tempdir().unwrap();
        let about = About {
            format: RECORD_FORMAT.into(),
            index_sha256: Sha256::of(b"index"),
            metadata_sha256: Sha256::of(b"metadata"),
            name: "app".into(),
            version: "1".into(),
            bytes: 0,
            files: 0,
            package: None,
            findings: vec![],
            boot: None,
        };
        let name = EntryName::new(&about.metadata_sha256, &about.index_sha256);
        let cache = Cache::new(world.path().canonicalize().unwrap(), effective_user());
        let entry = cache.entry(&name);
        (
            world,
            entry,
            Record {
                about,
                plan: "{}".into(),
            },
        )
    }

    fn publish(entry: &Entry, record: &Record) {
        let lock = entry.lock().unwrap();
        let staging = entry.stage(&lock).unwrap();
        record.write(&staging.join("record")).unwrap();
        entry.publish(&lock).unwrap();
    }

    #[test]
    fn an_entry_counts_from_its_record_on() {
        let (_world, entry, record) = world();
        assert!(entry.find(None).unwrap().is_none());
        let lock = entry.lock().unwrap();
        entry.stage(&lock).unwrap();
        entry.publish(&lock).unwrap();
        assert!(entry.find(None).unwrap().is_none(), "no record, no entry");
        drop(lock);
        publish(&entry, &record);
        assert_eq!(entry.find(Some(&record.about.index_sha256)).unwrap().unwrap().0, record);
        assert!(entry.find(Some(&Sha256::of(b"other"))).unwrap().is_none());
    }

    #[test]
    fn leftovers_of_a_killed_start_are_replaced() {
        let (world, entry, record) = world();
        fs::create_dir_all(entry.staging().join("workenv/half")).unwrap();
        publish(&entry, &record);
        assert!(!entry.workenv().join("half").exists());
        let names: Vec<_> = fs::read_dir(world.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(names, [entry.name.as_str()], "lock, staging and trash are gone");
    }

    #[test]
    fn an_entry_open_to_others_is_refused() {
        let (_world, entry, record) = world();
        publish(&entry, &record);
        fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o770)).unwrap();
        assert!(matches!(entry.find(None), Err(CacheError::Unsafe { .. })));
    }

    #[test]
    fn a_record_that_is_a_link_is_refused() {
        let (_world, entry, record) = world();
        publish(&entry, &record);
        fs::rename(entry.record(), entry.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink("elsewhere", entry.record()).unwrap();
        assert!(entry.find(None).is_err());
    }

    #[test]
    fn use_is_noted_once_a_day() {
        let (_world, entry, record) = world();
        publish(&entry, &record);
        let file = File::options().write(true).open(entry.record()).unwrap();
        let old = SystemTime::now() - 3 * USE_PRECISION;
        file.set_modified(old).unwrap();
        entry.find(None).unwrap().unwrap();
        let renewed = fs::metadata(entry.record()).unwrap().modified().unwrap();
        assert!(renewed > old + USE_PRECISION);
        entry.find(None).unwrap().unwrap();
        assert_eq!(fs::metadata(entry.record()).unwrap().modified().unwrap(), renewed);
    }

    /// A running program keeps its files, though others see the new ones.
    #[test]
    fn an_entry_that_is_replaced_while_in_use_goes_when_its_program_has_ended() {
        let (world, entry, record) = world();
        publish(&entry, &record);
        let (_, using) = entry.find(None).unwrap().unwrap();
        publish(&entry, &record);
        let trash = || {
            let names = fs::read_dir(world.path())
                .unwrap()
                .map(|found| found.unwrap().file_name());
            names
                .filter(|name| name.to_str().unwrap().starts_with(".trash-"))
                .count()
        };
        assert_eq!(trash(), 1);
        crate::sweep(&entry.cache, &crate::Limits::default()).unwrap();
        assert_eq!(trash(), 1, "still in use");
        drop(using);
        crate::sweep(&entry.cache, &crate::Limits::default()).unwrap();
        assert_eq!(trash(), 0);
        assert!(entry.find(None).unwrap().is_some());
    }

    #[test]
    fn an_entry_in_use_is_not_idle() {
        let (_world, entry, record) = world();
        publish(&entry, &record);
        let (_, using) = entry.find(None).unwrap().unwrap();
        assert!(entry.idle().unwrap().is_none());
        drop(using);
        assert!(entry.idle().unwrap().is_some());
    }
}
