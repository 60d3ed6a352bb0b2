//! Faults of the launcher, told by a signal.
//!
//! As it ships for Linux the launcher has no words for a panic in it, since they are a tenth of the file: a panic is an
//! instruction that no processor has. The signal that comes of it says what is left to say, and ends the process as a
//! panic would.

#![allow(unsafe_code, reason = "handlers of signals take and give what the system has")]

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Code;

/// The signals, and whether the caller of the launcher wants them ignored, as then the program does.
static SIGNALS: [(c_int, AtomicBool); 2] = [
    (libc::SIGILL, AtomicBool::new(false)),
    (libc::SIGTRAP, AtomicBool::new(false)),
];

unsafe extern "C" {
    /// The first byte of the program in memory, as linkers name it.
    static __ehdr_start: u8;
}

/// Listens from here on. A program that takes the place of this process begins without.
pub fn prepare() {
    for (signal, ignored) in &SIGNALS {
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = tell;
        // SAFETY: zeros are a valid value of these structures, and the handler calls nothing that it must not.
        unsafe {
            let mut old: libc::sigaction = std::mem::zeroed();
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = handler as libc::sighandler_t;
            new.sa_flags = libc::SA_SIGINFO;
            libc::sigaction(*signal, &raw const new, &raw mut old);
            ignored.store(old.sa_sigaction == libc::SIG_IGN, Ordering::Relaxed);
        }
    }
}

/// Puts back what a program would inherit.
pub fn restore() {
    for (signal, ignored) in &SIGNALS {
        if ignored.load(Ordering::Relaxed) {
            // SAFETY: a standard disposition.
            unsafe { libc::signal(*signal, libc::SIG_IGN) };
        }
    }
}

/// Says that this is a fault, and where it is. It may have come at any time, so nothing of the standard library is called.
extern "C" fn tell(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the system hands over what it knows of the signal.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    if code <= 0 {
        // Another process sent it. It comes again, as soon as this function ends, to a process that does not listen.
        // SAFETY: the standard disposition.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
        return;
    }
    let mut place = address.wrapping_sub(&raw const __ehdr_start as usize);
    let mut digits = [b'0'; 16];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[place & 15];
        place >>= 4;
    }
    let words = concat!(
        "psp-launcher: error: a fault of the launcher, please report it: version ",
        env!("CARGO_PKG_VERSION"),
        ", place 0x"
    );
    for part in [words.as_bytes(), &digits, b"\n"] {
        // SAFETY: the bytes lie where they are while they are written.
        unsafe { libc::write(libc::STDERR_FILENO, part.as_ptr().cast(), part.len()) };
    }
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(c_int::from(Code::Panic as u8)) }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::{AsRawFd, FromRawFd};

    use super::*;

    /// What a child that listens writes to stderr when `act` happens to it, and its status.
    fn of_child(act: impl FnOnce()) -> (String, c_int) {
        let (mut ends, mut status, mut text) = ([0; 2], 0, String::new());
        // SAFETY: the child calls only what a child of a process with threads may call.
        unsafe {
            assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
            let (mut reader, writer) = (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1]));
            let child = libc::fork();
            if child == 0 {
                libc::dup2(writer.as_raw_fd(), libc::STDERR_FILENO);
                prepare();
                act();
                libc::_exit(0);
            }
            drop(writer);
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        }
        (text, status)
    }

    /// What `panic = "immediate-abort"` makes of a panic.
    fn fault() {
        // SAFETY: the processor refuses it, and that is all.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            std::arch::asm!("ud2");
            #[cfg(target_arch = "aarch64")]
            std::arch::asm!("brk #1");
        }
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let (text, status) = of_child(fault);
        let place = text
            .strip_prefix("psp-launcher: error: a fault of the launcher, please report it: version ")
            .and_then(|rest| rest.strip_suffix('\n')?.split_once(", place 0x"))
            .map(|(_, place)| usize::from_str_radix(place, 16).unwrap());
        // SAFETY: the address alone.
        let start = &raw const __ehdr_start as usize;
        let function = fault as fn() as usize - start;
        let place = place.unwrap_or_else(|| panic!("{text}"));
        assert!((function..function + 4096).contains(&place), "{place:x} {function:x}");
        assert!(
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 101,
            "{status:x}"
        );
    }

    #[test]
    fn a_signal_that_somebody_sent_is_no_fault() {
        // SAFETY: to the child itself.
        let (text, status) = of_child(|| assert_eq!(unsafe { libc::raise(libc::SIGTRAP) }, 0));
        assert_eq!(text, "");
        assert!(
            libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGTRAP,
            "{status:x}"
        );
    }

    #[test]
    fn what_was_ignored_is_ignored_by_the_program() {
        let (_, status) = of_child(|| {
            // SAFETY: as at the start of a process whose caller ignores the signal.
            unsafe { libc::signal(libc::SIGTRAP, libc::SIG_IGN) };
            prepare();
            restore();
            // SAFETY: to the child itself.
            unsafe { libc::raise(libc::SIGTRAP) };
        });
        assert_eq!(status, 0);
    }
}
