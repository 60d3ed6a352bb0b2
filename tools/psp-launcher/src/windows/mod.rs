//! What differs between systems, for Windows.
//!
//! A process cannot be replaced by another one, so the program is always a child, and the launcher stays until it ends.

pub mod confine;
mod console;
mod process;
mod program;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

use pspf_cache::windows_path::verbatim;
use windows_sys::Win32::Foundation::ERROR_PRIVILEGE_NOT_HELD;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_APPEND_DATA, FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES, FILE_READ_DATA, GetDiskFreeSpaceExW,
    SYNCHRONIZE,
};

pub use process::{launch, run_logged};
pub use program::Program;

use crate::pattern;
use crate::windows_program::{batches, candidates, is_batch};

/// An exit status.
pub type Status = u32;

/// What separates the directories of `PATH`.
pub const PATH_SEPARATOR: &str = ";";

/// A link says whether it leads to a directory.
pub const LINKS_NEED_TARGETS: bool = true;

/// Back to the start of the line, over what is there, and back again: consoles need not know escape sequences.
pub const CLEAR_LINE: &str = "\r                                                            \r";

/// How errors about a disk or quota that is used up end.
pub const DISK_FULL: [&str; 3] = ["(os error 39)", "(os error 112)", "(os error 1295)"];

/// Nothing has to be put in order.
pub fn prepare() {}

/// The file that runs is found by its name alone; it cannot be replaced while it does.
pub fn own_file() -> Option<File> {
    None
}

/// The workenv's directories of programs, as the beginning of a `PATH`.
pub fn program_directories(workenv: &Path) -> OsString {
    let mut path = workenv.join("Scripts").into_os_string();
    path.push(PATH_SEPARATOR);
    path.push(workenv.join("bin"));
    path
}

/// Whether these are names of one variable.
pub fn same_variable(one: &OsStr, other: &OsStr) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether a variable's name matches a pattern.
pub fn matches_variable(pattern: &str, name: &OsStr) -> bool {
    let name = name.to_ascii_uppercase();
    pattern::matches(pattern.to_ascii_uppercase().as_bytes(), name.as_encoded_bytes())
}

/// Whether a program's name tells where it is.
pub fn has_directory(program: &OsStr) -> bool {
    program
        .as_encoded_bytes()
        .iter()
        .any(|byte| matches!(byte, b'/' | b'\\' | b':'))
}

/// The program that `file` means, if it can be run.
pub fn program_at(file: &Path) -> Result<PathBuf, String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // Put together again, so that it has one kind of separator.
    let directory: PathBuf = file.parent().unwrap_or(Path::new("")).components().collect();
    let names = match is_batch(&name) {
        true => Vec::new(),
        false => candidates(&name),
    };
    if let Some(program) = names
        .iter()
        .map(|name| directory.join(name))
        .find(|program| program.is_file())
    {
        return Ok(program);
    }
    if let Some(batch) = batches(&name)
        .iter()
        .map(|name| directory.join(name))
        .find(|batch| batch.is_file())
    {
        return Err(format!(
            "{} is a batch file, to which arguments cannot be handed safely; name a program that ends in .exe",
            batch.display()
        ));
    }
    match fs::metadata(file) {
        Ok(_) => Err("programs end in .exe or .com on Windows".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Makes a file that is not there yet. Who may use it its directory says.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Opens a file of messages at its end, through no link, and also for reading where that is asked for.
pub fn open_log(path: &Path, read: bool) -> io::Result<File> {
    let reading = if read { FILE_READ_DATA } else { 0 };
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .access_mode(FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE | reading)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)?;
    match file.metadata()?.is_symlink() {
        true => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a link, expected a file",
        )),
        false => Ok(file),
    }
}

/// Makes a directory. Who may use it its parent says.
pub fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Makes a directory and its parents.
pub fn make_directories(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Sets what there is of a mode: the attribute "read-only".
pub fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    let mut permissions: Permissions = file.metadata()?.permissions();
    let read_only = mode & 0o200 == 0;
    if permissions.readonly() == read_only {
        return Ok(());
    }
    permissions.set_readonly(read_only);
    file.set_permissions(permissions)
}

/// Directories have none.
pub fn set_directory_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// Makes a symbolic link.
pub fn make_link(target: &[u8], path: &Path) -> io::Result<()> {
    let target = std::str::from_utf8(target).map_err(|_| io::ErrorKind::InvalidData)?;
    let target = PathBuf::from(target.replace('/', "\\"));
    let is_directory = path.parent().is_some_and(|parent| parent.join(&target).is_dir());
    let made = match is_directory {
        true => std::os::windows::fs::symlink_dir(&target, path),
        false => std::os::windows::fs::symlink_file(&target, path),
    };
    made.map_err(|error| match error.raw_os_error() {
        Some(code) if code == ERROR_PRIVILEGE_NOT_HELD.cast_signed() => io::Error::new(
            io::ErrorKind::PermissionDenied,
            "Windows lets only administrators make symbolic links, and other users in developer mode",
        ),
        _ => error,
    })
}

/// The bytes that are free in `directory`, where the system tells.
pub fn room(directory: &Path) -> Option<u64> {
    let (path, mut free) = (wide_path(directory), 0);
    #[allow(unsafe_code, reason = "a system call that nothing wraps")]
    // SAFETY: the path ends with a zero, and two of the three answers are not asked for.
    let found = unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &raw mut free, null_mut(), null_mut()) };
    (found != 0).then_some(free)
}

/// Why no program can be run from `path`, and what to do; programs can be run from every file system here.
pub fn no_execution(_: &Path) -> Option<String> {
    None
}

/// An absolute path as the system takes it, of any length, with a zero at its end.
fn wide_path(path: &Path) -> Vec<u16> {
    let units: Vec<u16> = path.as_os_str().encode_wide().collect();
    verbatim(&units).into_iter().chain([0]).collect()
}
