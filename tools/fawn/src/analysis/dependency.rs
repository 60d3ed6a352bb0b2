//! `Dependency`: what a dependency attribute gives to a rule.

use crate::attrs::closest;
use crate::providers::{Collection, Provider, ProviderId, provider_id_of};
use crate::values::labels::LabelValue;
use allocative::Allocative;
use anyhow::{Context, Result, anyhow};
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::starlark_complex_value;
use starlark::starlark_module;
use starlark::values::list::AllocList;
use starlark::values::none::NoneOr;
use starlark::values::{
    Freeze, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike,
    starlark_value,
};
use std::fmt;

/// A label with its providers.
#[derive(Clone, Debug, Trace, Coerce, Freeze, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
#[repr(C)]
pub(crate) struct DependencyGen<V: ValueLifetimeless> {
    label: V,
    providers: V,
}

starlark_complex_value!(pub(crate) Dependency);

impl<'v, V: ValueLike<'v>> DependencyGen<V> {
    /// A dependency; `providers` is a collection.
    pub(crate) fn new(label: V, providers: V) -> Self {
        Self { label, providers }
    }

    fn collection(&self) -> Result<&'v Collection<'v>> {
        Collection::from_value(self.providers.to_value()).context("a dependency without providers")
    }

    fn wanted(&self, index: Value<'v>) -> Result<Option<Value<'v>>> {
        let id = provider_id_of(index)
            .with_context(|| format!("expected a provider such as `DefaultInfo`, found `{index}`"))?;
        Ok(self.collection()?.get(&id))
    }

    fn label_text(&self) -> String {
        LabelValue::from_value(self.label.to_value())
            .map(|label| label.0.to_string())
            .unwrap_or_default()
    }
}

impl<'v, V: ValueLike<'v>> fmt::Display for DependencyGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<dependency {}>", self.label_text())
    }
}

#[starlark_value(type = "Dependency")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for DependencyGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = dependency_methods);
        Some(METHODS.methods())
    }

    fn at(&self, index: Value<'v>, _heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let found = self.wanted(index).map_err(starlark::Error::new_other)?;
        found.ok_or_else(|| {
            let names = self.collection().map(|collection| {
                collection
                    .iter()
                    .map(|(provider, _)| provider.id().name.to_string())
                    .collect::<Vec<_>>()
            });
            let names = names.unwrap_or_default().join(", ");
            starlark::Error::new_other(anyhow!(
                "{} does not provide `{index}`; it provides: {names}",
                self.label_text()
            ))
        })
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(self.wanted(other).map_err(starlark::Error::new_other)?.is_some())
    }
}

#[starlark_module]
fn dependency_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn label<'v>(this: &Dependency<'v>) -> starlark::Result<Value<'v>> {
        let label = this.label;
        Ok(label)
    }

    #[starlark(attribute)]
    fn providers<'v>(this: &Dependency<'v>, heap: Heap<'v>) -> anyhow::Result<Value<'v>> {
        let providers = this.collection()?.iter().map(|(_, value)| value);
        Ok(heap.alloc(AllocList(providers.collect::<Vec<_>>())))
    }

    fn get<'v>(
        this: &Dependency<'v>,
        #[starlark(require = pos)] index: Value<'v>,
    ) -> anyhow::Result<NoneOr<Value<'v>>> {
        Ok(this.wanted(index)?.map_or(NoneOr::None, NoneOr::Other))
    }

    fn sub_target<'v>(
        this: &Dependency<'v>,
        #[starlark(require = pos)] subtarget: &str,
        heap: Heap<'v>,
    ) -> anyhow::Result<Value<'v>> {
        let collection = this.collection()?;
        let found = collection.sub_target(subtarget).with_context(|| {
            let names = collection.sub_targets();
            let near = closest(subtarget, names.iter().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            format!("{} has no sub-target `{subtarget}`{hint}", this.label_text())
        })?;
        let mut label = LabelValue::from_value(this.label)
            .context("a dependency without label")?
            .0
            .clone();
        label.sub = label.sub.iter().cloned().chain([subtarget.into()]).collect();
        Ok(heap.alloc(DependencyGen {
            label: heap.alloc(LabelValue(label)),
            providers: found,
        }))
    }
}

/// The engine's provider of this name in a collection value.
pub(crate) fn builtin_in<'v>(collection: Value<'v>, name: &str) -> Option<&'v Provider<'v>> {
    let value = Collection::from_value(collection)?.get(&ProviderId::builtin(name))?;
    Provider::from_value(value)
}

/// Puts the type `Dependency` into the globals.
#[starlark_module]
#[starlark_types(FrozenDependency as Dependency)]
pub(crate) fn register(globals: &mut GlobalsBuilder) {}
