//! Whether the files of an entry have survived the last stop of the machine.
//!
//! Unpacked files are not forced to disk: that would make first starts several times slower, and as long as the
//! machine runs everybody sees what was written. Power may fail before the disk has it, though, and then a file may be
//! short although the rename that published it is there. So the record notes which boot the files were made in; the
//! first start after another boot compares them all with the list, once, and strikes the note.

/// What names the current boot; `None` where the system does not tell.
pub fn current() -> Option<String> {
    crate::system::boot()
}
