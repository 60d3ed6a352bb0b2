use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use digest::Sha256;
use serde::{Deserialize, Serialize};

use super::Installed;
use crate::error::InstallError;
use crate::place::{Place, kind_of};
use crate::target_path::TargetPath;
use binpkg::manifest::{Entry, EntryKind};

/// Where a tarball came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The mirror; none for a local file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<String>,
    /// Digest of the tarball, where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// The key that signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// `origin.json` of an installed package (section 14.1): where it came from, and what became of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// [`Origin::SCHEMA`].
    pub schema: String,
    /// The transaction that installed it.
    pub transaction: String,
    /// The modification time of its files, in seconds since 1970: later ones were changed.
    pub time: u64,
    /// Where the tarball came from.
    #[serde(flatten)]
    pub source: Source,
    /// Digest of the recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_hash_full: Option<Sha256>,
    /// Digest of the manifest.
    pub content_hash_full: Sha256,
    /// True when the package had no manifest, and it was computed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manifest_computed: bool,
    /// The prefix that it went to.
    pub prefix: TargetPath,
    /// Installed by root, who chose the owners; otherwise all files belong to whoever installed it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_root: bool,
    /// Asked for by name; otherwise it came as a dependency.
    pub explicit: bool,
    /// Directories that links of the target put somewhere else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub places: BTreeMap<TargetPath, TargetPath>,
    /// Directories above its own that were made for it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub made: BTreeSet<TargetPath>,
    /// Files that were there before, with the same content, and were left as they were.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub adopted: BTreeSet<TargetPath>,
    /// Configuration files that were left as somebody had changed them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kept: BTreeSet<TargetPath>,
    /// Configuration files that somebody had deleted, and that stay so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub deleted: BTreeSet<TargetPath>,
    /// Configuration files whose new content stands beside them, under the name and `.new`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<TargetPath, Sha256>,
}

impl Origin {
    /// The schema that this version writes.
    pub const SCHEMA: &'static str = "binpkg-origin/1";

    /// The place of a directory that [`Place::map`] gave.
    fn directory(&self, mapped: &TargetPath) -> TargetPath {
        if let Some(place) = self.places.get(mapped) {
            return place.clone();
        }
        match mapped.parent() {
            Some(parent) => self.directory(&parent).join(mapped.name()),
            None => TargetPath::root(),
        }
    }
}

impl Installed {
    /// Where entries of its manifest are; to be asked in the order of the manifest.
    ///
    /// # Errors
    /// A prefix that is none.
    pub fn places(&self) -> Result<Places<'_>, InstallError> {
        let prefix = self.origin.prefix.under(Path::new("/"));
        Ok(Places {
            installed: self,
            place: Place::new("/", &prefix, None)?,
            last: None,
        })
    }
}

/// Where the files of an installed package are.
#[derive(Debug)]
pub struct Places<'a> {
    installed: &'a Installed,
    place: Place,
    last: Option<(TargetPath, TargetPath)>,
}

impl Places<'_> {
    /// The place of an entry.
    pub fn of(&mut self, entry: &Entry) -> TargetPath {
        let origin = &self.installed.origin;
        let mapped = self.place.map(kind_of(&self.installed.metadata), &entry.path);
        if entry.kind == EntryKind::Directory {
            return origin.directory(&mapped);
        }
        let parent = mapped.parent().unwrap_or_default();
        // Files of one directory stand together.
        let known = self.last.take().filter(|(known, _)| *known == parent);
        let (parent, directory) = known.unwrap_or_else(|| {
            let directory = origin.directory(&parent);
            (parent, directory)
        });
        let place = directory.join(mapped.name());
        self.last = Some((parent, directory));
        place
    }
}
