//! How much may come out of a package, and whether there is room for it.

use std::path::Path;

use pspf_policy::{Floor, Places};
use pspf_verify::Slot;

use crate::failure::{Code, Failure};
use crate::system;

/// Room that must be left when everything is unpacked.
const RESERVE: u64 = 16 << 20;

/// The bytes that a slot says it unpacks to. Builders that do not say so repeat the packed size.
pub fn declared(slot: &Slot) -> u64 {
    slot.original_size.max(slot.size)
}

/// Refuses a package that says it unpacks to more than the operator allows or than there is room for in `directory`.
///
/// # Errors
/// Exit code 103, with both numbers and what to do.
pub fn check_room(slots: &[Slot], directory: &Path, floor: &Floor, places: &Places) -> Result<u64, Failure> {
    let total = slots.iter().map(declared).fold(0u64, u64::saturating_add);
    if let Some(limit) = floor.max_unpacked_bytes.filter(|limit| total > *limit) {
        let what = format!(
            "the package unpacks to {total} bytes, expected at most {limit} (`max_unpacked_bytes` in {})",
            places.floor().display()
        );
        return Err(Failure::new(Code::Refused, what));
    }
    if let Some(room) = system::room(directory)
        && room < total.saturating_add(RESERVE)
    {
        let what = format!(
            "{} has room for {room} bytes, and the package needs {} to unpack; make room, or set FLAVOR_CACHE_DIR to \
             a directory on another file system",
            directory.display(),
            total.saturating_add(RESERVE)
        );
        return Err(Failure::new(Code::Extraction, what));
    }
    Ok(total)
}

/// Says what to do when the failure is that of a full disk; otherwise leaves it as it is.
pub fn full_or(mut failure: Failure) -> Failure {
    let full = failure
        .causes
        .iter()
        .any(|cause| system::DISK_FULL.iter().any(|code| cause.contains(code)));
    if full {
        failure.code = Code::Extraction;
        failure
            .message
            .push_str("; nothing was left behind: make room, or set FLAVOR_CACHE_DIR to another file system");
    }
    failure
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_says_what_to_do() {
        let full = Failure::caused(Code::Io, "cannot write x", &std::io::Error::from_raw_os_error(28));
        let failure = full_or(full);
        assert_eq!(failure.code, Code::Extraction);
        assert!(failure.message.contains("FLAVOR_CACHE_DIR"), "{failure}");
        let other = Failure::caused(Code::Io, "cannot write x", &std::io::Error::from_raw_os_error(5));
        assert_eq!(full_or(other).message, "cannot write x");
    }
}
