use std::fmt;
use std::str::FromStr;

use pspf_format::OperationChain;
use pspf_format::layout::{MAX_SLOTS_BUCKPACK, MAX_SLOTS_FLAVORPACK};

use crate::Error;

/// Who can run the package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// FlavorPack 0.5.4's launchers and ours: the rules of section 7 hold.
    #[default]
    Flavorpack,
    /// Our launcher only: zstd, symlinks inside the tree, up to 2,000 slots.
    Buckpack,
}

impl Profile {
    /// The word in specifications and metadata.
    pub fn word(self) -> &'static str {
        match self {
            Self::Flavorpack => "flavorpack",
            Self::Buckpack => "buckpack",
        }
    }

    /// Most slots of a package.
    pub fn max_slots(self) -> usize {
        match self {
            Self::Flavorpack => MAX_SLOTS_FLAVORPACK,
            Self::Buckpack => MAX_SLOTS_BUCKPACK,
        }
    }

    /// A rule of this profile that does not hold.
    pub(crate) fn broken(self, rule: impl Into<String>, found: impl Into<String>) -> Error {
        Error::Profile {
            profile: self.word(),
            rule: rule.into(),
            found: found.into(),
        }
    }

    /// Checks that the launchers of this profile can undo a chain.
    pub(crate) fn check_chain(self, chain: OperationChain) -> Result<(), Error> {
        chain.operations()?;
        if self == Self::Flavorpack && !chain.is_portable() {
            let rule = "`operations` must be one of none, gzip, tar, tgz (others need profile `buckpack`)";
            return Err(self.broken(rule, format!("`{chain}`")));
        }
        Ok(())
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "flavorpack" => Ok(Self::Flavorpack),
            "buckpack" => Ok(Self::Buckpack),
            _ => Err(Error::UnknownProfile {
                found: word.chars().take(60).collect(),
            }),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
