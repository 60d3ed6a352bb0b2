//! What a file that is being evaluated knows of its surroundings.

use super::listing::Listing;
use super::package_file::{PackageFileDraft, PackageInfo};
use super::target::Target;
use crate::cells::Cells;
use crate::label::{PackageLabel, Scope};
use anyhow::{Result, bail};
use starlark::any::ProvidesStaticType;
use starlark::eval::Evaluator;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A file of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FileId {
    /// The cell that owns it.
    pub(crate) cell: Arc<str>,
    /// Its path there.
    pub(crate) path: Arc<str>,
}

impl FileId {
    /// The folder it lies in.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

impl std::fmt::Display for FileId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &self.path[self.folder().len()..];
        write!(f, "{}//{}:{}", self.cell, self.folder(), name.trim_start_matches('/'))
    }
}

/// The surroundings of a file under evaluation.
#[derive(ProvidesStaticType)]
pub(crate) struct FileContext<'a> {
    pub(crate) cells: &'a Cells,
    /// The file whose top level is being evaluated.
    pub(crate) file: FileId,
    /// The cell whose settings `read_config` reads: that of the build file at the root of the chain of loads.
    pub(crate) build_cell: Arc<str>,
    pub(crate) stage: Stage<'a>,
}

/// What kind of file it is.
pub(crate) enum Stage<'a> {
    Bzl,
    Build(BuildFile<'a>),
    Package(PackageFileDraft<'a>),
    /// A rule's implementation, which may read settings but declares nothing.
    Rule,
}

/// A build file under evaluation.
pub(crate) struct BuildFile<'a> {
    pub(crate) package: PackageLabel,
    pub(crate) listing: &'a Listing<'a>,
    /// What the `PACKAGE` files above say.
    pub(crate) info: Arc<PackageInfo>,
    /// The targets so far.
    pub(crate) targets: RefCell<BTreeMap<Arc<str>, Target>>,
    /// Symbols that `[buildfile] package_includes` gives to the package.
    pub(crate) implicits: Option<starlark::environment::FrozenModule>,
    pub(crate) implicit_names: BTreeMap<String, String>,
}

impl<'a> FileContext<'a> {
    /// The surroundings of the running evaluation; `function` is named in the refusal.
    ///
    /// # Errors
    /// No file is being loaded, because a rule is being analysed.
    pub(crate) fn of<'x, 'v, 'e>(eval: &'x Evaluator<'v, 'a, 'e>, function: &str) -> Result<&'x FileContext<'e>> {
        match Self::any(eval) {
            Some(context) if !matches!(context.stage, Stage::Rule) => Ok(context),
            _ => bail!("`{function}` can be used only while a file is loaded, not in a rule's implementation"),
        }
    }

    /// The surroundings of the running evaluation, be it of a file or of a rule.
    pub(crate) fn any<'x, 'v, 'e>(eval: &'x Evaluator<'v, 'a, 'e>) -> Option<&'x FileContext<'e>> {
        eval.extra.and_then(|extra| extra.downcast_ref::<FileContext<'e>>())
    }

    /// The build file under evaluation.
    ///
    /// # Errors
    /// Another kind of file is under evaluation.
    pub(crate) fn build_file(&self, function: &str) -> Result<&BuildFile<'a>> {
        match &self.stage {
            Stage::Build(build) => Ok(build),
            Stage::Bzl => bail!(
                "`{function}` works only when called from a build file, not while `{}` loads",
                self.file
            ),
            Stage::Package(_) | Stage::Rule => {
                bail!("`{function}` works only when called from a build file, not from a PACKAGE file")
            }
        }
    }

    /// The PACKAGE file under evaluation.
    ///
    /// # Errors
    /// Another kind of file is under evaluation.
    pub(crate) fn package_file(&self, function: &str) -> Result<&PackageFileDraft<'a>> {
        match &self.stage {
            Stage::Package(draft) => Ok(draft),
            _ => bail!("`{function}` works only when called from a PACKAGE file"),
        }
    }

    /// `cell//folder/file.bzl`, of the file itself: what providers and rules are identified by.
    pub(crate) fn file_label(&self) -> String {
        format!("{}//{}", self.file.cell, self.file.path)
    }

    /// What labels in attribute defaults mean: they belong to the cell of the file, and are never relative.
    pub(crate) fn default_scope(&self) -> Scope<'_> {
        Scope {
            cells: self.cells,
            cell: &self.file.cell,
            package: None,
        }
    }
}
