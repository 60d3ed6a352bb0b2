//! What is in the cache, and removing what nobody has used for long.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::entry::{Cache, Entry, remove_trash};
use crate::error::{CacheError, IoContext};
use crate::names::EntryName;
use crate::record::{About, Record};
use crate::remove::remove_tree;
use crate::system;

/// What may stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries not used for longer go.
    pub max_age: Duration,
    /// While the entries together have more bytes, the one unused for longest goes.
    pub max_bytes: u64,
    /// At most so many entries go at once: an automatic clean-up must not hold up a start.
    pub max_removals: usize,
}

impl Default for Limits {
    /// 30 days, 20 GiB, four entries at once.
    fn default() -> Self {
        Limits {
            max_age: Duration::from_secs(30 * 24 * 60 * 60),
            max_bytes: 20 << 30,
            max_removals: 4,
        }
    }
}

/// One entry of the cache.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its name.
    pub name: EntryName,
    /// Its directory.
    pub path: PathBuf,
    /// Its record; `None` for an entry that a killed start left unfinished.
    pub about: Option<About>,
    /// When it was last started, to the day.
    pub last_use: SystemTime,
    /// Whether a program runs from it now.
    pub in_use: bool,
}

/// What a clean-up did.
#[derive(Debug, Default)]
pub struct Swept {
    /// The entries removed.
    pub removed: Vec<Listed>,
    /// The entries that stay.
    pub kept: Vec<Listed>,
}

/// Lists the entries of the cache, the one unused for longest first.
///
/// # Errors
/// A directory that cannot be read. A damaged record makes an entry without one.
pub fn list(cache: &Cache) -> Result<Vec<Listed>, CacheError> {
    let mut entries = Vec::new();
    for found in fs::read_dir(cache.dir()).context("read directory", cache.dir())? {
        let found = found.context("read directory", cache.dir())?;
        let Some(name) = found.file_name().to_str().and_then(EntryName::parse) else {
            continue;
        };
        let entry = cache.entry(&name);
        let Ok(status) = fs::symlink_metadata(entry.record()).or_else(|_| found.metadata()) else {
            continue;
        };
        entries.push(Listed {
            about: about(&entry),
            path: entry.path(),
            last_use: status.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            in_use: entry.idle()?.is_none(),
            name,
        });
    }
    entries.sort_unstable_by(|a, b| a.last_use.cmp(&b.last_use).then_with(|| a.name.cmp(&b.name)));
    Ok(entries)
}

fn about(entry: &Entry) -> Option<About> {
    let path = entry.record();
    Record::read(&File::open(&path).ok()?, &path, None)
        .ok()?
        .map(|record| record.about)
}

/// Removes entries until the limits hold or `max_removals` are gone, the one unused for longest first, and what
/// killed processes left. Entries in use and entries being made stay.
///
/// # Errors
/// The first thing that cannot be removed.
pub fn sweep(cache: &Cache, limits: &Limits) -> Result<Swept, CacheError> {
    remove_leftovers(cache)?;
    let mut swept = Swept::default();
    let entries = list(cache)?;
    let mut bytes: u64 = entries
        .iter()
        .filter_map(|entry| entry.about.as_ref())
        .map(|about| about.bytes)
        .sum();
    let now = SystemTime::now();
    for listed in entries {
        // A time in the future is a clock set back, not an old entry.
        let old = now
            .duration_since(listed.last_use)
            .is_ok_and(|age| age > limits.max_age);
        let goes = old || bytes > limits.max_bytes;
        if goes && swept.removed.len() < limits.max_removals && remove(cache, &listed.name)? {
            bytes = bytes.saturating_sub(listed.about.as_ref().map_or(0, |about| about.bytes));
            swept.removed.push(listed);
        } else {
            swept.kept.push(listed);
        }
    }
    Ok(swept)
}

/// Removes one entry unless it is in use or being made.
fn remove(cache: &Cache, name: &EntryName) -> Result<bool, CacheError> {
    let entry = cache.entry(name);
    let Some(_lock) = entry.try_lock()? else {
        return Ok(false);
    };
    let Some(claim) = entry.idle()? else {
        return Ok(false);
    };
    let _claim = system::while_removing(claim);
    match entry.move_away(&entry.path()) {
        Err(error) if error.io().is_some_and(system::is_in_use) => return Ok(false),
        Err(error) => return Err(error),
        Ok(trash) => trash.map_or(Ok(()), |trash| remove_tree(&trash))?,
    }
    Ok(true)
}

/// Removes staging directories without a maker, and trash.
fn remove_leftovers(cache: &Cache) -> Result<(), CacheError> {
    for found in fs::read_dir(cache.dir()).context("read directory", cache.dir())? {
        let found = found.context("read directory", cache.dir())?;
        let name = found.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with(".trash-") {
            remove_trash(&found.path())?;
        } else if let Some(name) = name.strip_prefix(".lock-").and_then(EntryName::parse) {
            // Giving the lock up removes its file.
            drop(cache.entry(&name).try_lock()?);
        } else if let Some(name) = name.strip_prefix(".staging-").and_then(EntryName::parse) {
            let entry = cache.entry(&name);
            if let Some(_lock) = entry.try_lock()? {
                remove_tree(&entry.staging())?;
            }
        }
    }
    Ok(())
}

