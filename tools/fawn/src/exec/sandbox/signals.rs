//! Signals as a program finds them that nobody has told anything.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Lets every signal through and gives it its default meaning in the program that `command` starts. fawn itself blocks some, a
/// caller in the background ignores some, programs inherit both, and what they find out about signals gets into their output.
#[expect(unsafe_code, reason = "nothing safe runs between fork and exec")]
pub fn reset_in(command: &mut Command) {
    // SAFETY: the three functions are async-signal-safe, the pointers are valid, and nothing is allocated.
    unsafe {
        command.pre_exec(|| {
            // The ones that cannot be changed stay as they are.
            for signal in 1..=64 {
                libc::signal(signal, libc::SIG_DFL);
            }
            let mut none = std::mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
            Ok(())
        });
    }
}
