//! The result of analysing a target.

use crate::action::ActionId;
use crate::attrs::closest;
use crate::label::{ConfiguredTarget, ProvidersLabel};
use crate::providers::{Collection, FrozenCollection, FrozenProvider, Provider, ProviderId};
use crate::session::Validation;
use anyhow::{Context, Result, bail};
use starlark::values::{OwnedFrozenValue, Value, ValueLike};
use std::sync::Arc;

/// The providers of a target or sub-target, alive as long as this value.
#[derive(Clone, Debug)]
pub(crate) struct Providers {
    pub(crate) value: OwnedFrozenValue,
}

impl Providers {
    /// The collection.
    pub(crate) fn collection(&self) -> &Collection<'_> {
        // Made by `collect` and frozen by analysis.
        Collection::from_value(self.value.value()).unwrap_or_else(|| unreachable!("no collection"))
    }

    /// The engine's provider of this name.
    pub(crate) fn builtin(&self, name: &str) -> Option<&Provider<'_>> {
        self.collection().builtin(name)
    }

    /// The engine's provider of this name as a value that outlives this one.
    pub(crate) fn value_of(&self, name: &str) -> Option<OwnedFrozenValue> {
        let frozen = self.collection().get(&ProviderId::builtin(name))?.unpack_frozen()?;
        Some(self.value.map(|_| frozen))
    }

    /// A field of one of the engine's providers.
    pub(crate) fn owned(&self, name: &str, field: &str) -> Option<OwnedFrozenValue> {
        let provider = self.value_of(name)?;
        let value = provider
            .value()
            .unpack_frozen()?
            .downcast_ref::<FrozenProvider>()?
            .field(field)?;
        Some(provider.map(|_| value))
    }

    /// The providers of a sub-target.
    ///
    /// # Errors
    /// There is none of this name.
    pub(crate) fn sub_target(&self, label: &ProvidersLabel) -> Result<Providers> {
        let mut found = self.clone();
        for name in label.sub.iter() {
            let next = found.collection().sub_target(name).and_then(Value::unpack_frozen);
            let Some(next) = next.filter(|next| next.downcast_ref::<FrozenCollection>().is_some()) else {
                let names = found.collection().sub_targets();
                let near = closest(name, names.iter().map(String::as_str));
                match (near, names.is_empty()) {
                    (Some(near), _) => bail!("`{label}`: no sub-target `{name}`; did you mean `[{near}]`?"),
                    (None, true) => bail!("`{label}`: `{}` has no sub-targets", label.target),
                    (None, false) => bail!("`{label}`: no sub-target `{name}`; there are: {}", names.join(", ")),
                }
            };
            found = Providers {
                value: found.value.map(|_| next),
            };
        }
        Ok(found)
    }
}

/// An analysed target.
#[derive(Debug)]
pub(crate) struct Analyzed {
    pub(crate) label: ConfiguredTarget,
    pub(crate) providers: Providers,
    /// Its own checks.
    pub(crate) validations: Vec<Validation>,
    /// Whether this target or anything that it depends on has checks.
    pub(crate) is_checked: bool,
    /// What it depends on.
    pub(crate) deps: Vec<Arc<Analyzed>>,
    /// The actions that it declared.
    pub(crate) actions: Vec<ActionId>,
}

impl Analyzed {
    /// The checks of this target and of everything it depends on, each once.
    pub(crate) fn all_validations(self: &Arc<Self>) -> Vec<Validation> {
        let mut found = Vec::new();
        self.each_checked(&mut |analyzed| found.extend(analyzed.validations.iter().cloned()));
        found
    }

    /// Visits this target and everything it depends on that has checks, dependencies first, each once. Whole graphs
    /// without checks are passed over: they are the rule, and every requested target asks.
    fn each_checked<'a>(self: &'a Arc<Self>, visit: &mut dyn FnMut(&'a Arc<Analyzed>)) {
        fn walk<'a>(
            analyzed: &'a Arc<Analyzed>,
            seen: &mut std::collections::HashSet<*const Analyzed>,
            visit: &mut dyn FnMut(&'a Arc<Analyzed>),
        ) {
            if analyzed.is_checked && seen.insert(Arc::as_ptr(analyzed)) {
                analyzed.deps.iter().for_each(|dep| walk(dep, seen, visit));
                visit(analyzed);
            }
        }
        walk(self, &mut std::collections::HashSet::new(), visit);
    }
}

/// The text of a frozen string field.
pub(crate) fn text(provider: &Provider<'_>, field: &str) -> Result<String> {
    let value = provider.field(field).with_context(|| format!("no field `{field}`"))?;
    Ok(value.to_str())
}
