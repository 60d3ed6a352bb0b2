//! What differs between systems, for those with signals, descriptors and modes.

pub mod confine;
mod descriptors;
#[cfg(all(target_os = "linux", any(panic = "immediate-abort", test)))]
mod fault;
mod program;
mod signals;
mod spawn;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use pspf_cache::UseLock;
use rustix::fs::OFlags;

pub use program::Program;
pub use spawn::run_logged;

use crate::failure::Failure;
use crate::options::Options;
use crate::pattern;
use crate::say::Say;

/// An exit status.
pub type Status = u8;

/// What separates the directories of `PATH`.
pub const PATH_SEPARATOR: &str = ":";

/// Links can be made before what they point to.
pub const LINKS_NEED_TARGETS: bool = false;

/// Back to the start of the terminal's line, and away with what is there.
pub const CLEAR_LINE: &str = "\r\x1b[K";

/// How errors about a disk or quota that is used up end.
pub const DISK_FULL: [&str; 2] = if cfg!(target_os = "linux") {
    ["(os error 28)", "(os error 122)"]
} else {
    ["(os error 28)", "(os error 69)"]
};

/// Puts the process in order before anything else happens.
pub fn prepare() {
    descriptors::prepare();
    signals::prepare();
    #[cfg(all(target_os = "linux", panic = "immediate-abort"))]
    fault::prepare();
}

/// The file that runs, whatever has become of its name, where the system has a name for it.
pub fn own_file() -> Option<File> {
    File::open("/proc/self/exe").ok()
}

/// Runs the program in place of this process or, where that is asked for, as a child.
pub fn launch(program: &Program, in_use: UseLock, options: &Options, say: &Say) -> Result<Status, Failure> {
    if options.spawn {
        return spawn::run(program);
    }
    if let Err(error) = in_use.keep_across_exec() {
        say.info(&format!("the unpacked package cannot be marked as in use: {error}"));
    }
    let error = program.exec();
    Err(program.failure(&error))
}

/// The workenv's directories of programs, as the beginning of a `PATH`.
pub fn program_directories(workenv: &Path) -> OsString {
    workenv.join("bin").into_os_string()
}

/// Whether these are names of one variable.
pub fn same_variable(one: &OsStr, other: &OsStr) -> bool {
    one == other
}

/// Whether a variable's name matches a pattern.
pub fn matches_variable(pattern: &str, name: &OsStr) -> bool {
    pattern::matches(pattern.as_bytes(), name.as_bytes())
}

/// Whether a program's name tells where it is.
pub fn has_directory(program: &OsStr) -> bool {
    program.as_bytes().contains(&b'/')
}

/// The program `file`, if it can be run.
pub fn program_at(file: &Path) -> Result<PathBuf, String> {
    let found = fs::metadata(file).map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("expected a file, found something else".to_owned());
    }
    match rustix::fs::access(file, rustix::fs::Access::EXEC_OK) {
        Ok(()) => Ok(file.to_owned()),
        Err(error) => Err(format!(
            "this user may not execute it ({error}); does its slot have permissions 0755?"
        )),
    }
}

/// Makes a file that is not there yet, for this user alone.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Opens a file of messages at its end, through no link, and also for reading where that is asked for.
pub fn open_log(path: &Path, read: bool) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.bits() as i32;
    let mut options = OpenOptions::new();
    options
        .append(true)
        .read(read)
        .create(true)
        .mode(0o600)
        .custom_flags(flags);
    options.open(path)
}

/// Makes a directory for this user alone.
pub fn make_directory(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

/// Makes a directory and its parents for this user alone.
pub fn make_directories(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Sets the mode of a file, past the umask.
pub fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

/// Sets the mode of a directory, past the umask.
pub fn set_directory_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Makes a symbolic link.
pub fn make_link(target: &[u8], path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(OsStr::from_bytes(target), path)
}

/// The bytes that are free in `directory`, where the file system tells.
pub fn room(directory: &Path) -> Option<u64> {
    let status = rustix::fs::statvfs(directory).ok()?;
    // A file system that counts no blocks does not tell how much room it has.
    (status.f_blocks > 0).then(|| status.f_bavail.saturating_mul(status.f_frsize))
}

/// Why no program can be run from `path`, and what to do, as far as the system tells.
pub fn no_execution(path: &Path) -> Option<String> {
    let what = || {
        format!(
            "no program can be run from {}, whose file system is mounted `noexec`; set FLAVOR_CACHE_DIR to a directory on \
             another file system",
            path.display()
        )
    };
    is_noexec(path).then(what)
}

fn is_noexec(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        rustix::fs::statvfs(path).is_ok_and(|status| status.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        false
    }
}
