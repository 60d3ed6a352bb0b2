//! The two system calls that only a process with a single thread may make.

use rustix::thread::UnshareFlags;
use std::io;

/// Moves this process into new namespaces.
///
/// # Errors
/// The operating system's, mostly that namespaces are forbidden here.
#[expect(unsafe_code, reason = "a system call that no safe wrapper offers")]
pub fn unshare(flags: UnshareFlags) -> io::Result<()> {
    debug_assert!(!flags.contains(UnshareFlags::FILES));
    // SAFETY: only UnshareFlags::FILES can break a promise of safe code, and no caller passes it.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}

/// Starts `child` in a copy of this process and returns its process id. The caller has one thread only.
///
/// # Errors
/// The operating system's.
#[expect(unsafe_code, reason = "a system call that no safe wrapper offers")]
pub fn fork(child: impl FnOnce() -> i32) -> io::Result<i32> {
    // SAFETY: the helper process never starts a thread, so no lock can be held by a thread that the copy lacks.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => std::process::exit(child()),
        pid => Ok(pid),
    }
}
