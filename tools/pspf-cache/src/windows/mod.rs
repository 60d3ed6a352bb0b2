//! What differs between systems, for Windows.
//!
//! There are no modes: of a mode only the owner's right to write is kept, as the attribute "read-only". Who may change
//! what is decided by access lists, which directories hand on to what is in them; [`safety`] says what is checked.
//! A file that is open keeps its directory in its place, so an entry in use cannot be moved, whatever else is tried.

mod acl;
mod lock;
mod remove;
mod safety;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, GENERIC_READ};
use windows_sys::Win32::Storage::FileSystem::{FILE_FLAG_OPEN_REPARSE_POINT, FILE_WRITE_ATTRIBUTES};
use windows_sys::Win32::System::SystemInformation::GetTickCount64;

pub use acl::{effective_user, is_root};
pub use lock::{open_locked, release_locked};
pub use remove::open_up;
pub use safety::{check_path, check_private, make_private_path};

use crate::error::CacheError;
use crate::lock::UseLock;

/// The variable that holds the user's place for data of this machine.
pub const HOME: &str = "LOCALAPPDATA";

/// The variable that holds the directory for temporary files.
pub const TEMPORARY: &str = "TEMP";

/// How often and how long between two attempts something is tried again that a virus scanner may be holding up.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// The cache root in the user's place for data.
pub fn root_in_home(home: &Path) -> PathBuf {
    home.join("flavor")
}

/// The directory for temporary files where no variable names it.
pub fn usual_temporary() -> PathBuf {
    std::env::temp_dir()
}

/// What names the current boot: when it was, to ten seconds. Should the clock be set meanwhile, files are compared once
/// more than needed.
pub fn boot() -> Option<String> {
    #[allow(unsafe_code, reason = "a system call that nothing wraps")]
    // SAFETY: asks for a number.
    let running = Duration::from_millis(unsafe { GetTickCount64() });
    let since = SystemTime::now()
        .checked_sub(running)?
        .duration_since(UNIX_EPOCH)
        .ok()?;
    Some(format!("{}0", since.as_secs() / 10))
}

/// How to make a file in a directory that is this user's alone.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    options
}

/// Makes a directory in one that is this user's alone.
pub fn private_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// A mode that says what there is to say.
pub fn mode(found: &Metadata) -> u32 {
    if found.permissions().readonly() { 0o444 } else { 0o666 }
}

/// What of a file's mode this system keeps.
pub fn kept_mode(mode: u32) -> u32 {
    if mode & 0o200 == 0 { 0o444 } else { 0o666 }
}

/// The target of a link, as packages write it.
pub fn link_text(target: &Path) -> Vec<u8> {
    target.to_string_lossy().replace('\\', "/").into_bytes()
}

/// A path of these bytes, if there can be one.
pub fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// Opens a record, following no link, so that its time can be set.
pub fn open_record(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .access_mode(GENERIC_READ | FILE_WRITE_ATTRIBUTES)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a link, expected a file",
        )),
    }
}

/// An open record cannot be removed.
pub fn is_removed(_: &Metadata) -> bool {
    false
}

/// The record belongs to whoever may write to the entry, and that was checked.
pub fn check_owner(_: &Path, _: &Path, _: &Metadata, _: u32) -> Result<(), CacheError> {
    Ok(())
}

/// The claim as it is to be held while its entry is moved and removed: not at all, because an open record keeps the entry in
/// its place. A start that has found the record meanwhile has it open, and then the entry cannot be moved.
pub fn while_removing(_: Option<UseLock>) -> Option<UseLock> {
    None
}

/// There is no such call.
pub fn exchange(_: &Path, _: &Path) -> bool {
    false
}

/// What fails when an entry cannot be moved away, as in "cannot … PATH".
pub const MOVE_AWAY: &str = "move an entry, from which a program may still run, to";

/// Moves a directory. Scanners open files that were just written, for moments.
pub fn move_directory(from: &Path, to: &Path) -> io::Result<()> {
    let mut result = fs::rename(from, to);
    for _ in 1..ATTEMPTS {
        if !result.as_ref().is_err_and(is_in_use) {
            break;
        }
        sleep(PAUSE);
        result = fs::rename(from, to);
    }
    result
}

/// Whether an error of [`move_directory`] says that something in the directory is open.
pub fn is_in_use(error: &io::Error) -> bool {
    is_code(error, ERROR_ACCESS_DENIED) || is_code(error, ERROR_SHARING_VIOLATION)
}

fn is_code(error: &io::Error, code: u32) -> bool {
    error.raw_os_error().and_then(|found| u32::try_from(found).ok()) == Some(code)
}
