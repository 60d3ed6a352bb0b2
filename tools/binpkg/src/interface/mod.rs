//! What a package offers to others and needs from them (the fields `provides` and `requires`, section 5): `bin:` names of
//! programs, `so:` names of shared libraries, `pc:` names of package-config files.

mod elf;
mod needs;
mod offers;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use crate::manifest::{EntryKind, Manifest, PayloadPath};
use crate::metadata::LayoutKind;
use crate::payload::{Payload, PayloadError};
use elf::Dynamic;

/// What a package offers and needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// `bin:`, `pc:` and `so:` names, sorted.
    pub provides: BTreeSet<String>,
    /// Libraries that the package does not find in itself, by name, each with the first file that needs it.
    pub needs: BTreeMap<String, PayloadPath>,
}

/// Where the paths of a package are looked for once it is installed.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// What the paths mean.
    pub kind: LayoutKind,
    /// The prefix that was built for, such as `/usr`.
    pub prefix: &'a str,
    /// Name of the library directory.
    pub libdir: &'a str,
}

/// The files of a payload that the dynamic linker reads.
struct Linked<'a> {
    manifest: &'a Manifest,
    places: Places<'a>,
    files: Vec<(&'a PayloadPath, Dynamic)>,
}

impl Interface {
    /// Looks into every file of a payload.
    ///
    /// # Errors
    /// A file that cannot be read. One that is damaged, or is none for the dynamic linker, has no names.
    pub fn of(payload: &Payload, places: Places<'_>) -> Result<Self, PayloadError> {
        let manifest = payload.manifest();
        let mut files = Vec::new();
        for entry in manifest.entries() {
            if let EntryKind::File { .. } = entry.kind {
                let path = payload.file(&entry.path);
                let failed = |verb| PayloadError::file(verb, &path);
                let mut file = File::open(&path).map_err(failed("open"))?;
                if let Some(dynamic) = elf::read(&mut file).map_err(failed("read"))? {
                    files.push((&entry.path, dynamic));
                }
            }
        }
        let linked = Linked {
            manifest,
            places,
            files,
        };
        let provides = offers::offers(&linked);
        let needs = needs::needs(&linked, &provides);
        Ok(Self { provides, needs })
    }
}

#[cfg(all(test, unix))]
#[path = "tests.rs"]
mod tests;
