//! What a rule returned, as a whole.

use super::id::{ProviderId, provider_id_of};
use super::instance::Provider;
use allocative::Allocative;
use anyhow::{Context, Result, bail};
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::environment::{Methods, MethodsBuilder};
use starlark::starlark_complex_value;
use starlark::starlark_module;
use starlark::values::list::ListRef;
use starlark::values::none::NoneOr;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use std::fmt;
use std::sync::Arc;

/// The providers of a target or sub-target, one of each kind.
#[derive(Clone, Debug, Trace, Coerce, Freeze, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
#[repr(C)]
pub(crate) struct CollectionGen<V: ValueLifetimeless> {
    providers: Box<[V]>,
}

starlark_complex_value!(pub(crate) Collection);

impl<'v, V: ValueLike<'v>> CollectionGen<V> {
    /// The provider of this kind.
    pub(crate) fn get(&self, id: &ProviderId) -> Option<Value<'v>> {
        self.iter()
            .find(|(provider, _)| **provider.id() == *id)
            .map(|(_, value)| value)
    }

    /// The provider of the engine with this name.
    pub(crate) fn builtin(&self, name: &str) -> Option<&'v Provider<'v>> {
        let value = self.get(&ProviderId::builtin(name))?;
        Provider::from_value(value)
    }

    /// All providers in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'v Provider<'v>, Value<'v>)> + '_ {
        self.providers.iter().filter_map(|value| {
            let value = value.to_value();
            Some((Provider::from_value(value)?, value))
        })
    }

    /// The sub-target `name`, from `DefaultInfo`.
    pub(crate) fn sub_target(&self, name: &str) -> Option<Value<'v>> {
        let sub_targets = self.builtin("DefaultInfo")?.field("sub_targets")?;
        let sub_targets = starlark::values::dict::DictRef::from_value(sub_targets)?;
        sub_targets.get_str(name)
    }

    /// The names of all sub-targets.
    pub(crate) fn sub_targets(&self) -> Vec<String> {
        let dict = self.builtin("DefaultInfo").and_then(|info| info.field("sub_targets"));
        let dict = dict.and_then(starlark::values::dict::DictRef::from_value);
        dict.iter()
            .flat_map(|dict| dict.keys())
            .map(|name| name.to_str())
            .collect()
    }

    fn wanted(&self, index: Value<'v>) -> Result<Option<Value<'v>>> {
        let id = provider_id_of(index)
            .with_context(|| format!("expected a provider such as `DefaultInfo`, found `{index}`"))?;
        Ok(self.get(&id))
    }

    fn names(&self) -> String {
        let names: Vec<_> = self
            .iter()
            .map(|(provider, _)| format!("`{}`", provider.id().name))
            .collect();
        names.join(", ")
    }
}

impl<'v, V: ValueLike<'v>> fmt::Display for CollectionGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Providers([")?;
        for (index, (_, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{value}")?;
        }
        f.write_str("])")
    }
}

#[starlark_value(type = "ProviderCollection")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for CollectionGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = collection_methods);
        Some(METHODS.methods())
    }

    fn at(&self, index: Value<'v>, _heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let found = self.wanted(index).map_err(starlark::Error::new_other)?;
        found.ok_or_else(|| {
            starlark::Error::new_other(anyhow::anyhow!("no provider `{index}`; there are {}", self.names()))
        })
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(self.wanted(other).map_err(starlark::Error::new_other)?.is_some())
    }
}

#[starlark_module]
fn collection_methods(builder: &mut MethodsBuilder) {
    fn get<'v>(
        this: &Collection<'v>,
        #[starlark(require = pos)] index: Value<'v>,
    ) -> anyhow::Result<NoneOr<Value<'v>>> {
        Ok(this.wanted(index)?.map_or(NoneOr::None, NoneOr::Other))
    }
}

/// Makes a collection of what a rule (or an entry of `sub_targets`) gives. `DefaultInfo` is required of rules and
/// added to sub-targets that lack it.
pub(crate) fn collect<'v>(value: Value<'v>, heap: Heap<'v>, default: Option<Value<'v>>) -> Result<Value<'v>> {
    if Collection::from_value(value).is_some() {
        return Ok(value);
    }
    let Some(list) = ListRef::from_value(value) else {
        bail!("expected a list of providers, found `{}`", value.to_repr());
    };
    let mut ids: Vec<Arc<ProviderId>> = Vec::new();
    let mut providers = Vec::new();
    for item in list.iter() {
        let provider = Provider::from_value(item).with_context(|| {
            format!(
                "expected a list of providers, but it has `{}` of type `{}`",
                item.to_repr(),
                item.get_type()
            )
        })?;
        if ids.contains(provider.id()) {
            bail!("the provider `{}` is returned twice", provider.id().name);
        }
        ids.push(provider.id().clone());
        providers.push(item);
    }
    if !ids.iter().any(|id| **id == ProviderId::builtin("DefaultInfo")) {
        match default {
            Some(default) => providers.push(default),
            None => bail!("`DefaultInfo` is missing; every rule returns it, if only as `DefaultInfo()`"),
        }
    }
    Ok(heap.alloc(CollectionGen {
        providers: providers.into_boxed_slice(),
    }))
}
