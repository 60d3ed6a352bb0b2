//! The same umask for every action, whoever builds: modes must not tell who did.

use rustix::fs::Mode;
use rustix::process::umask;

/// Sets the umask 022 while it lives, then gives the caller's back.
pub struct Umask(Mode);

impl Umask {
    /// Sets it for the whole process and everything it starts.
    pub fn set() -> Self {
        Self(umask(Mode::WGRP | Mode::WOTH))
    }
}

impl Drop for Umask {
    fn drop(&mut self) {
        umask(self.0);
    }
}
