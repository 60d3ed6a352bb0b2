//! One writer at a time (section 9.6): whoever creates the lock file, exclusively, is it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::ssh::SshError;

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
    /// Somebody took it over while it was ours.
    #[error(
        "the lock of the mirror was taken over by another process ({owner}); nothing was added to the index: publish again"
    )]
    Lost {
        /// What the lock says of its owner.
        owner: String,
    },
    /// The far side.
    #[error(transparent)]
    Ssh(#[from] SshError),
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
pub trait Held {
    /// What there is to say about how it was got.
    fn warning(&self) -> Option<&str>;

    /// Whether nobody has taken it over since.
    ///
    /// # Errors
    /// Somebody has, or it cannot be seen.
    fn check(&self) -> Result<(), LockError>;
}

/// Name of the lock below `binaries/`: a file, or over ssh a folder with a file `owner`; whichever is there first keeps the other out.
pub(super) const LOCK: &str = ".lock";

/// The lock of a directory of this machine.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    path: PathBuf,
    text: String,
    warning: Option<String>,
}

impl DirectoryLock {
    /// Locks the directory, which is made if it is missing.
    pub(super) fn take(folder: &Path, rules: &LockRules) -> Result<Self, LockError> {
        fs::create_dir_all(folder).map_err(file_error("make", folder))?;
        let path = &folder.join(LOCK);
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
            if warning.is_some() || counts(rules, &theirs, age) {
                let owner = theirs.trim_end().to_owned();
                return Err(LockError::Taken { owner, age });
            }
            warning = Some(format!("took over the lock of another process ({})", theirs.trim_end()));
            remove(path, &theirs).map_err(file_error("remove", path))?;
        }
    }
}

impl Held for DirectoryLock {
    fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    fn check(&self) -> Result<(), LockError> {
        match fs::read_to_string(&self.path) {
            Ok(text) if text == self.text => Ok(()),
            Ok(text) => Err(LockError::Lost {
                owner: text.trim_end().to_owned(),
            }),
            Err(error) if is_not_a_file(&error) => Err(LockError::Lost {
                owner: "nobody says who".to_owned(),
            }),
            Err(error) => Err(file_error("read", &self.path)(error)),
        }
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // Only if it is still ours: whoever broke it has one of their own there.
        if self.check().is_ok() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes somebody's lock. Of several who try, one succeeds: the lock is moved aside first, and put back if it has become another one.
fn remove(path: &Path, theirs: &str) -> io::Result<()> {
    let aside = path.with_extension(format!("broken-{}", std::process::id()));
    match fs::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        moved => moved?,
    }
    if look(&aside).is_ok_and(|(text, _)| text != theirs) {
        return fs::rename(&aside, path);
    }
    if aside.is_dir() {
        fs::remove_dir_all(&aside)
    } else {
        fs::remove_file(&aside)
    }
}

fn is_not_a_file(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
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
    let about = fs::metadata(path)?;
    let age = about.modified()?.elapsed().unwrap_or_default();
    let bytes = if about.is_dir() {
        // Its owner writes that file a moment after the folder is there.
        fs::read(path.join("owner")).unwrap_or_default()
    } else {
        fs::read(path)?
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((text.chars().take(300).collect(), age))
}

/// Host, process, start time and a number that nobody else has.
pub(super) fn owner() -> String {
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

/// Whether somebody's lock keeps us out.
pub(super) fn counts(rules: &LockRules, theirs: &str, age: Duration) -> bool {
    !(rules.break_lock || (age > rules.timeout && is_gone(theirs)))
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
        let guard = DirectoryLock::take(world.path(), &rules).unwrap();
        let error = DirectoryLock::take(world.path(), &rules).unwrap_err().to_string();
        let process = format!("process {} since", std::process::id());
        assert!(error.contains(&process) && error.contains("--break-lock"), "{error}");
        drop(guard);
        drop(DirectoryLock::take(world.path(), &rules).unwrap());
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
            let taken = DirectoryLock::take(world.path(), rules);
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
        let first = DirectoryLock::take(world.path(), &LockRules::default()).unwrap();
        let force = LockRules {
            break_lock: true,
            ..LockRules::default()
        };
        let second = DirectoryLock::take(world.path(), &force).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
    }
}
