use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use binpkg::sign::KeyId;
use serde::{Deserialize, Serialize};

use super::CatalogError;
use super::kept::file_name;
use crate::whole_file::{Taken, WholeFile};

/// The highest serial that each key has signed for a mirror, over all runs: what protects from being shown the past.
///
/// By key, so that the serials of a key that is revoked no longer count: whoever stole it may have signed a very high one. What
/// nobody signed is not remembered, as it is nobody's word.
pub(super) struct Seen {
    path: Option<PathBuf>,
    mirror: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Text {
    mirror: String,
    serials: BTreeMap<String, u64>,
}

impl Seen {
    pub(super) fn new(cache: Option<&Path>, mirror: &str) -> Self {
        Self {
            path: cache.map(|cache| cache.join("seen").join(format!("{}.json", file_name(mirror)))),
            mirror: mirror.to_owned(),
        }
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        self.path.clone()
    }

    /// The highest serial that one of these keys has signed.
    pub(super) fn highest(&self, keys: &[KeyId]) -> Result<u64, CatalogError> {
        let Some(path) = &self.path else { return Ok(0) };
        let serials = self.read(path)?.serials;
        let highest = keys.iter().filter_map(|key| serials.get(&key.to_string())).max();
        Ok(highest.copied().unwrap_or(0))
    }

    /// Remembers that these keys have signed this serial. Where nothing can be written, that is something to tell, and no error.
    pub(super) fn remember(&self, serial: u64, keys: &[KeyId]) -> Result<Option<String>, CatalogError> {
        let Some(path) = self.path.as_ref().filter(|_| !keys.is_empty()) else {
            return Ok(None);
        };
        // Another run may remember something at the same time: one after the other.
        let lock = match self.lock(path) {
            Ok(lock) => lock,
            Err(error) => {
                let words = format!(
                    "the serial {serial} of {} cannot be remembered in {}, so a later run does not notice if the mirror goes back: {error}",
                    self.mirror,
                    path.display()
                );
                return Ok(Some(words));
            }
        };
        let mut text = self.read(path)?;
        let mut has_changed = false;
        for key in keys {
            let highest = text.serials.entry(key.to_string()).or_default();
            has_changed |= *highest < serial;
            *highest = serial.max(*highest);
        }
        if has_changed {
            text.mirror.clone_from(&self.mirror);
            let json = serde_json::to_string(&text).map_err(|error| self.error(path, &error))?;
            WholeFile::text(path, &format!("{json}\n"), Taken::Replace).map_err(|error| self.error(path, &error))?;
        }
        drop(lock);
        Ok(None)
    }

    fn lock(&self, path: &Path) -> io::Result<File> {
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.with_extension("lock"))?;
        file.lock()?;
        Ok(file)
    }

    fn read(&self, path: &Path) -> Result<Text, CatalogError> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                self.error(
                    path,
                    &format!("{error}; remove it, and this mirror is believed as if it were met for the first time"),
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Text::default()),
            Err(error) => Err(self.error(path, &error)),
        }
    }

    fn error(&self, path: &Path, why: &dyn std::fmt::Display) -> CatalogError {
        CatalogError::Memory {
            path: path.to_owned(),
            why: why.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> [KeyId; 2] {
        ["0123456789abcdef", "fedcba9876543210"].map(|text| text.parse().unwrap())
    }

    #[test]
    fn by_key_and_mirror() {
        let cache = tempfile::tempdir().unwrap();
        let [one, two] = ids();
        let seen = Seen::new(Some(cache.path()), "https://a");
        assert_eq!(seen.highest(&ids()).unwrap(), 0);
        seen.remember(7, std::slice::from_ref(&one)).unwrap();
        seen.remember(9, std::slice::from_ref(&two)).unwrap();
        seen.remember(3, &ids()).unwrap();
        let again = Seen::new(Some(cache.path()), "https://a");
        assert_eq!(again.highest(&ids()).unwrap(), 9);
        assert_eq!(again.highest(&[one]).unwrap(), 7);
        assert_eq!(again.highest(&[]).unwrap(), 0);
        assert_eq!(Seen::new(Some(cache.path()), "https://b").highest(&[two]).unwrap(), 0);
    }

    #[test]
    fn many_at_once_forget_nothing() {
        let cache = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for serial in 1..=40 {
                let cache = cache.path();
                scope.spawn(move || Seen::new(Some(cache), "m").remember(serial, &ids()).unwrap());
            }
        });
        assert_eq!(Seen::new(Some(cache.path()), "m").highest(&ids()).unwrap(), 40);
    }

    #[test]
    fn a_damaged_memory_is_no_empty_one() {
        let cache = tempfile::tempdir().unwrap();
        let seen = Seen::new(Some(cache.path()), "m");
        seen.remember(7, &ids()).unwrap();
        fs::write(seen.path().unwrap(), "{").unwrap();
        let error = seen.highest(&ids()).unwrap_err();
        assert!(
            error.is_local() && error.to_string().contains("remove it, and this mirror"),
            "{error}"
        );
    }
}
