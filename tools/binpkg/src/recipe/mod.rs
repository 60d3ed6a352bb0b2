//! The recipe, what is built as data, and its digest, the config hash (section 7).

mod explain;
mod fields;
mod permission;

use std::collections::BTreeMap;

use digest::Sha256;
use serde::{Deserialize, Serialize};

use crate::canonical::{CanonicalError, Value};
use crate::manifest::PathError;
use crate::names::{PackageName, Version};

pub use explain::{Difference, explain};
pub use fields::{
    Dependency, MaybeToolchain, NoToolchain, RecipeKind, RecipeLayout, Role, Source, Tool, Toolchain, Transform,
    UseValue,
};
pub use permission::{Mode, ModeError, Permission};

/// Everything that can influence a build. Every input is a digest, every path a placeholder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// [`Recipe::SCHEMA`].
    pub schema: String,
    /// Raised by the rule set when old binaries must not be used any more.
    pub epoch: u32,
    /// Absent for a build from source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RecipeKind>,
    /// The package.
    pub name: PackageName,
    /// Its version, as written.
    pub version: Version,
    /// Raised by the packager for a new build of one version; absent for 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub revision: u32,
    /// `cpu`, `os`, `libc`, `level` and whatever else of the target matters to a binary. Values, never labels.
    pub platform: BTreeMap<String, String>,
    /// The flags that the package declares.
    #[serde(rename = "use")]
    pub use_flags: BTreeMap<String, UseValue>,
    /// The compiler.
    pub toolchain: MaybeToolchain,
    /// Inputs in the order in which they are laid over each other.
    pub sources: Vec<Source>,
    /// Digests of the patches, in order.
    pub patches: Vec<Sha256>,
    /// Per phase its name, then the argument vector with placeholders.
    pub phases: Vec<Vec<String>>,
    /// Every variable of the environment that children see.
    pub env: BTreeMap<String, String>,
    /// Direct dependencies that the build can see.
    pub deps: Vec<Dependency>,
    /// Programs that run during the build.
    pub tools: Vec<Tool>,
    /// Steps after the phases, in order.
    pub transforms: Vec<Transform>,
    /// Where files lie in the payload.
    pub layout: RecipeLayout,
    /// What payload entries get beyond the executable bit; absent when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
}

