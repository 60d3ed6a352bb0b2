//! Keys and other events of the console, which reach every program that is attached to it.

#![allow(unsafe_code, reason = "system calls that nothing wraps")]

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use windows_sys::Win32::Foundation::TRUE;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::Win32::System::Threading::{INFINITE, WaitForSingleObject};

/// The child, from its start on.
static CHILD: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// Leaves what happens at the console to the child. To be called before it is started.
pub fn leave_to_child() {
    // SAFETY: the handler is a function of this program.
    unsafe { SetConsoleCtrlHandler(Some(handle), TRUE) };
}

/// Says who the child is: a handle of a process that stays open as long as this process lives.
pub fn set_child(process: *mut c_void) {
    CHILD.store(process, Ordering::Release);
}

/// The child gets the event too, and decides what becomes of both.
unsafe extern "system" fn handle(event: u32) -> i32 {
    let child = CHILD.load(Ordering::Acquire);
    if !matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT) && !child.is_null() {
        // The window is being closed or the user leaves: this process ends when the handler does. The system gives
        // both some seconds, and the child may want them.
        // SAFETY: the handle stays open.
        unsafe { WaitForSingleObject(child, INFINITE) };
    }
    TRUE
}
