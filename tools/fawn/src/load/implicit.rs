//! Symbols that files have without a `load`.

use super::context::FileId;
use super::loader::ModuleKey;
use crate::cells::Cells;
use crate::files::is_below;
use crate::label::PackageLabel;
use anyhow::{Context, Result, bail};
use starlark::environment::{FrozenModule, Module};
use starlark::values::ValueLike;
use starlark::values::structs::StructRef;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The prelude's cell as the root cell sees it.
pub(crate) fn prelude_cell(cells: &Cells) -> Option<Arc<str>> {
    cells.resolve(&cells.root().name, "prelude").ok()
}

/// `prelude//:prelude.bzl`, for files outside the prelude.
pub(crate) fn prelude(cells: &Cells, file_cell: &str) -> Option<ModuleKey> {
    let cell = prelude_cell(cells).filter(|cell| **cell != *file_cell)?;
    Some(ModuleKey {
        file: FileId {
            cell: cell.clone(),
            path: "prelude.bzl".into(),
        },
        build_cell: cell,
    })
}

/// The file of `[buildfile] includes`, for build files of a cell.
pub(crate) fn include(cells: &Cells, cell: &str) -> Result<Option<ModuleKey>> {
    let Some(value) = cells.get(cell).config.value("buildfile", "includes") else {
        return Ok(None);
    };
    let text = value.as_str().trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.contains(char::is_whitespace) {
        bail!(
            "{}: `[buildfile] includes` names one file, found `{text}`",
            value.origin()
        );
    }
    Ok(Some(
        module(cells, cell, text).with_context(|| value.origin().to_string())?,
    ))
}

/// A path such as `//rules/api.bzl` or `cell//rules/api.bzl`.
fn module(cells: &Cells, cell: &str, text: &str) -> Result<ModuleKey> {
    let Some((alias, path)) = text.trim_start_matches('@').split_once("//") else {
        bail!("`{text}` is no path of the form `//folder/file.bzl`");
    };
    Ok(ModuleKey {
        file: FileId {
            cell: cells.resolve(cell, alias)?,
            path: path.replacen(':', "/", 1).trim_start_matches('/').into(),
        },
        build_cell: cell.into(),
    })
}

/// A file, and name → symbol of it.
type PackageInclude = (ModuleKey, BTreeMap<String, String>);

/// What `[buildfile] package_includes` gives to a package.
pub(crate) fn package_include(cells: &Cells, package: &PackageLabel) -> Result<Option<PackageInclude>> {
    let Some(value) = cells.get(&package.cell).config.value("buildfile", "package_includes") else {
        return Ok(None);
    };
    let mut best: Option<(usize, PackageInclude)> = None;
    for entry in value
        .as_str()
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
    {
        let bad = || {
            format!(
                "{}: `{entry}` is not of the form `folder=>//file.bzl::name=symbol`",
                value.origin()
            )
        };
        let (folder, rest) = entry.split_once("=>").with_context(bad)?;
        let (path, symbols) = rest.split_once("::").with_context(bad)?;
        if !is_below(&package.path, folder) || best.as_ref().is_some_and(|(length, _)| *length > folder.len()) {
            continue;
        }
        let names = symbols.split("::").map(|symbol| {
            let (name, symbol) = symbol.split_once('=').unwrap_or((symbol, symbol));
            (name.to_owned(), symbol.to_owned())
        });
        best = Some((
            folder.len(),
            (module(cells, &package.cell, path).with_context(bad)?, names.collect()),
        ));
    }
    Ok(best.map(|(_, include)| include))
}

/// Makes the members of the prelude's struct `native` symbols of a build file.
pub(crate) fn spread_native(module: &Module<'_>, prelude: &FrozenModule) -> Result<()> {
    let Some(native) = prelude.get_option("native")? else {
        return Ok(());
    };
    let native = module.heap().access_owned_frozen_value(&native);
    let Some(members) = StructRef::from_value(native) else {
        bail!(
            "`native` of the prelude must be a struct, found `{}`",
            native.get_type()
        );
    };
    for (name, value) in members.iter() {
        module.set(name.as_str(), value.to_value());
    }
    Ok(())
}
