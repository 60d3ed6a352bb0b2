//! Signal dispositions that a program inherits, and that a launcher must hand on as it found them.

#![allow(unsafe_code, reason = "system calls that nothing wraps")]

use std::sync::OnceLock;

/// Dispositions as they were when the process began, for SIGPIPE and SIGCHLD.
static INHERITED: OnceLock<[libc::sighandler_t; 2]> = OnceLock::new();

const CHANGED: [libc::c_int; 2] = [libc::SIGPIPE, libc::SIGCHLD];

/// Sets what the launcher needs: a closed stderr must not kill it, and its children must wait to be asked for their
/// status.
pub fn prepare() {
    INHERITED.get_or_init(|| {
        // SAFETY: no handler of ours is installed, only the two standard dispositions.
        unsafe {
            [
                libc::signal(libc::SIGPIPE, libc::SIG_IGN),
                libc::signal(libc::SIGCHLD, libc::SIG_DFL),
            ]
        }
    });
}

/// Puts back what was found, for the program.
pub fn restore() {
    #[cfg(all(target_os = "linux", panic = "immediate-abort"))]
    super::fault::restore();
    let Some(found) = INHERITED.get() else { return };
    for (signal, disposition) in CHANGED.into_iter().zip(found) {
        if *disposition != libc::SIG_ERR {
            // SAFETY: the value came from the system for this very signal.
            unsafe { libc::signal(signal, *disposition) };
        }
    }
}
