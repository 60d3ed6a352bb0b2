//! File-system calls that say which path they failed on, and the one way to write a file that others may read.

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Modification time of everything that actions see, so that it tells them nothing: 2000-01-01T00:00:00Z.
pub const EPOCH: Duration = Duration::from_secs(946_684_800);

/// A name that no other process or thread uses or, though process ids come again, ever used.
pub fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    static START: LazyLock<u128> = LazyLock::new(|| {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |time| time.as_nanos())
    });
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}{:x}-{}-{number}", *START, std::process::id())
}

/// Makes a directory and its parents.
///
/// # Errors
/// The operating system's, with the path.
pub fn make_dir(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("cannot create the directory {}", path.display()))
}

/// Makes the directory that `path` lies in.
///
/// # Errors
/// The operating system's, with the path.
pub fn make_parent(path: &Path) -> Result<()> {
    path.parent().map_or(Ok(()), make_dir)
}

/// Replaces the file at `path` in one step; readers see the old bytes or the new ones.
///
/// # Errors
/// The operating system's, with the path.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    make_parent(path)?;
    let beside = path.with_file_name(unique(".new-"));
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Removes whatever is at `path`, also directories without write permission; nothing there is fine.
///
/// # Errors
/// The operating system's, with the path.
pub fn remove(path: &Path) -> Result<()> {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let removed = if metadata.is_dir() {
        fs::remove_dir_all(path).or_else(|_| {
            open_permissions(path);
            fs::remove_dir_all(path)
        })
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a directory that dying programs may still write to. Whatever resists is left for the next time: nothing in it
/// has a name that is used again.
pub fn remove_stubborn(path: &Path) {
    for _ in 0..20 {
        if remove(path).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Lets the owner change every directory below `path`; tools leave read-only ones behind.
fn open_permissions(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for entry in walkdir::WalkDir::new(path).into_iter().flatten() {
        if entry.file_type().is_dir() {
            let _ = fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o700));
        }
    }
}

/// Gives a file mode 0644 or 0755 and the modification time [`EPOCH`].
///
/// # Errors
/// The operating system's, with the path.
pub fn normalize(path: &Path, executable: bool) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if executable { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .and_then(|()| age(path))
        .with_context(|| format!("cannot set mode and time of {}", path.display()))
}

/// Gives a file or directory the modification time [`EPOCH`].
///
/// # Errors
/// The operating system's.
pub fn age(path: &Path) -> std::io::Result<()> {
    File::open(path)?.set_modified(SystemTime::UNIX_EPOCH + EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn read_only_trees_go_away() {
        let world = tempfile::tempdir().unwrap();
        let tree = world.path().join("a");
        make_dir(&tree.join("b")).unwrap();
        write_atomically(&tree.join("b/c"), b"x").unwrap();
        fs::set_permissions(tree.join("b"), fs::Permissions::from_mode(0o555)).unwrap();
        remove(&tree).unwrap();
        assert!(!tree.exists());
        remove(&tree).unwrap();
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let world = tempfile::tempdir().unwrap();
        make_dir(&world.path().join("dir/inside")).unwrap();
        let error = write_atomically(&world.path().join("dir"), b"x").unwrap_err();
        assert!(error.to_string().starts_with("cannot write "));
        assert_eq!(fs::read_dir(world.path()).unwrap().count(), 1);
    }
}
