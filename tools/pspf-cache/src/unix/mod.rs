//! What differs between systems, for those with POSIX owners and modes.

mod boot;
mod lock;
mod remove;
mod safety;

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub use boot::boot;
pub use lock::{open_locked, release_locked};
pub use remove::open_up;
pub use safety::{check_path, check_private, effective_user, is_root, make_private_path};

use crate::error::CacheError;
use crate::lock::UseLock;

/// The variable that holds the user's home.
pub const HOME: &str = "HOME";

/// The variable that holds the directory for temporary files.
pub const TEMPORARY: &str = "TMPDIR";

/// The cache root in a home.
pub fn root_in_home(home: &Path) -> PathBuf {
    home.join(".cache").join("flavor")
}

/// The directory for temporary files where no variable names it.
pub fn usual_temporary() -> PathBuf {
    PathBuf::from("/tmp")
}

/// How to make a file that is this user's alone.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// Makes a directory that is this user's alone, in one that is so already.
pub fn private_directory(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

/// The mode of a file, with all its bits.
pub fn mode(found: &Metadata) -> u32 {
    found.mode() & 0o7777
}

/// What of a file's mode this system keeps.
pub fn kept_mode(mode: u32) -> u32 {
    mode
}

/// The target of a link, as packages write it.
pub fn link_text(target: &Path) -> Vec<u8> {
    target.as_os_str().as_encoded_bytes().to_vec()
}

/// A path of these bytes, if there can be one.
pub fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    Some(OsString::from_vec(bytes).into())
}

/// Opens a record, following no link, so that its time can be set.
pub fn open_record(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Whether the file was removed since it was opened.
pub fn is_removed(found: &Metadata) -> bool {
    found.nlink() == 0
}

/// Checks that the record `path` of the entry `cache` belongs to `user`.
pub fn check_owner(cache: &Path, path: &Path, found: &Metadata, user: u32) -> Result<(), CacheError> {
    if found.uid() == user {
        return Ok(());
    }
    let flaw = crate::Flaw::Owner {
        owner: found.uid(),
        user,
    };
    Err(CacheError::Unsafe {
        cache: cache.to_owned(),
        component: path.to_owned(),
        flaw,
    })
}

/// The claim as it is to be held while its entry is moved and removed: to the end, so that a start that has found the
/// record meanwhile sees that it is being removed.
pub fn while_removing(claim: Option<UseLock>) -> Option<UseLock> {
    claim
}

/// Lets two directories change places in one step; false where they do not exist both, or the system cannot.
pub fn exchange(one: &Path, other: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (one, other);
        false
    }
}

/// What fails when an entry cannot be moved away, as in "cannot … PATH".
pub const MOVE_AWAY: &str = "rename to";

/// Moves a directory.
pub fn move_directory(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Whether an error of [`move_directory`] says that something in the directory is open. Here that is no hindrance.
pub fn is_in_use(_: &io::Error) -> bool {
    false
}
