//! `psp-launcher`: begins a package file and runs the program that the package holds. See `docs/launcher.md`.

// Without the standard runtime's start: it would change signal dispositions that the program must inherit unchanged.
#![cfg_attr(unix, no_main)]

/// Where the system starts the process.
///
/// # Safety
/// Only the system may call it, with `count` pointers to strings that live as long as the process.
#[cfg(unix)]
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "the system hands over arguments as pointers")]
pub unsafe extern "C" fn main(count: std::ffi::c_int, values: *const *const std::ffi::c_char) -> std::ffi::c_int {
    use std::ffi::{CStr, OsString};
    use std::os::unix::ffi::OsStringExt;

    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the system passes `count` pointers to strings that end with a zero byte and live as long as the process.
    let argument = |index: usize| unsafe { CStr::from_ptr(*values.add(index)) };
    let args = (0..count)
        .map(|index| OsString::from_vec(argument(index).to_bytes().to_vec()))
        .collect();
    std::ffi::c_int::from(psp_launcher::run(args))
}

#[cfg(windows)]
fn main() {
    let status = psp_launcher::run(std::env::args_os().collect());
    std::process::exit(status.cast_signed())
}
