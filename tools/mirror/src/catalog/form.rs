use binpkg::index::{Expires, Index, Root};
use binpkg::names::PackageName;
use serde::{Deserialize, Serialize};

use crate::publish::INDEX;

/// What a mirror says it has.
pub(super) enum Front {
    /// A root, and a shard for each package.
    Sharded(Root),
    /// All of it.
    Whole(Index),
}

impl Front {
    pub(super) fn serial(&self) -> u64 {
        match self {
            Self::Sharded(root) => root.serial,
            Self::Whole(index) => index.serial,
        }
    }

    pub(super) fn expires(&self) -> Option<&Expires> {
        match self {
            Self::Sharded(root) => root.expires.as_ref(),
            Self::Whole(index) => index.expires.as_ref(),
        }
    }

    pub(super) fn names(&self) -> Box<dyn Iterator<Item = &PackageName> + '_> {
        match self {
            Self::Sharded(root) => Box::new(root.shards.keys()),
            Self::Whole(index) => Box::new(index.packages().iter().map(|record| &record.name)),
        }
    }
}

/// The file that says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Form {
    /// The compressed root.
    Packed,
    /// The root as it is.
    Plain,
    /// `index.json`.
    Whole,
}

impl Form {
    /// The best first.
    pub(super) const ALL: [Self; 3] = [Self::Packed, Self::Plain, Self::Whole];

    /// Its path below `binaries/`.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Packed => Root::PACKED_PATH,
            Self::Plain => Root::PATH,
            Self::Whole => INDEX,
        }
    }

    /// What is signed of it.
    pub(super) fn signed_name(self) -> &'static str {
        match self {
            Self::Packed | Self::Plain => Root::PATH,
            Self::Whole => INDEX,
        }
    }

    /// Larger ones are not read.
    pub(super) fn largest(self) -> u64 {
        match self {
            Self::Packed | Self::Plain => Root::LARGEST,
            Self::Whole => 1 << 30,
        }
    }
}