/// Why a text is no recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// Not even canonical JSON.
    #[error("the recipe is not usable")]
    Canonical(#[from] CanonicalError),
    /// JSON, but not of this shape.
    #[error("the recipe has another shape than `{}`", Recipe::SCHEMA)]
    Shape(#[source] serde_json::Error),
    /// Of another schema.
    #[error("expected a recipe of schema `{}`, found `{found}`", Recipe::SCHEMA)]
    Schema {
        /// Its schema.
        found: String,
    },
    /// A phase without a name or without a command.
    #[error("phase {number}: expected a name and a command, found {found} words")]
    Phase {
        /// Counted from 1.
        number: usize,
        /// How many words there are.
        found: usize,
    },
    /// A recipe that runs something has a compiler or none; one that packs has nothing to run.
    #[error("a recipe of kind `pack` has no `{0}`; leave it empty")]
    Pack(&'static str),
    /// A build from source without a toolchain.
    #[error("expected a `toolchain` with `id`, `identity`, `target` and `version`, found `{{}}`")]
    NoToolchain,
    /// One name for two programs.
    #[error("the tool `{name}` has two identities: `{one}` and `{two}`")]
    ToolTwice {
        /// The name.
        name: String,
        /// An identity.
        one: String,
        /// Another one.
        two: String,
    },
    /// A permission for a path that cannot be one.
    #[error("`permissions`")]
    Path(#[from] PathError),
    /// Two permissions for one path.
    #[error("`permissions` has the path `{path}` twice")]
    PermissionTwice {
        /// The path.
        path: String,
    },
    /// A time that is none.
    #[error("`env`: expected `SOURCE_DATE_EPOCH` in seconds since 1970, found `{found}`")]
    Time {
        /// What was there.
        found: String,
    },
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl Recipe {
    /// The schema that this version reads and writes.
    pub const SCHEMA: &'static str = "binpkg-recipe/1";

    /// Reads a recipe in any spelling and brings its set-like lists into order.
    ///
    /// # Errors
    /// JSON that is not canonical, another shape, contradictions.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        Self::from_value(&Value::parse(text)?)
    }

    /// The same, from a value whose references have been replaced.
    ///
    /// # Errors
    /// As [`Recipe::parse`].
    pub fn from_value(value: &Value) -> Result<Self, RecipeError> {
        // Through the canonical text, because only that is known to have no key twice and no reference left.
        let text = value.canonical()?;
        let schema = match value {
            Value::Object(fields) => fields.get("schema"),
            _ => None,
        };
        match schema {
            Some(Value::Text(schema)) if schema != Self::SCHEMA => {
                return Err(RecipeError::Schema { found: schema.clone() });
            }
            _ => {}
        }
        serde_json::from_str::<Self>(&text)
            .map_err(RecipeError::Shape)?
            .checked()
    }

    fn checked(mut self) -> Result<Self, RecipeError> {
        self.deps.sort();
        self.deps.dedup();
        self.tools.sort();
        self.tools.dedup();
        if let Some([one, two]) = self.tools.array_windows().find(|[one, two]| one.name == two.name) {
            let (one, two) = (one.clone(), two.clone());
            return Err(RecipeError::ToolTwice {
                name: one.name,
                one: one.identity,
                two: two.identity,
            });
        }
        self.permissions
            .sort_by(|one, two| one.path.as_bytes().cmp(two.path.as_bytes()));
        for permission in &self.permissions {
            permission.payload_path()?;
        }
        if let Some([one, _]) = self.permissions.array_windows().find(|[one, two]| one.path == two.path) {
            return Err(RecipeError::PermissionTwice { path: one.path.clone() });
        }
        for (phase, number) in self.phases.iter().zip(1..) {
            if phase.len() < 2 || phase.iter().take(2).any(String::is_empty) {
                return Err(RecipeError::Phase {
                    number,
                    found: phase.len(),
                });
            }
        }
        self.check_kind()?;
        self.source_date_epoch()?;
        Ok(self)
    }

    fn check_kind(&self) -> Result<(), RecipeError> {
        let has_toolchain = matches!(self.toolchain, MaybeToolchain::Some(_));
        if self.kind.is_none() {
            return if has_toolchain {
                Ok(())
            } else {
                Err(RecipeError::NoToolchain)
            };
        }
        let left = [
            ("toolchain", has_toolchain),
            ("patches", !self.patches.is_empty()),
            ("phases", !self.phases.is_empty()),
            ("deps", !self.deps.is_empty()),
            ("tools", !self.tools.is_empty()),
            ("transforms", !self.transforms.is_empty()),
        ];
        match left.into_iter().find(|(_, there)| *there) {
            Some((field, _)) => Err(RecipeError::Pack(field)),
            None => Ok(()),
        }
    }

    /// The canonical JSON: what is hashed, executed and published.
    ///
    /// # Errors
    /// A number that canonical JSON cannot hold; none of a recipe's fields can have one.
    pub fn canonical(&self) -> Result<String, RecipeError> {
        let text = serde_json::to_string(self).map_err(CanonicalError::Json)?;
        Ok(Value::parse(&text)?.canonical()?)
    }

    /// The digest of the canonical JSON.
    ///
    /// # Errors
    /// As [`Recipe::canonical`].
    pub fn config_hash(&self) -> Result<Sha256, RecipeError> {
        Ok(Sha256::of(self.canonical()?.as_bytes()))
    }

    /// The one time of the package: `SOURCE_DATE_EPOCH` of the environment, else 0.
    ///
    /// # Errors
    /// A value that is no number of seconds below 2^33, the range of a tar header.
    pub fn source_date_epoch(&self) -> Result<u64, RecipeError> {
        let Some(text) = self.env.get("SOURCE_DATE_EPOCH") else {
            return Ok(0);
        };
        let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        let seconds = text.parse().ok().filter(|seconds: &u64| digits && *seconds < 1 << 33);
        seconds.ok_or_else(|| RecipeError::Time { found: text.clone() })
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
