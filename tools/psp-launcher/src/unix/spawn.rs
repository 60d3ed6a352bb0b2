//! Running the program as a child, as if it were this process: signals reach it, and its end is our end.

#![allow(unsafe_code, reason = "system calls that nothing wraps")]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::Program;
use crate::failure::{Code, Failure};

/// Runs `program` as a child and returns its exit status; if a signal ended it, the same signal ends this process.
///
/// # Errors
/// A program that cannot be run.
pub fn run(program: &Program) -> Result<u8, Failure> {
    // From here until the child is gone signals wait for us, so that none is lost between start and end.
    let mask = block_all().map_err(|error| cannot_start(&error))?;
    let child = start(program, Some(&mask), None)?;
    match wait(child) {
        Ok(End::Exit(status)) => Ok(status),
        Ok(End::Signal(signal)) => Ok(end_by(signal, &mask)),
        Err(error) => Err(Failure::caused(Code::Execution, "cannot wait for the program", &error)),
    }
}

enum End {
    Exit(u8),
    Signal(i32),
}

fn cannot_start(error: &io::Error) -> Failure {
    Failure::caused(Code::Execution, "cannot start a process", error)
}

fn block_all() -> io::Result<libc::sigset_t> {
    let (mut all, mut old) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: both sets are filled before they are read.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        match libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), old.as_mut_ptr()) {
            0 => Ok(old.assume_init()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Runs `program` to its end without input, its output appended to `log`. Signals that arrive meanwhile are dealt with
/// as the caller of the launcher wants it; whoever interrupts the launcher at a terminal interrupts the child too.
///
/// # Errors
/// A program that cannot be run.
pub fn run_logged(program: &Program, log: &File) -> Result<ExitStatus, Failure> {
    let null = File::options()
        .read(true)
        .open("/dev/null")
        .map_err(|error| cannot_start(&error))?;
    let child = start(program, None, Some([null.as_fd(), log.as_fd(), log.as_fd()]))?;
    let mut status = 0;
    loop {
        // SAFETY: the status is a plain number.
        if unsafe { libc::waitpid(child, &raw mut status, 0) } >= 0 {
            return Ok(ExitStatus::from_raw(status));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(Failure::caused(Code::Execution, "cannot wait for the program", &error));
        }
    }
}

/// A pipe that children do not keep.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    // Two steps, since not every system has the one call: nothing else runs in this process meanwhile.
    let (reader, writer) = rustix::pipe::pipe()?;
    for end in [&reader, &writer] {
        rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
    }
    Ok((reader, writer))
}

/// Starts the child, with `mask` as its signal mask and `stdio` as its standard descriptors if they are given. A program
/// that cannot be run reports its error through a pipe that a successful start closes.
fn start(
    program: &Program,
    mask: Option<&libc::sigset_t>,
    stdio: Option<[BorrowedFd<'_>; 3]>,
) -> Result<libc::pid_t, Failure> {
    let (reader, writer) = pipe().map_err(|error| cannot_start(&error))?;
    // SAFETY: this process has one thread, so the child may do what the parent may.
    let child = unsafe { libc::fork() };
    if child < 0 {
        return Err(cannot_start(&io::Error::last_os_error()));
    }
    if child == 0 {
        if let Some(mask) = mask {
            // SAFETY: `mask` was filled by the system.
            unsafe { libc::sigprocmask(libc::SIG_SETMASK, mask, std::ptr::null_mut()) };
        }
        for (number, file) in (0..).zip(stdio.into_iter().flatten()) {
            // SAFETY: both are numbers of descriptors; those of ours lie above the standard ones.
            unsafe { libc::dup2(file.as_raw_fd(), number) };
        }
        let code = program.exec().raw_os_error().unwrap_or(0);
        let _ = rustix::io::write(&writer, &code.to_ne_bytes());
        // SAFETY: ends the child without running what belongs to the parent.
        unsafe { libc::_exit(i32::from(Code::Execution as u8)) };
    }
    drop(writer);
    let mut code = [0; 4];
    match rustix::io::read(&reader, &mut code) {
        Ok(4) => {
            let mut status = 0;
            // SAFETY: the status is a plain number.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            Err(program.failure(&io::Error::from_raw_os_error(i32::from_ne_bytes(code))))
        }
        _ => Ok(child),
    }
}

/// Waits for the child's end, handing on every signal that was sent to this process alone.
fn wait(child: libc::pid_t) -> io::Result<End> {
    let mut all = MaybeUninit::uninit();
    // SAFETY: fills the set.
    let all = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        all.assume_init()
    };
    loop {
        // The child may have ended before the first signal was awaited: its SIGCHLD is pending then.
        let (signal, from_terminal) = next_signal(&all)?;
        if signal != libc::SIGCHLD {
            // What the terminal sends it sends to the child as well: once is enough.
            if !from_terminal {
                // SAFETY: the child was not waited for, so its number is still its own.
                unsafe { libc::kill(child, signal) };
            }
            continue;
        }
        let mut status = 0;
        // SAFETY: the status is a plain number.
        let found = unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG | libc::WUNTRACED) };
        if found < 0 {
            return Err(io::Error::last_os_error());
        }
        if found == 0 {
            continue;
        }
        if libc::WIFSTOPPED(status) {
            // A shell that stopped the job waits for us to stop too; SIGCONT wakes both.
            // SAFETY: stops this process.
            unsafe { libc::raise(libc::SIGSTOP) };
        } else if libc::WIFSIGNALED(status) {
            return Ok(End::Signal(libc::WTERMSIG(status)));
        } else if libc::WIFEXITED(status) {
            return Ok(End::Exit(u8::try_from(libc::WEXITSTATUS(status)).unwrap_or(u8::MAX)));
        }
    }
}

/// Waits for a signal and says whether the kernel sent it, as it does for keys on a terminal.
fn next_signal(set: &libc::sigset_t) -> io::Result<(i32, bool)> {
    loop {
        #[cfg(target_os = "linux")]
        {
            let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
            // SAFETY: the set was filled, and the information is written before it is read.
            let signal = unsafe { libc::sigwaitinfo(set, info.as_mut_ptr()) };
            if signal > 0 {
                // SAFETY: zeroed before, filled by the system.
                let info = unsafe { info.assume_init() };
                return Ok((signal, info.si_code == libc::SI_KERNEL));
            }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let mut signal = 0;
            // SAFETY: the set was filled.
            if unsafe { libc::sigwait(set, &raw mut signal) } == 0 {
                return Ok((signal, false));
            }
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Ends this process by the signal that ended the child, so that the caller sees what happened; where that does not
/// work, as a shell would tell it.
fn end_by(signal: i32, mask: &libc::sigset_t) -> u8 {
    // The child has left its memory image if it was to leave one; ours is of no interest.
    let none = rustix::process::Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    // SAFETY: back to the signal's usual effect, then let it happen.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        let mut only = *mask;
        libc::sigdelset(&raw mut only, signal);
        libc::raise(signal);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const only, std::ptr::null_mut());
    }
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
