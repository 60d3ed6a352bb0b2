//! Signals as a program finds them that nobody has told anything.

/// Lets every signal through and gives it its default meaning, for this process and what it starts. A caller in the background
/// ignores some, an engine blocks some, programs inherit both, and what `configure` finds out about signals gets into packages.
#[expect(unsafe_code, reason = "signals have no safe interface")]
pub fn reset() {
    // SAFETY: no handler is installed, the pointers are valid.
    unsafe {
        // The ones that cannot be changed stay as they are. A pipe that nobody reads is an error to us; programs that are started
        // get the default all the same.
        for signal in (1..=64).filter(|signal| *signal != libc::SIGPIPE) {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}