/// The clean-up that a start makes by itself: at most once a day, and nothing else than [`sweep`].
///
/// # Errors
/// As [`sweep`].
pub fn sweep_when_due(cache: &Cache, limits: &Limits) -> Result<Option<Swept>, CacheError> {
    let mark = cache.dir().join(".swept");
    let recent = fs::symlink_metadata(&mark)
        .and_then(|found| found.modified())
        .is_ok_and(|time| time.elapsed().is_ok_and(|age| age < Duration::from_secs(24 * 60 * 60)));
    if recent {
        return Ok(None);
    }
    let file = system::private_file()
        .create(true)
        .truncate(false)
        .open(&mark)
        .context("open", &mark)?;
    file.set_modified(SystemTime::now()).context("set the time of", &mark)?;
    sweep(cache, limits).map(Some)
}

#[cfg(test)]
mod tests {
    use digest::Sha256;

    use super::*;
    use crate::effective_user;
    use crate::record::RECORD_FORMAT;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn add(cache: &Cache, name: &str, bytes: u64, age: Duration) -> Entry {
        let about = About {
            format: RECORD_FORMAT.into(),
            index_sha256: Sha256::of(name.as_bytes()),
            metadata_sha256: Sha256::of(name.as_bytes()),
            name: name.into(),
            version: "1".into(),
            bytes,
            files: 0,
            package: None,
            findings: vec![],
            boot: None,
        };
        let entry = cache.entry(&EntryName::new(&about.metadata_sha256, &about.index_sha256));
        let lock = entry.lock().unwrap();
        let staging = entry.stage(&lock).unwrap();
        Record {
            about,
            plan: "{}".into(),
        }
        .write(&staging.join("record"))
        .unwrap();
        entry.publish(&lock).unwrap();
        let record = File::options().write(true).open(entry.record()).unwrap();
        record.set_modified(SystemTime::now() - age).unwrap();
        entry
    }

    fn world() -> (tempfile::TempDir, Cache) {
        let world = tempfile::tempdir().unwrap();
        let cache = Cache::new(world.path().canonicalize().unwrap(), effective_user());
        (world, cache)
    }

    fn names(listed: &[Listed]) -> Vec<&str> {
        listed
            .iter()
            .map(|entry| entry.about.as_ref().map_or("?", |about| &about.name))
            .collect()
    }

    #[test]
    fn old_entries_go_and_used_ones_stay() {
        let (_world, cache) = world();
        add(&cache, "old", 1, 40 * DAY);
        let used = add(&cache, "used", 1, 50 * DAY);
        add(&cache, "new", 1, DAY);
        let (_, _lock) = used.find(None).unwrap().unwrap();
        // Looking it up noted the use; make it old again: the lock alone has to protect it.
        File::options()
            .write(true)
            .open(used.record())
            .unwrap()
            .set_modified(SystemTime::now() - 50 * DAY)
            .unwrap();
        let swept = sweep(&cache, &Limits::default()).unwrap();
        assert_eq!(names(&swept.removed), ["old"]);
        assert_eq!(names(&swept.kept), ["used", "new"]);
        assert!(used.path().exists());
    }

    #[test]
    fn the_longest_unused_go_until_the_rest_fits() {
        let (_world, cache) = world();
        for (name, days) in [("a", 1), ("b", 2), ("c", 3)] {
            add(&cache, name, 10, days * DAY);
        }
        let swept = sweep(
            &cache,
            &Limits {
                max_bytes: 15,
                ..Limits::default()
            },
        )
        .unwrap();
        assert_eq!(names(&swept.removed), ["c", "b"]);
        assert_eq!(names(&list(&cache).unwrap()), ["a"]);
    }

    #[test]
    fn removals_are_bounded() {
        let (_world, cache) = world();
        for name in ["a", "b", "c"] {
            add(&cache, name, 10, 100 * DAY);
        }
        let swept = sweep(
            &cache,
            &Limits {
                max_removals: 2,
                ..Limits::default()
            },
        )
        .unwrap();
        assert_eq!((swept.removed.len(), swept.kept.len()), (2, 1));
    }

    #[test]
    fn leftovers_of_killed_processes_go_and_work_in_progress_stays() {
        let (world, cache) = world();
        let (dead, busy) = (add(&cache, "dead", 1, DAY), add(&cache, "busy", 1, DAY));
        for entry in [&dead, &busy] {
            fs::create_dir_all(entry.staging().join("workenv")).unwrap();
        }
        fs::create_dir(world.path().join(".trash-x")).unwrap();
        fs::write(world.path().join(format!(".lock-{}", dead.name())), "").unwrap();
        let _lock = busy.lock().unwrap();
        sweep(&cache, &Limits::default()).unwrap();
        assert!(!dead.staging().exists());
        assert!(!world.path().join(format!(".lock-{}", dead.name())).exists());
        assert!(busy.staging().exists());
        assert!(!world.path().join(".trash-x").exists());
    }

    #[test]
    fn automatic_clean_up_runs_once_a_day() {
        let (_world, cache) = world();
        assert!(sweep_when_due(&cache, &Limits::default()).unwrap().is_some());
        assert!(sweep_when_due(&cache, &Limits::default()).unwrap().is_none());
    }
}
