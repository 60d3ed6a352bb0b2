//! From Starlark values to attribute values.

use super::macros;
use super::select::{IncompatibleBranch, Parts, Select};
use super::ty::{AttrType, DepKind};
use super::value::{Attr, Dep, How, Selector, Source};
use crate::label::{PackageLabel, ProvidersLabel, Scope, parse_providers, parse_target};
use crate::providers::ProviderId;
use anyhow::{Context, Result, bail};
use starlark::values::dict::DictRef;
use starlark::values::list::ListRef;
use starlark::values::tuple::TupleRef;
use starlark::values::{UnpackValue, Value};
use std::sync::Arc;

/// Knows the files of a package.
pub(crate) trait Files {
    /// Refuses a path that is no file of the package (nor a directory, where these are allowed).
    fn check(&self, path: &str, allow_directory: bool) -> Result<()>;
}

/// Where values are written.
#[derive(Clone, Copy)]
pub(crate) struct Coercer<'a> {
    pub(crate) scope: Scope<'a>,
    /// The files of the package; `None` outside build files, where only labels can be sources.
    pub(crate) files: Option<&'a dyn Files>,
}

/// Turns a value into an attribute value of this type.
///
/// # Errors
/// What was expected and what was found.
pub(crate) fn coerce(value: Value<'_>, ty: &AttrType, coercer: Coercer<'_>) -> Result<Attr> {
    if let Some(incompatible) = IncompatibleBranch::from_value(value) {
        return Ok(Attr::Incompatible(incompatible.0.as_str().into()));
    }
    match Select::from_value(value).map(|select| select.parts()) {
        None => plain(value, ty, coercer),
        Some(Parts::Choice(dict)) => choice(dict, ty, coercer),
        Some(Parts::Sum(left, right)) => {
            if !joins(ty) {
                bail!("values of `{ty}` cannot be joined with `+`");
            }
            let mut parts = Vec::new();
            for value in [left, right] {
                match coerce(value, ty, coercer)? {
                    Attr::Concat(inner) => parts.extend(inner.iter().cloned()),
                    other => parts.push(other),
                }
            }
            Ok(Attr::Concat(parts.into()))
        }
    }
}

fn joins(ty: &AttrType) -> bool {
    match ty {
        AttrType::List(_) | AttrType::Dict(..) | AttrType::String | AttrType::Arg | AttrType::Any => true,
        AttrType::Option(inner) => joins(inner),
        AttrType::OneOf(types) => types.iter().any(joins),
        _ => false,
    }
}

fn choice(dict: Value<'_>, ty: &AttrType, coercer: Coercer<'_>) -> Result<Attr> {
    let mut entries = Vec::new();
    let mut default = None;
    for (key, value) in DictRef::from_value(dict).iter().flat_map(|dict| dict.iter()) {
        let key = key.unpack_str().unwrap_or_default();
        let value = if value.is_none() {
            Attr::None // The attribute's default, as everywhere.
        } else {
            coerce(value, ty, coercer).with_context(|| format!("in the branch \"{key}\" of a select"))?
        };
        if key == "DEFAULT" {
            default = Some(value);
        } else {
            let label = parse_providers(key, coercer.scope).context("in a key of `select`")?;
            entries.push((label, value));
        }
    }
    Ok(Attr::Select(Arc::new(Selector { entries, default })))
}

