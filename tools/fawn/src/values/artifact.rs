//! Artifacts: files and directories that actions read and make.

use super::labels::LabelValue;
use crate::action::{self, ActionId};
use crate::label::{ConfiguredProviders, ConfiguredTarget, PackageLabel, join};
use allocative::Allocative;
use anyhow::{Context, Result, bail};
use starlark::any::ProvidesStaticType;
use starlark::collections::StarlarkHasher;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::list::UnpackList;
use starlark::values::none::NoneOr;
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

/// An action that a rule has declared; it gets its id when the analysis of the target ends.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) id: OnceLock<ActionId>,
    /// `category identifier`, for messages.
    pub(crate) name: String,
}

/// An output that a rule has declared.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) owner: Arc<ConfiguredTarget>,
    /// Path in the project.
    pub(crate) path: Arc<str>,
    /// What `short_path` says.
    pub(crate) short: Arc<str>,
    pub(crate) directory: bool,
    /// The action that makes it, once there is one.
    pub(crate) maker: OnceLock<Arc<Pending>>,
}

impl Declared {
    /// Makes `action` the one that creates this output.
    pub(crate) fn bind(&self, action: &Arc<Pending>) -> Result<()> {
        if let Err(action) = self.maker.set(action.clone()) {
            let first = self.maker.get().map(|maker| maker.name.clone()).unwrap_or_default();
            bail!(
                "the output `{}` is made twice: by the action `{first}` and by `{}`; declare another output",
                self.short,
                action.name
            );
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A file or directory of the project.
    Source {
        /// Path in the project.
        path: Arc<str>,
        package: PackageLabel,
        /// Path in the package.
        short: Arc<str>,
    },
    /// An output.
    Declared(Arc<Declared>),
}

/// An artifact, or a path inside one.
#[derive(Clone, Debug)]
pub(crate) struct Artifact {
    pub(crate) origin: Origin,
    /// Path inside a directory output, empty for the output itself.
    pub(crate) inside: Arc<str>,
    /// What `short_path` says where it is not `origin` joined with `inside`.
    short: Option<Arc<str>>,
    /// Built whenever this one is.
    pub(crate) associated: Arc<[Artifact]>,
}

impl Artifact {
    /// An artifact without projection.
    pub(crate) fn new(origin: Origin) -> Self {
        Self {
            origin,
            inside: "".into(),
            short: None,
            associated: Arc::new([]),
        }
    }

    /// A source of a package; both paths name the same file.
    pub(crate) fn source(package: PackageLabel, short: &str, path: &str) -> Self {
        Self::new(Origin::Source {
            path: path.into(),
            package,
            short: short.into(),
        })
    }

    /// The path in the project.
    pub(crate) fn path(&self) -> String {
        match &self.origin {
            Origin::Source { path, .. } => join(path, &self.inside),
            Origin::Declared(declared) => join(&declared.path, &self.inside),
        }
    }

    /// The path from the package (of a source) or from the target's folder (of an output).
    pub(crate) fn short_path(&self) -> String {
        if let Some(short) = &self.short {
            return short.to_string();
        }
        match &self.origin {
            Origin::Source { short, .. } => join(short, &self.inside),
            Origin::Declared(declared) => join(&declared.short, &self.inside),
        }
    }

    /// The last part of the path.
    pub(crate) fn basename(&self) -> String {
        let path = self.path();
        path.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// The output behind it.
    pub(crate) fn declared(&self) -> Option<&Arc<Declared>> {
        match &self.origin {
            Origin::Declared(declared) => Some(declared),
            Origin::Source { .. } => None,
        }
    }

    /// As execution sees it.
    ///
    /// # Errors
    /// No action makes it.
    pub(crate) fn resolve(&self) -> Result<action::Artifact> {
        match &self.origin {
            Origin::Source { path, .. } => Ok(action::Artifact::Source(join(path, &self.inside).into())),
            Origin::Declared(declared) => {
                let id = declared.maker.get().and_then(|maker| maker.id.get());
                let action = id.with_context(|| {
                    format!(
                        "the output `{}` of {} is used but no action makes it; pass it to one with `.as_output()`",
                        declared.short, declared.owner.target
                    )
                })?;
                Ok(action::Artifact::Output {
                    action: *action,
                    root: declared.path.clone(),
                    path: join(&declared.path, &self.inside).into(),
                })
            }
        }
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Source { package, short, .. } => write!(f, "<source {package}/{}>", join(short, &self.inside)),
            Origin::Declared(declared) => {
                write!(
                    f,
                    "<build artifact {} of {}>",
                    join(&declared.short, &self.inside),
                    declared.owner.target
                )
            }
        }
    }
}

/// `Artifact`.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct ArtifactValue(#[allocative(skip)] pub(crate) Artifact);

starlark_simple_value!(ArtifactValue);

/// `OutputArtifact`: an artifact that the action it is given to makes.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct OutputValue(#[allocative(skip)] pub(crate) Artifact);

starlark_simple_value!(OutputValue);

impl ArtifactValue {
    /// Whether it is a file of the project.
    pub(crate) fn is_source(&self) -> bool {
        matches!(self.0.origin, Origin::Source { .. })
    }

    /// Whether it may be handed to dependents: a source, or an output that an action makes.
    pub(crate) fn check_is_input(&self) -> Result<()> {
        match &self.0.origin {
            Origin::Declared(declared) if declared.maker.get().is_none() => bail!(
                "the output `{}` is declared but no action makes it; pass it to one with `.as_output()` first",
                declared.short
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ArtifactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for OutputValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<output of {}>", self.0)
    }
}

#[starlark_value(type = "Artifact")]
impl<'v> StarlarkValue<'v> for ArtifactValue {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = artifact_methods);
        Some(METHODS.methods())
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(ArtifactValue::from_value(other).is_some_and(|other| self.0.path() == other.0.path()))
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.0.path().hash(hasher);
        Ok(())
    }
}

#[starlark_value(type = "OutputArtifact")]
impl<'v> StarlarkValue<'v> for OutputValue {
    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(OutputValue::from_value(other).is_some_and(|other| self.0.path() == other.0.path()))
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.0.path().hash(hasher);
        Ok(())
    }
}

#[starlark_module]
fn artifact_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn basename(this: &ArtifactValue) -> starlark::Result<String> {
        let artifact = &this.0;
        Ok(artifact.basename())
    }

