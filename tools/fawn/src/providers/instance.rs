//! A provider: named fields under an identity.

use super::id::ProviderId;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::collections::StarlarkHasher;
use starlark::starlark_complex_value;
use starlark::values::typing::TypeInstanceId;
use starlark::values::{
    Freeze, Heap, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless, ValueLike, starlark_value,
};
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

/// What all instances of one provider share.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) id: Arc<ProviderId>,
    /// Which evaluation of the defining file made the provider; `None` for builtin ones.
    pub(crate) definition: Option<TypeInstanceId>,
    pub(crate) fields: Vec<Arc<str>>,
}

/// An instance.
#[derive(Clone, Debug, Trace, Coerce, Freeze, ProvidesStaticType, Allocative, StarlarkPagablePanic)]
#[repr(C)]
pub(crate) struct ProviderGen<V: ValueLifetimeless> {
    pub(crate) values: Box<[V]>,
    #[trace(unsafe_ignore)]
    #[freeze(identity)]
    #[allocative(skip)]
    pub(crate) shape: Arc<Shape>,
}

starlark_complex_value!(pub(crate) Provider);

impl<'v, V: ValueLike<'v>> ProviderGen<V> {
    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<V> {
        let index = self.shape.fields.iter().position(|field| &**field == name)?;
        Some(self.values[index])
    }

    /// The identity.
    pub(crate) fn id(&self) -> &Arc<ProviderId> {
        &self.shape.id
    }

    /// All fields in order of definition.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&str, V)> {
        self.shape
            .fields
            .iter()
            .map(|name| &**name)
            .zip(self.values.iter().copied())
    }
}

impl<'v, V: ValueLike<'v>> fmt::Display for ProviderGen<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.shape.id.name)?;
        for (index, (name, value)) in self.items().enumerate() {
            let comma = if index == 0 { " " } else { ", " };
            write!(f, "{comma}{name}={}", value.to_value())?;
        }
        f.write_str(if self.values.is_empty() { ")" } else { " )" })
    }
}

impl<'v, V: ValueLike<'v>> serde::Serialize for ProviderGen<V> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.items())
    }
}

#[starlark_value(type = "Provider")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for ProviderGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn get_attr(&self, attribute: &str, _heap: Heap<'v>) -> Option<Value<'v>> {
        self.field(attribute).map(ValueLike::to_value)
    }

    fn dir_attr(&self) -> Vec<String> {
        self.shape.fields.iter().map(|name| name.to_string()).collect()
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let Some(other) = Provider::from_value(other) else {
            return Ok(false);
        };
        if self.shape.id != other.shape.id || self.values.len() != other.values.len() {
            return Ok(false);
        }
        for (left, right) in self.values.iter().zip(other.values.iter()) {
            if !left.to_value().equals(*right)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn write_hash(&self, hasher: &mut StarlarkHasher) -> starlark::Result<()> {
        self.shape.id.hash(hasher);
        self.values
            .iter()
            .try_for_each(|value| value.to_value().write_hash(hasher))
    }
}
