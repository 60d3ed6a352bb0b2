use std::path::Path;

use super::{DownloadError, Wanted};

/// Hears how downloads go on, from several threads. Every file ends with [`Events::finished`] or [`Events::failed`].
pub trait Events: Sync {
    /// A mirror sends a file, from byte `from` on: a file that is tried again, or comes from another mirror, starts again.
    fn started(&self, file: &Wanted, mirror: &str, from: u64) {
        let _ = (file, mirror, from);
    }

    /// So many bytes of a file are there.
    fn moved(&self, file: &Wanted, there: u64) {
        let _ = (file, there);
    }

    /// Something went wrong, or takes longer, and it goes on: the file comes from the next mirror, or later.
    fn warned(&self, file: &Wanted, text: &str) {
        let _ = (file, text);
    }

    /// A file is in the cache, and was hashed there. One that was there before never started.
    fn finished(&self, file: &Wanted, path: &Path) {
        let _ = (file, path);
    }

    /// A file is not in the cache and does not get there.
    fn failed(&self, file: &Wanted, error: &DownloadError) {
        let _ = (file, error);
    }
}

/// Nobody hears anything.
pub struct Silent;

impl Events for Silent {}
