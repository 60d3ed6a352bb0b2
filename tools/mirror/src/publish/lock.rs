//! One writer at a time (section 9.6): whoever creates the lock file, exclusively, is it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// When somebody else's lock does not count.
#[derive(Clone, Debug)]
pub struct LockRules {
    /// Age above which the lock of a process of this machine that is gone does not count.
    pub timeout: Duration,
    /// No lock counts.
    pub break_lock: bool,
}

impl Default for LockRules {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(3600),
            break_lock: false,
        }
    }
}

/// Why the mirror is not ours to write.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else writes.
    #[error(
        "the mirror is locked by another process ({owner}, for {} s); wait for it, or use --break-lock if it is gone",
        age.as_secs()
    )]
    Taken {
        /// What the lock says of its owner.
        owner: String,
        /// How old it is.
        age: Duration,
    },
    /// The lock file cannot be written or read.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The lock file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub struct LockGuard {
    path: PathBuf,
    text: String,
    /// What there is to say about how it was got.
    pub warning: Option<String>,
}

impl LockGuard {
    pub(super) fn take(path: &Path, rules: &LockRules) -> Result<Self, LockError> {
        let text = owner();
        let mut warning = None;
        loop {
            let error = match create(path, &text) {
                Ok(()) => {
                    let path = path.to_owned();
                    return Ok(Self { path, text, warning });
                }
                Err(error) => error,
            };
            if error.kind() != io::ErrorKind::AlreadyExists {
                return Err(file_error("write", path)(error));
            }
            let (theirs, age) = match look(path) {
                Ok(found) => found,
                // Released meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(file_error("read", path)(error)),
            };
            if warning.is_some() || !(rules.break_lock || (age > rules.timeout && is_gone(&theirs))) {
                let owner = theirs.trim_end().to_owned();
                return Err(LockError::Taken { owner, age });
            }
            warning = Some(format!("took over the lock of another process ({})", theirs.trim_end()));
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(file_error("remove", path)(error)),
                _ => {}
            }
        }
    }
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        // Only if it is still ours: whoever broke it has one of their own there.
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn file_error(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LockError {
    let path = path.to_owned();
    move |source| LockError::File { verb, path, source }
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn look(path: &Path) -> io::Result<(String, Duration)> {
    let age = fs::metadata(path)?.modified()?.elapsed().unwrap_or_default();
    let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
    Ok((text.chars().take(300).collect(), age))
}

/// Host, process, start time and a number that nobody else has.
fn owner() -> String {
    let start = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let process = std::process::id();
    let token = start.as_nanos();
    format!(
        "host {} process {process} since {} token {token:x}\n",
        host(),
        start.as_secs()
    )
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() {
        "unknown".to_owned()
    } else {
        name.replace(' ', "-")
    }
}

/// Whether the lock is of a process of this machine that has ended. What cannot be known counts as alive.
fn is_gone(text: &str) -> bool {
    let mut words = text.split(' ').skip(1).step_by(2);
    let (Some(theirs), Some(process)) = (words.next(), words.next()) else {
        return false;
    };
    let proc = Path::new("/proc");
    theirs == host()
        && theirs != "unknown"
        && proc.join("self").exists()
        && process.parse::<u32>().is_ok()
        && !proc.join(process).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join(".lock");
        let rules = LockRules::default();
        let guard = LockGuard::take(&path, &rules).unwrap();
        let error = LockGuard::take(&path, &rules).unwrap_err().to_string();
        let process = format!("process {} since", std::process::id());
        assert!(error.contains(&process) && error.contains("--break-lock"), "{error}");
        drop(guard);
        drop(LockGuard::take(&path, &rules).unwrap());
        assert!(!path.exists());
    }

    #[test]
    fn a_lock_is_taken_over_only_by_the_rules() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join(".lock");
        let gone = format!("host {} process 4194999 since 1 token 1\n", host());
        let far = "host elsewhere.example process 4194999 since 1 token 1\n";
        let now = LockRules {
            timeout: Duration::ZERO,
            ..LockRules::default()
        };
        let force = LockRules {
            break_lock: true,
            ..LockRules::default()
        };
        for (text, rules, works) in [
            (gone.as_str(), &LockRules::default(), false),
            (&gone, &now, cfg!(target_os = "linux")),
            (far, &now, false),
            (far, &force, true),
            ("", &now, false),
        ] {
            fs::write(&path, text).unwrap();
            let taken = LockGuard::take(&path, rules);
            assert_eq!(taken.is_ok(), works, "{text}");
            if let Ok(guard) = taken {
                assert!(guard.warning.as_ref().unwrap().contains("took over"));
            }
            let _ = fs::remove_file(&path);
        }
    }

    #[test]
    fn somebody_elses_lock_is_not_removed() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join(".lock");
        let first = LockGuard::take(&path, &LockRules::default()).unwrap();
        let force = LockRules {
            break_lock: true,
            ..LockRules::default()
        };
        let second = LockGuard::take(&path, &force).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
    }
}