fn plain(value: Value<'_>, ty: &AttrType, coercer: Coercer<'_>) -> Result<Attr> {
    let mismatch = || {
        format!(
            "expected `{ty}`, found `{}` of type `{}`",
            value.to_repr(),
            value.get_type()
        )
    };
    let text = || value.unpack_str().with_context(mismatch);
    match ty {
        AttrType::Any => any(value),
        AttrType::Bool => Ok(Attr::Bool(value.unpack_bool().with_context(mismatch)?)),
        AttrType::Int => match i64::unpack_value(value) {
            Ok(Some(number)) => Ok(Attr::Int(number)),
            _ => bail!(mismatch()),
        },
        AttrType::String => Ok(Attr::Str(text()?.into())),
        AttrType::Enum(variants) => {
            let lower = text()?.to_lowercase();
            let variant = variants
                .iter()
                .find(|variant| ***variant == *lower)
                .with_context(mismatch)?;
            Ok(Attr::Enum(variant.clone()))
        }
        AttrType::Label => Ok(Attr::Label(label(text()?, coercer)?)),
        AttrType::ConfigurationLabel => Ok(Attr::Configuration(label(text()?, coercer)?)),
        AttrType::Source { allow_directory } => source(text()?, *allow_directory, coercer),
        AttrType::Dep { kind, providers } => {
            let how = match kind {
                DepKind::Target => How::Target,
                DepKind::Exec => How::Exec,
                DepKind::Toolchain => How::Toolchain,
            };
            Ok(Attr::Dep(dep(label(text()?, coercer)?, how, providers)))
        }
        AttrType::ConfiguredDep { providers } => {
            let [target, platform] =
                pair(value).with_context(|| format!("{}; write `(label, platform)`", mismatch()))?;
            let platform = parse_target(platform, coercer.scope)?;
            Ok(Attr::Dep(dep(
                label(target, coercer)?,
                How::Platform(platform),
                providers,
            )))
        }
        AttrType::TransitionDep {
            transition: Some(transition),
            providers,
        } => Ok(Attr::Dep(dep(
            label(text()?, coercer)?,
            How::Transition(transition.clone()),
            providers,
        ))),
        AttrType::TransitionDep {
            transition: None,
            providers,
        } => {
            let [target, transition] =
                pair(value).with_context(|| format!("{}; write `(label, transition)`", mismatch()))?;
            let transition = parse_target(transition, coercer.scope)?;
            Ok(Attr::Dep(dep(
                label(target, coercer)?,
                How::Transition(transition),
                providers,
            )))
        }
        AttrType::Arg => Ok(Attr::Arg(macros::parse(text()?, &|text| label(text, coercer))?.into())),
        AttrType::List(inner) => {
            let items = elements(value).with_context(mismatch)?;
            let coerced = items.into_iter().map(|item| coerce(item, inner, coercer));
            Ok(Attr::List(coerced.collect::<Result<Vec<_>>>()?.into()))
        }
        AttrType::Tuple(types) => {
            let items = elements(value)
                .filter(|items| items.len() == types.len())
                .with_context(mismatch)?;
            let coerced = items.into_iter().zip(types).map(|(item, ty)| coerce(item, ty, coercer));
            Ok(Attr::Tuple(coerced.collect::<Result<Vec<_>>>()?.into()))
        }
        AttrType::Dict(key, inner) => {
            let entries = DictRef::from_value(value).with_context(mismatch)?;
            let coerced = entries.iter().map(|(name, value)| {
                let value =
                    coerce(value, inner, coercer).with_context(|| format!("in the entry {}", name.to_repr()))?;
                Ok((coerce(name, key, coercer)?, value))
            });
            Ok(Attr::Dict(coerced.collect::<Result<Vec<_>>>()?.into()))
        }
        AttrType::Option(_) if value.is_none() => Ok(Attr::None),
        AttrType::Option(inner) => coerce(value, inner, coercer),
        AttrType::OneOf(types) => {
            let mut refusals = Vec::new();
            for ty in types {
                match coerce(value, ty, coercer) {
                    Ok(attr) => return Ok(attr),
                    Err(error) => refusals.push(format!("{error:#}")),
                }
            }
            bail!("no alternative fits: {}", refusals.join("; "))
        }
    }
}

fn label(text: &str, coercer: Coercer<'_>) -> Result<ProvidersLabel> {
    parse_providers(text, coercer.scope)
}

fn dep(label: ProvidersLabel, how: How, providers: &Arc<[Arc<ProviderId>]>) -> Dep {
    Dep {
        label,
        how,
        providers: providers.clone(),
        configured: None,
    }
}

fn pair<'v>(value: Value<'v>) -> Option<[&'v str; 2]> {
    let [first, second] = TupleRef::from_value(value)?.content() else {
        return None;
    };
    Some([first.unpack_str()?, second.unpack_str()?])
}

fn elements(value: Value<'_>) -> Option<Vec<Value<'_>>> {
    if let Some(list) = ListRef::from_value(value) {
        return Some(list.iter().collect());
    }
    TupleRef::from_value(value).map(|tuple| tuple.iter().collect())
}

fn source(text: &str, allow_directory: bool, coercer: Coercer<'_>) -> Result<Attr> {
    if text.starts_with(':') || text.contains("//") {
        let none: Arc<[Arc<ProviderId>]> = Arc::new([]);
        return Ok(Attr::Source(Source::Dep(dep(
            label(text, coercer)?,
            How::Target,
            &none,
        ))));
    }
    let (Some(files), Some(package)) = (coercer.files, coercer.scope.package) else {
        bail!("`{text}` is a file path, but a default can only be a label; export the file with `export_file`");
    };
    let path = text.trim_end_matches('/');
    files.check(path, allow_directory)?;
    Ok(Attr::Source(Source::File {
        package: PackageLabel::new(coercer.scope.cell, package),
        path: path.into(),
    }))
}

/// Anything that JSON can hold.
fn any(value: Value<'_>) -> Result<Attr> {
    if value.is_none() {
        return Ok(Attr::None);
    }
    if let Some(flag) = value.unpack_bool() {
        return Ok(Attr::Bool(flag));
    }
    if let Some(text) = value.unpack_str() {
        return Ok(Attr::Str(text.into()));
    }
    if let Ok(Some(number)) = i64::unpack_value(value) {
        return Ok(Attr::Int(number));
    }
    if let Some(list) = ListRef::from_value(value) {
        return Ok(Attr::List(list.iter().map(any).collect::<Result<Vec<_>>>()?.into()));
    }
    if let Some(tuple) = TupleRef::from_value(value) {
        return Ok(Attr::Tuple(tuple.iter().map(any).collect::<Result<Vec<_>>>()?.into()));
    }
    let Some(dict) = DictRef::from_value(value) else {
        bail!(
            "expected a string, number, bool, None, list, tuple or dict, found `{}` of type `{}`",
            value.to_repr(),
            value.get_type()
        );
    };
    let entries = dict.iter().map(|(key, value)| Ok((any(key)?, any(value)?)));
    Ok(Attr::Dict(entries.collect::<Result<Vec<_>>>()?.into()))
}
