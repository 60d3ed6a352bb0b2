//! Where policies lie on Windows.
//!
//! The operator's directory is in that of the system, where only administrators can make one. In `ProgramData` everybody
//! can, and might put keys there for others to trust.

#![allow(unsafe_code, reason = "a system call that nothing wraps")]

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;

use windows_sys::Win32::System::SystemInformation::GetSystemWindowsDirectoryW;

/// The variable that holds the user's place for settings.
pub const HOME: &str = "APPDATA";

/// The user's directory in the place for settings.
pub fn config_in_home(place: PathBuf) -> PathBuf {
    place.join("flavor")
}

/// The operator's directory.
pub fn operators_directory() -> PathBuf {
    let mut path = [0u16; 260];
    // SAFETY: the buffer is as long as said.
    let length = unsafe { GetSystemWindowsDirectoryW(path.as_mut_ptr(), path.len() as u32) };
    let path = match path.get(..length as usize) {
        Some(path) if length > 0 => PathBuf::from(OsString::from_wide(path)),
        _ => PathBuf::from(r"C:\Windows"),
    };
    path.join("flavor")
}
