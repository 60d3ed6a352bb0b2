//! Running the program as a child, as if it were this process: its status is ours, and it does not outlive us.

#![allow(unsafe_code, reason = "system calls that nothing wraps")]

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::mem::{forget, size_of, zeroed};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr::null;

use pspf_cache::UseLock;
use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation, TRUE, WAIT_FAILED};
use windows_sys::Win32::System::Console::{GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, GetExitCodeProcess, GetStartupInfoW, INFINITE,
    PROCESS_INFORMATION, ResumeThread, STARTF_USESHOWWINDOW, STARTF_USESTDHANDLES, STARTUPINFOW, TerminateProcess,
    WaitForSingleObject,
};

use super::{Program, Status, console};
use crate::failure::{Code, Failure};
use crate::options::Options;
use crate::say::Say;

/// Runs the program as a child and returns its exit status. The unpacked package stays marked as in use until then.
///
/// # Errors
/// A program that cannot be run.
pub fn launch(program: &Program, in_use: UseLock, _: &Options, say: &Say) -> Result<Status, Failure> {
    console::leave_to_child();
    let mut own = startup_of_this_process();
    own.dwFlags = (own.dwFlags & STARTF_USESHOWWINDOW) | STARTF_USESTDHANDLES;
    let kinds = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];
    // SAFETY: asks for handles of this process.
    let stdio = kinds.map(|kind| unsafe { GetStdHandle(kind) });
    let child = Child::start(program, own, stdio).map_err(|error| program.failure(&error))?;
    if let Err(error) = child.bind() {
        say.info(&format!("the program would outlive a launcher that is killed: {error}"));
    }
    console::set_child(child.process.as_raw_handle());
    let status = child.resume().and_then(|()| child.wait());
    drop(in_use);
    // The handler may still be waiting for it.
    forget(child);
    status.map_err(|error| cannot_wait(&error))
}

/// Runs `program` to its end without input, its output appended to `log`.
///
/// # Errors
/// A program that cannot be run.
pub fn run_logged(program: &Program, log: &File) -> Result<ExitStatus, Failure> {
    let nothing = File::open("NUL").map_err(|error| program.failure(&error))?;
    // SAFETY: all fields may be zero.
    let mut startup: STARTUPINFOW = unsafe { zeroed() };
    startup.dwFlags = STARTF_USESTDHANDLES;
    let stdio = [nothing.as_raw_handle(), log.as_raw_handle(), log.as_raw_handle()];
    let child = Child::start(program, startup, stdio).map_err(|error| program.failure(&error))?;
    let status = child.resume().and_then(|()| child.wait());
    status.map(ExitStatus::from_raw).map_err(|error| cannot_wait(&error))
}

fn cannot_wait(error: &io::Error) -> Failure {
    Failure::caused(Code::Execution, "cannot wait for the program", error)
}

/// What this process was started with: how its window is shown, and the files that a C runtime hands on.
fn startup_of_this_process() -> STARTUPINFOW {
    // SAFETY: all fields may be zero, and the system fills them.
    let mut found: STARTUPINFOW = unsafe {
        let mut found = zeroed();
        GetStartupInfoW(&raw mut found);
        found
    };
    found.lpReserved = std::ptr::null_mut();
    found.lpDesktop = std::ptr::null_mut();
    found.lpTitle = std::ptr::null_mut();
    found
}

fn check(success: i32) -> io::Result<()> {
    if success == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// A child that was started and does not run yet.
struct Child {
    process: OwnedHandle,
    thread: OwnedHandle,
}

impl Child {
    fn start(program: &Program, mut startup: STARTUPINFOW, stdio: [HANDLE; 3]) -> io::Result<Self> {
        for handle in stdio {
            // A console that is none, or closed: the child finds it as it is.
            // SAFETY: a handle that is no handle is refused.
            unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) };
        }
        startup.cb = size_of::<STARTUPINFOW>() as u32;
        [startup.hStdInput, startup.hStdOutput, startup.hStdError] = stdio;
        let mut line = program.line.clone();
        // SAFETY: all texts end with a zero and live until after the call, which fills the information if it succeeds.
        unsafe {
            let mut made: PROCESS_INFORMATION = zeroed();
            check(CreateProcessW(
                program.application.as_ptr(),
                line.as_mut_ptr(),
                null(),
                null(),
                TRUE,
                CREATE_UNICODE_ENVIRONMENT | CREATE_SUSPENDED,
                program.environment.as_ptr().cast(),
                null(),
                &raw const startup,
                &raw mut made,
            ))?;
            Ok(Child {
                process: OwnedHandle::from_raw_handle(made.hProcess),
                thread: OwnedHandle::from_raw_handle(made.hThread),
            })
        }
    }

    /// Sees to it that the child ends when this process does, however that happens. What the child starts is its own
    /// affair, as it would be if it had taken our place.
    fn bind(&self) -> io::Result<()> {
        // SAFETY: the structure may be all zero, and is as long as said.
        unsafe {
            let job = CreateJobObjectW(null(), null());
            if job.is_null() {
                return Err(io::Error::last_os_error());
            }
            // Stays open until this process ends: then the system closes it, and ends what is in it.
            let mut limits: JOBOBJECT_EXTENDED_LIMIT_INFORMATION = zeroed();
            limits.BasicLimitInformation.LimitFlags =
                JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
            check(SetInformationJobObject(
                job,
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast::<c_void>(),
                size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>() as u32,
            ))?;
            check(AssignProcessToJobObject(job, self.process.as_raw_handle()))
        }
    }

    /// Lets the child run.
    fn resume(&self) -> io::Result<()> {
        // SAFETY: the handle is the child's first thread.
        if unsafe { ResumeThread(self.thread.as_raw_handle()) } != u32::MAX {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        // SAFETY: the handle is the child's.
        unsafe { TerminateProcess(self.process.as_raw_handle(), u32::from(Code::Execution as u8)) };
        Err(error)
    }

    /// Waits for the child's end.
    fn wait(&self) -> io::Result<Status> {
        let mut status = 0;
        // SAFETY: the handle is the child's.
        unsafe {
            if WaitForSingleObject(self.process.as_raw_handle(), INFINITE) == WAIT_FAILED {
                return Err(io::Error::last_os_error());
            }
            check(GetExitCodeProcess(self.process.as_raw_handle(), &raw mut status))?;
        }
        Ok(status)
    }
}
