//! Platforms as providers, and as the engine's configurations.

use super::id::ProviderId;
use super::instance::{Provider, ProviderGen, Shape};
use crate::label::{Configuration, Constraint, Constraints, Kind};
use crate::values::labels::{ProvidersLabelValue, TargetLabelValue, as_providers_label};
use anyhow::{Context, Result, bail};
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::{Heap, Value};
use std::sync::Arc;

fn instance<'v>(heap: Heap<'v>, name: &str, fields: &[(&str, Value<'v>)]) -> Value<'v> {
    let shape = Shape {
        id: Arc::new(ProviderId::builtin(name)),
        definition: None,
        fields: fields.iter().map(|(name, _)| (*name).into()).collect(),
    };
    heap.alloc(ProviderGen {
        values: fields.iter().map(|(_, value)| *value).collect(),
        shape: Arc::new(shape),
    })
}

/// The provider, if it is the engine's one of this name.
pub(crate) fn builtin<'v>(value: Value<'v>, name: &str) -> Option<&'v Provider<'v>> {
    Provider::from_value(value).filter(|provider| **provider.id() == ProviderId::builtin(name))
}

/// `PlatformInfo` of a bound configuration; `None` for any other.
pub(crate) fn platform_value<'v>(cfg: &Configuration, heap: Heap<'v>) -> Value<'v> {
    let Kind::Bound { label, constraints, .. } = cfg.kind() else {
        return Value::new_none();
    };
    let entries = constraints.iter().map(|(setting, constraint)| {
        let label = heap.alloc(TargetLabelValue(setting.clone()));
        let default = match &constraint.default {
            Some(default) => heap.alloc(ProvidersLabelValue(default.clone())),
            None => Value::new_none(),
        };
        let setting = instance(heap, "ConstraintSettingInfo", &[("label", label), ("default", default)]);
        let value = heap.alloc(ProvidersLabelValue(constraint.value.clone()));
        (
            label,
            instance(heap, "ConstraintValueInfo", &[("setting", setting), ("label", value)]),
        )
    });
    let constraints = heap.alloc(AllocDict(entries.collect::<Vec<_>>()));
    let values = heap.alloc(AllocDict::EMPTY);
    let configuration = instance(
        heap,
        "ConfigurationInfo",
        &[("constraints", constraints), ("values", values)],
    );
    instance(
        heap,
        "PlatformInfo",
        &[("label", heap.alloc(label.as_str())), ("configuration", configuration)],
    )
}

/// The constraints and the `section.key` values of a `ConfigurationInfo`.
pub(crate) fn read_configuration(info: &Provider<'_>) -> Result<(Constraints, Vec<(String, String)>)> {
    let mut constraints = Constraints::new();
    for value in entries(info, "constraints").into_iter().map(|(_, value)| value) {
        let (setting, constraint) = read_constraint(value)?;
        constraints.insert(setting, constraint);
    }
    let values = entries(info, "values")
        .into_iter()
        .map(|(key, value)| (key.to_str(), value.to_str()));
    Ok((constraints, values.collect()))
}

fn entries<'v>(info: &Provider<'v>, field: &str) -> Vec<(Value<'v>, Value<'v>)> {
    let dict = info.field(field).and_then(DictRef::from_value);
    dict.iter().flat_map(|dict| dict.iter().collect::<Vec<_>>()).collect()
}

/// The setting and the value of a `ConstraintValueInfo`.
pub(crate) fn read_constraint(value: Value<'_>) -> Result<(crate::label::TargetLabel, Constraint)> {
    let info = builtin(value, "ConstraintValueInfo")
        .with_context(|| format!("expected a `ConstraintValueInfo`, found `{value}`"))?;
    let setting = info
        .field("setting")
        .and_then(|setting| builtin(setting, "ConstraintSettingInfo"));
    let setting = setting.context("the `setting` of a `ConstraintValueInfo` is no `ConstraintSettingInfo`")?;
    let key = setting.field("label").and_then(TargetLabelValue::from_value);
    let key = key.context("the `label` of a `ConstraintSettingInfo` is no target label")?;
    let value = info.field("label").and_then(as_providers_label);
    let constraint = Constraint {
        value: value.context("the `label` of a `ConstraintValueInfo` is no label")?,
        default: setting.field("default").and_then(as_providers_label),
    };
    Ok((key.0.clone(), constraint))
}

/// The configuration of a `PlatformInfo`.
pub(crate) fn read_platform(value: Value<'_>, exec: bool) -> Result<Configuration> {
    let Some(info) = builtin(value, "PlatformInfo") else {
        bail!(
            "expected a `PlatformInfo`, found `{}` of type `{}`",
            value.to_repr(),
            value.get_type()
        );
    };
    let label = info.field("label").map(|label| label.to_str()).unwrap_or_default();
    let configuration = info
        .field("configuration")
        .and_then(|value| builtin(value, "ConfigurationInfo"));
    let (constraints, _) = read_configuration(configuration.context("a `PlatformInfo` without `ConfigurationInfo`")?)?;
    Ok(Configuration::bound(&label, constraints, exec))
}
