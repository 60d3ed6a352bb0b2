/// What names the current boot; `None` where the system does not tell.
#[cfg(not(target_os = "macos"))]
pub fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = id.trim();
    (!id.is_empty()).then(|| id.to_owned())
}

/// What names the current boot; `None` where the system does not tell.
#[cfg(target_os = "macos")]
#[allow(unsafe_code, reason = "a system call that nothing wraps")]
pub fn boot() -> Option<String> {
    let (mut text, mut length) = ([0u8; 64], 64);
    // SAFETY: the name ends with a zero, and the buffer is as long as said.
    let answer = unsafe {
        libc::sysctlbyname(
            c"kern.bootsessionuuid".as_ptr(),
            text.as_mut_ptr().cast(),
            &raw mut length,
            std::ptr::null_mut(),
            0,
        )
    };
    let id = std::ffi::CStr::from_bytes_until_nul(&text).ok()?.to_str().ok()?;
    (answer == 0 && !id.is_empty()).then(|| id.to_owned())
}
