use serde::{Deserialize, Serialize};

use crate::database::PackageId;
use crate::target_path::TargetPath;

/// What a transaction does to the target: the file `plan` of its journal. Together with what is in the journal beside it, it is
/// enough to undo the transaction or to finish it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// [`Plan::SCHEMA`].
    pub(crate) schema: String,
    /// The number of the transaction.
    pub(crate) id: String,
    /// The command that made it.
    pub(crate) command: String,
    /// When it began, in seconds since 1970.
    pub(crate) time: u64,
    /// What is prepared under temporary names and then renamed, in this order.
    pub(crate) units: Vec<Unit>,
    /// Files and links to be removed.
    pub(crate) removals: Vec<TargetPath>,
    /// Directories to be removed if they are empty then, the deepest first.
    pub(crate) directories: Vec<TargetPath>,
    /// Packages whose new entries are in the journal.
    pub(crate) installed: Vec<PackageId>,
    /// Packages whose entries go.
    pub(crate) removed: Vec<PackageId>,
}

/// A file, a link, or a new directory with everything in it, which appears under its name by one rename.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// Where it goes.
    pub(crate) place: TargetPath,
    /// Where it is prepared, in the same directory.
    pub(crate) beside: TargetPath,
    /// It is a directory.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) directory: bool,
    /// A file gives way to a directory, or a directory to something else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) other_type: bool,
}

impl Plan {
    /// The schema that this version writes.
    pub(crate) const SCHEMA: &'static str = "binpkg-plan/1";

    /// What temporary names begin with; nothing in a package may be called so.
    pub(crate) const TEMPORARY: &'static str = ".binpkg-";

    /// A temporary name.
    pub(crate) fn temporary(id: &str, number: usize) -> String {
        format!("{}{id}-{number}", Self::TEMPORARY)
    }
}

impl Unit {
    /// Where something of another type is put that was at its place.
    pub(crate) fn aside(&self) -> TargetPath {
        self.beside.with_suffix(".old")
    }
}
