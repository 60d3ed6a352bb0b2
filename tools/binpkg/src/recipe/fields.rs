//! The parts of a recipe (section 7.3).

use digest::Sha256;
use serde::{Deserialize, Serialize};

use crate::metadata::LayoutKind;
use crate::names::PackageName;

/// The effective value of a flag that a package declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum UseValue {
    /// On or off.
    Switch(bool),
    /// One of several words.
    Choice(String),
}

/// The compiler and its defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// Default compile and link flags, if the toolchain adds any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Its name.
    pub id: String,
    /// Config hash of a built toolchain, digest of an imported archive, or a text with the word `host`.
    pub identity: String,
    /// What it compiles for.
    pub target: String,
    /// Its version.
    pub version: String,
}

/// What a package that nobody compiles has for a toolchain: `{}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoToolchain {}

/// The toolchain, or `{}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MaybeToolchain {
    /// A compiler.
    Some(Toolchain),
    /// None; only for recipes that pack what is there.
    None(NoToolchain),
}

/// An input that is unpacked or copied before the first phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Where it goes in the source directory; empty for its root.
    pub dest: String,
    /// Digest of the file, or content hash of a tree.
    pub sha256: Sha256,
    /// Leading folders to take off an archive's paths.
    pub strip: u32,
}

/// How a dependency is seen by the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs during the build.
    Build,
    /// Is linked or included.
    Link,
    /// Is needed to run what the build makes, during the build.
    RunForBuild,
}

impl Role {
    /// The word in a recipe.
    pub fn word(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Link => "link",
            Self::RunForBuild => "run-for-build",
        }
    }
}

/// A direct dependency that the build can see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    // The order of the fields is the order of section 7.3: role, name, hash.
    /// What it is for.
    pub role: Role,
    /// The package.
    pub name: PackageName,
    /// Its full config hash, which makes ours transitive.
    pub config_hash: Sha256,
}

/// A program that runs during the build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// The name that phases use.
    pub name: String,
    /// Full config hash, digest, or a common text of equal tools.
    pub identity: String,
}

/// A step after the phases, such as `strip`; with options as an array of words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Transform {
    /// The step alone.
    Name(String),
    /// The step, then its options.
    WithOptions(Vec<String>),
}

/// Where files lie in the payload, as far as the build knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeLayout {
    /// A staged root, or paths below a prefix.
    pub kind: LayoutKind,
    /// Name of the library directory.
    pub libdir: String,
    /// Length in bytes that the prefix is padded to, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub padded: Option<u32>,
    /// The prefix built for.
    pub prefix: String,
}

/// What kind of recipe, where it does not build from source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecipeKind {
    /// Packs what another rule made (section 7.7).
    Pack,
}
