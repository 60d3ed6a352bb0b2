//! Ctrl-C and its kin: what runs is killed, nothing half made stays under a final name.

use crate::exec::sandbox::groups;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Once, OnceLock};

const SIGNALS: [i32; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// Where this command's sandboxes are, once it is known.
static SANDBOXES: OnceLock<PathBuf> = OnceLock::new();

/// From now on these signals end the whole command. Must be called before any thread starts: one that does not block
/// the signals would die of them in its own way, and the process with it.
///
/// Outputs appear by renaming only and the lock dies with the process, so there is nothing else to undo; a leftover
/// sandbox is removed by the next command.
pub fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let set = blocked(libc::SIG_BLOCK);
        std::thread::spawn(move || {
            let signal = wait(&set);
            groups::kill_all();
            eprintln!("\nfawn: interrupted");
            if let Some(sandboxes) = SANDBOXES.get()
                && crate::exec::is_held()
            {
                // Best effort: an action may still be dying in there. Without the lock they are another command's.
                let _ = std::fs::remove_dir_all(sandboxes);
            }
            std::process::exit(128 + signal);
        });
    });
}

/// Says which project's sandboxes an interrupt leaves nothing of.
pub fn clean_up(root: &Path) {
    // A process works on one project.
    let _ = SANDBOXES.set(crate::exec::Layout::new(root).sandboxes());
}

/// Gives a program that replaces this process its signals back.
pub fn restore() {
    blocked(libc::SIG_UNBLOCK);
}

/// Gives a program that is started beside this process its signals back.
#[expect(unsafe_code, reason = "nothing safe runs between fork and exec")]
pub fn restore_in(command: &mut Command) {
    // SAFETY: pthread_sigmask is async-signal-safe, and nothing is allocated.
    unsafe {
        command.pre_exec(|| {
            restore();
            Ok(())
        });
    }
}

#[expect(unsafe_code, reason = "signal masks have no safe interface")]
fn blocked(how: i32) -> libc::sigset_t {
    // SAFETY: an all-zero set is only memory for sigemptyset, which initialises it; the pointers are valid.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in SIGNALS {
            libc::sigaddset(&raw mut set, signal);
        }
        libc::pthread_sigmask(how, &raw const set, std::ptr::null_mut());
        set
    }
}

#[expect(unsafe_code, reason = "signal masks have no safe interface")]
fn wait(set: &libc::sigset_t) -> i32 {
    let mut signal = 0;
    // SAFETY: both pointers are valid for the call.
    while unsafe { libc::sigwait(set, &raw mut signal) } != 0 {}
    signal
}
