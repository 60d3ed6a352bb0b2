//! Attribute values as rules see them.

use super::analyzed::{Analyzed, Providers};
use super::dependency::{DependencyGen, builtin_in};
use crate::attrs::{ArgPart, Attr, Dep, Source};
use crate::cells::Cells;
use crate::label::{Configuration, ConfiguredProviders, ConfiguredTarget, ProvidersLabel};
use crate::providers::ProviderId;
use crate::values::artifact::{Artifact, ArtifactValue};
use crate::values::cmd_args::{CmdArgs, Content, Item};
use crate::values::cmd_options::Options;
use crate::values::labels::{LabelValue, ProvidersLabelValue};
use anyhow::{Context, Result, bail};
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::AllocTuple;
use starlark::values::{Heap, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Turns the attributes of one target into values.
pub(super) struct Binder<'a, 'v> {
    pub(super) heap: Heap<'v>,
    pub(super) cells: &'a Cells,
    /// The target's own configuration.
    pub(super) cfg: &'a Configuration,
    /// The analysed dependencies.
    pub(super) deps: &'a HashMap<ConfiguredTarget, Arc<Analyzed>>,
}

impl<'v> Binder<'_, 'v> {
    /// The value of an attribute.
    pub(super) fn value(&self, attr: &Attr) -> Result<Value<'v>> {
        let heap = self.heap;
        Ok(match attr {
            Attr::None => Value::new_none(),
            Attr::Bool(flag) => Value::new_bool(*flag),
            Attr::Int(number) => heap.alloc(*number),
            Attr::Str(text) | Attr::Enum(text) => heap.alloc(&**text),
            Attr::List(items) => heap.alloc(AllocList(self.values(items)?)),
            Attr::Tuple(items) => heap.alloc(AllocTuple(self.values(items)?)),
            Attr::Dict(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Ok((self.value(key)?, self.value(value)?)));
                heap.alloc(AllocDict(entries.collect::<Result<Vec<_>>>()?))
            }
            Attr::Label(label) => self.label(label),
            Attr::Configuration(label) => heap.alloc(ProvidersLabelValue(label.clone())),
            Attr::Source(Source::File { package, path }) => {
                let project = self.cells.project_path(&package.cell, &package.join(path));
                heap.alloc(ArtifactValue(Artifact::source(package.clone(), path, &project)))
            }
            Attr::Source(Source::Dep(dep)) => self.source(dep)?,
            Attr::Dep(dep) => self.dependency(dep)?,
            Attr::Arg(parts) => heap.alloc(self.arg(parts)?),
            Attr::Select(_) | Attr::Concat(_) | Attr::Incompatible(_) => unreachable!("resolved by configuration"),
        })
    }

    fn values(&self, attrs: &[Attr]) -> Result<Vec<Value<'v>>> {
        attrs.iter().map(|attr| self.value(attr)).collect()
    }

    /// A label that is no dependency, in the target's configuration as Buck2 gives it.
    fn label(&self, label: &ProvidersLabel) -> Value<'v> {
        self.heap.alloc(LabelValue(ConfiguredProviders {
            target: ConfiguredTarget::new(label.target.clone(), self.cfg.clone()),
            sub: label.sub.clone(),
        }))
    }

    fn providers(&self, dep: &Dep) -> Result<Providers> {
        let configured = dep
            .configured
            .as_ref()
            .context("a dependency that was not configured")?;
        let analyzed = self
            .deps
            .get(configured)
            .with_context(|| format!("`{configured}` was not analysed"))?;
        let providers = analyzed.providers.sub_target(&dep.label)?;
        for id in dep.providers.iter() {
            if providers.collection().get(id).is_none() {
                return Err(missing_provider(dep, id, &providers));
            }
        }
        Ok(providers)
    }

    fn collection(&self, dep: &Dep) -> Result<Value<'v>> {
        Ok(self.heap.access_owned_frozen_value(&self.providers(dep)?.value))
    }

    fn dependency(&self, dep: &Dep) -> Result<Value<'v>> {
        let label = dep.resolved().context("a dependency that was not configured")?;
        let providers = self.collection(dep)?;
        Ok(self
            .heap
            .alloc(DependencyGen::new(self.heap.alloc(LabelValue(label)), providers)))
    }

    fn outputs(&self, dep: &Dep) -> Result<Vec<Value<'v>>> {
        let info = builtin_in(self.collection(dep)?, "DefaultInfo");
        let outputs = info
            .and_then(|info| info.field("default_outputs"))
            .and_then(ListRef::from_value);
        Ok(outputs.iter().flat_map(|outputs| outputs.iter()).collect())
    }

    fn source(&self, dep: &Dep) -> Result<Value<'v>> {
        match self.outputs(dep)?[..] {
            [output] => Ok(output),
            ref outputs => bail!(
                "`{}` is used as a source and must have exactly one default output; it has {}",
                dep.label,
                outputs.len()
            ),
        }
    }

    fn arg(&self, parts: &[ArgPart]) -> Result<CmdArgs> {
        let mut items = Vec::with_capacity(parts.len());
        for part in parts {
            items.push(match part {
                ArgPart::Text(text) => Item::Text(text.clone()),
                ArgPart::Location(dep) => Item::Nested(joined(self.outputs(dep)?, " ")?),
                ArgPart::Exe(dep) => {
                    let info = builtin_in(self.collection(dep)?, "RunInfo");
                    let args = info.and_then(|info| info.field("args"));
                    let args = args
                        .with_context(|| format!("`$(exe {})`: the target cannot be run (no `RunInfo`)", dep.label))?;
                    Item::Nested(joined([args], " ")?)
                }
                ArgPart::Variable(name) => Item::Nested(joined([self.variable(name)?], " ")?),
                ArgPart::Keyed { name, dep, argument } => {
                    Item::Nested(joined([self.keyed(name, dep, argument.as_deref())?], " ")?)
                }
            });
        }
        let arg = with_delimiter(items, "");
        arg.lock().is_arg = true;
        Ok(arg)
    }

    fn variable(&self, name: &str) -> Result<Value<'v>> {
        for analyzed in self.deps.values() {
            let collection = self.heap.access_owned_frozen_value(&analyzed.providers.value);
            let info = builtin_in(collection, "TemplatePlaceholderInfo");
            let variables = info
                .and_then(|info| info.field("unkeyed_variables"))
                .and_then(DictRef::from_value);
            if let Some(value) = variables.and_then(|variables| variables.get_str(name)) {
                return Ok(value);
            }
        }
        bail!(
            "no dependency defines the variable `$({name})` (`TemplatePlaceholderInfo`); write `\\$({name})` for literal text"
        )
    }

    fn keyed(&self, name: &str, dep: &Dep, argument: Option<&str>) -> Result<Value<'v>> {
        let info = builtin_in(self.collection(dep)?, "TemplatePlaceholderInfo");
        let variables = info
            .and_then(|info| info.field("keyed_variables"))
            .and_then(DictRef::from_value);
        let value = variables.and_then(|variables| variables.get_str(name));
        let value =
            value.with_context(|| format!("`{}` defines no `$({name} …)` (`TemplatePlaceholderInfo`)", dep.label))?;
        match (DictRef::from_value(value), argument) {
            (Some(by_argument), argument) => {
                let key = argument.unwrap_or("DEFAULT");
                by_argument
                    .get_str(key)
                    .with_context(|| format!("`$({name} {})` has no variant `{key}`", dep.label))
            }
            (None, None) => Ok(value),
            (None, Some(argument)) => bail!("`$({name} {} {argument})` takes no argument", dep.label),
        }
    }
}

fn joined<'v>(values: impl IntoIterator<Item = Value<'v>>, delimiter: &str) -> Result<CmdArgs> {
    let items = CmdArgs::from_items(values)?.content().items;
    Ok(with_delimiter(items, delimiter))
}

fn with_delimiter(items: Vec<Item>, delimiter: &str) -> CmdArgs {
    CmdArgs::new(Content {
        items,
        hidden: Vec::new(),
        options: Some(Arc::new(Options {
            delimiter: Some(delimiter.to_owned()),
            ..Options::default()
        })),
        is_arg: false,
    })
}

fn missing_provider(dep: &Dep, id: &ProviderId, providers: &Providers) -> anyhow::Error {
    let names: Vec<_> = providers
        .collection()
        .iter()
        .map(|(provider, _)| provider.id().name.to_string())
        .collect();
    anyhow::anyhow!(
        "`{}` must provide `{}`, but it provides only: {}",
        dep.label,
        id.name,
        names.join(", ")
    )
}