    #[starlark(attribute)]
    fn short_path(this: &ArtifactValue) -> starlark::Result<String> {
        let artifact = &this.0;
        Ok(artifact.short_path())
    }

    #[starlark(attribute)]
    fn extension(this: &ArtifactValue) -> starlark::Result<String> {
        let name = this.0.basename();
        let extension = std::path::Path::new(&name)
            .extension()
            .and_then(|extension| extension.to_str());
        Ok(extension.map(|extension| format!(".{extension}")).unwrap_or_default())
    }

    #[starlark(attribute)]
    fn is_source(this: &ArtifactValue) -> starlark::Result<bool> {
        let source = this.is_source();
        Ok(source)
    }

    #[starlark(attribute)]
    fn owner(this: &ArtifactValue) -> starlark::Result<NoneOr<LabelValue>> {
        let owner = this.0.declared().map(|declared| {
            LabelValue(ConfiguredProviders {
                target: (*declared.owner).clone(),
                sub: Arc::new([]),
            })
        });
        Ok(owner.map_or(NoneOr::None, NoneOr::Other))
    }

    fn as_output(this: &ArtifactValue) -> anyhow::Result<OutputValue> {
        if this.is_source() {
            bail!("`{}` is a source; only declared outputs have `.as_output()`", this.0);
        }
        Ok(OutputValue(this.0.clone()))
    }

    fn project(
        this: &ArtifactValue,
        #[starlark(require = pos)] path: &str,
        #[starlark(require = named, default = false)] hide_prefix: bool,
    ) -> anyhow::Result<ArtifactValue> {
        check_relative(path)?;
        if let Some(declared) = this
            .0
            .declared()
            .filter(|declared| !declared.directory && this.0.inside.is_empty())
        {
            bail!(
                "`{}` is a file; `project` needs an output declared with `dir = True`",
                declared.short
            );
        }
        let mut artifact = this.0.clone();
        artifact.short = if hide_prefix {
            Some(path.into())
        } else {
            artifact.short.as_ref().map(|short| join(short, path).into())
        };
        artifact.inside = join(&artifact.inside, path).into();
        Ok(ArtifactValue(artifact))
    }

    fn with_associated_artifacts<'v>(
        this: &ArtifactValue,
        #[starlark(require = pos)] artifacts: UnpackList<&'v ArtifactValue>,
    ) -> anyhow::Result<ArtifactValue> {
        let mut artifact = this.0.clone();
        let more = artifacts.items.into_iter().map(|artifact| artifact.0.clone());
        artifact.associated = artifact.associated.iter().cloned().chain(more).collect();
        Ok(ArtifactValue(artifact))
    }
}

/// Refuses a path that is absolute, empty, or has `.`, `..` or empty parts.
pub(crate) fn check_relative(path: &str) -> Result<()> {
    if path.is_empty() || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        bail!("`{path}` is no relative path without `.` and `..`");
    }
    Ok(())
}
