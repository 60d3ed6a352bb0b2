use std::fs::{File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::thread::sleep;

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{DELETE, FILE_FLAG_DELETE_ON_CLOSE};

use super::{ATTEMPTS, PAUSE, is_code};
use crate::error::{CacheError, IoContext};

/// Opens the lock file `path` for this process alone; the system removes it when it is closed, however that happens. `None`
/// when somebody else has it open. With `wait` waits for that to end.
pub fn open_locked(path: &Path, wait: bool) -> Result<Option<File>, CacheError> {
    let mut denied = 0;
    loop {
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .access_mode(GENERIC_WRITE | DELETE)
            .write(true)
            .share_mode(0)
            .custom_flags(FILE_FLAG_DELETE_ON_CLOSE)
            .open(path);
        match opened {
            Ok(file) => return Ok(Some(file)),
            Err(error) if is_code(&error, ERROR_SHARING_VIOLATION) => {
                if !wait {
                    return Ok(None);
                }
            }
            // So it is called for the moment between the holder's end and the file's.
            Err(error) if is_code(&error, ERROR_ACCESS_DENIED) && denied < ATTEMPTS => denied += 1,
            Err(error) => return Err(error).context("open lock file", path),
        }
        sleep(PAUSE);
    }
}

/// Closing the file is all.
pub fn release_locked(_: &File, _: &Path) {}
