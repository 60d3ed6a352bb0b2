//! The process groups that run now, so that an interrupt can end them.

use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Keeps a group on the list while it lives.
pub struct Running(u32);

/// Puts a group on the list.
pub fn enter(group: u32) -> Running {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(group);
    Running(group)
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
        while INTERRUPTED.load(Ordering::SeqCst) {
            // The process is about to end; nobody shall take the killed program for a failed one.
            std::thread::park();
        }
    }
}

/// Kills every group on the list, because the whole process ends now.
pub fn kill_all() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    for group in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        if let Some(group) = i32::try_from(*group).ok().and_then(Pid::from_raw) {
            // It may have ended this moment.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
