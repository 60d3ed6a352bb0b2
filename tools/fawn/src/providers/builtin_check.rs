//! What the constructors of the engine's providers accept.

use super::collection::collect;
use super::id::ProviderId;
use super::instance::{Provider, ProviderGen, Shape};
use crate::values::artifact::ArtifactValue;
use crate::values::cmd_args::CmdArgs;
use crate::values::labels::{TargetLabelValue, as_providers_label};
use anyhow::{Result, bail};
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::{AllocList, ListRef};
use starlark::values::{Heap, Value};
use std::sync::Arc;

type Given<'a, 'v> = &'a [Option<Value<'v>>];

fn mismatch<T>(name: &str, expected: &str, found: Value<'_>) -> Result<T> {
    bail!(
        "`{name}` expects {expected}, found `{}` of type `{}`",
        found.to_repr(),
        found.get_type()
    )
}

fn required<'v>(given: Given<'_, 'v>, index: usize) -> Value<'v> {
    given[index].unwrap_or_else(Value::new_none)
}

fn provider<'v>(name: &str, kind: &str, value: Value<'v>) -> Result<Value<'v>> {
    match Provider::from_value(value) {
        Some(provider) if **provider.id() == ProviderId::builtin(kind) => Ok(value),
        _ => mismatch(name, &format!("a `{kind}`"), value),
    }
}

fn text<'v>(name: &str, value: Value<'v>) -> Result<Value<'v>> {
    match value.unpack_str() {
        Some(_) => Ok(value),
        None => mismatch(name, "a string", value),
    }
}

fn boolean<'v>(name: &str, value: Option<Value<'v>>, default: bool) -> Result<Value<'v>> {
    match value {
        None => Ok(Value::new_bool(default)),
        Some(value) if value.unpack_bool().is_some() => Ok(value),
        Some(value) => mismatch(name, "a bool", value),
    }
}

fn list<'v>(name: &str, value: Value<'v>) -> Result<&'v ListRef<'v>> {
    match ListRef::from_value(value) {
        Some(list) => Ok(list),
        None => mismatch(name, "a list", value),
    }
}

fn target<'v>(name: &str, value: Value<'v>) -> Result<Value<'v>> {
    match TargetLabelValue::from_value(value) {
        Some(_) => Ok(value),
        None => mismatch(name, "a target label (`ctx.label.raw_target()`)", value),
    }
}

pub(super) fn default_info<'v>(given: Given<'_, 'v>, heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    let outputs = match (given[0], given[1]) {
        (Some(_), Some(_)) => bail!("give `default_output` or `default_outputs`, not both"),
        (Some(one), None) => heap.alloc(AllocList([one])),
        (None, Some(many)) => many,
        (None, None) => heap.alloc(AllocList::EMPTY),
    };
    for output in list("default_outputs", outputs)?.iter() {
        match ArtifactValue::from_value(output) {
            Some(artifact) => artifact.check_is_input()?,
            None => mismatch("default_outputs", "artifacts", output)?,
        }
    }
    let other = given[2].unwrap_or_else(|| heap.alloc(AllocList::EMPTY));
    for item in list("other_outputs", other)?.iter() {
        CmdArgs::from_items([item])?;
    }
    let mut sub_targets = Vec::new();
    if let Some(value) = given[3] {
        let Some(dict) = DictRef::from_value(value) else {
            return mismatch("sub_targets", "a dict from name to list of providers", value);
        };
        for (name, providers) in dict.iter() {
            text("sub_targets", name)?;
            let collection = collect(providers, heap, Some(empty_default_info(heap)))
                .map_err(|error| error.context(format!("sub-target {name}")))?;
            sub_targets.push((name, collection));
        }
    }
    Ok(vec![outputs, other, heap.alloc(AllocDict(sub_targets))])
}

/// `DefaultInfo()`.
pub(super) fn empty_default_info(heap: Heap<'_>) -> Value<'_> {
    let fields = ["default_outputs", "other_outputs", "sub_targets"];
    let shape = Shape {
        id: Arc::new(ProviderId::builtin("DefaultInfo")),
        definition: None,
        fields: fields.iter().map(|name| (*name).into()).collect(),
    };
    let values = vec![
        heap.alloc(AllocList::EMPTY),
        heap.alloc(AllocList::EMPTY),
        heap.alloc(AllocDict::EMPTY),
    ];
    heap.alloc(ProviderGen {
        values: values.into_boxed_slice(),
        shape: Arc::new(shape),
    })
}

pub(super) fn run_info<'v>(given: Given<'_, 'v>, heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    // A copy: adding to the original afterwards does not change what `run` starts.
    Ok(vec![heap.alloc(CmdArgs::from_items(given[0])?)])
}

pub(super) fn test_info<'v>(given: Given<'_, 'v>, heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    text("type", required(given, 0))?;
    let command = given[1].unwrap_or_else(|| heap.alloc(AllocList::EMPTY));
    let items: Vec<_> = match (
        ListRef::from_value(command),
        starlark::values::tuple::TupleRef::from_value(command),
    ) {
        (Some(list), _) => list.iter().collect(),
        (_, Some(tuple)) => tuple.iter().collect(),
        _ => return mismatch("command", "a list", command),
    };
    for item in items {
        if ListRef::from_value(item).is_some() {
            return mismatch("command", "a flat list of strings and commands", item);
        }
        CmdArgs::from_items([item])?;
    }
    let env = given[2].unwrap_or_else(|| heap.alloc(AllocDict::EMPTY));
    match DictRef::from_value(env) {
        None => return mismatch("env", "a dict", env),
        Some(dict) => {
            for (name, value) in dict.iter() {
                text("env", name)?;
                CmdArgs::from_items([value])?;
            }
        }
    }
    let empty = || heap.alloc(AllocList::EMPTY);
    if let Some(executor) = given[7] {
        provider("default_executor", "CommandExecutorConfig", executor)?;
    }
    let mut fields = vec![required(given, 0), command, env];
    fields.push(given[3].unwrap_or_else(empty));
    fields.push(given[4].unwrap_or_else(empty));
    fields.push(boolean("use_project_relative_paths", given[5], true)?);
    fields.push(boolean("run_from_project_root", given[6], true)?);
    fields.extend([required(given, 7), required(given, 8), required(given, 9)]);
    Ok(fields)
}

pub(super) fn validation_info<'v>(given: Given<'_, 'v>, _heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    let mut names = Vec::new();
    for spec in list("validations", required(given, 0))?.iter() {
        provider("validations", "ValidationSpec", spec)?;
        let name = Provider::from_value(spec)
            .and_then(|spec| spec.field("name"))
            .map(|name| name.to_str());
        if names.contains(&name) {
            bail!("two validations are called {}", name.unwrap_or_default());
        }
        names.push(name);
    }
    if names.is_empty() {
        bail!("`validations` is empty");
    }
    Ok(vec![required(given, 0)])
}

pub(super) fn validation_spec<'v>(given: Given<'_, 'v>, _heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    let name = text("name", required(given, 0))?;
    if name.unpack_str() == Some("") {
        bail!("`name` is empty");
    }
    match ArtifactValue::from_value(required(given, 1)) {
        Some(artifact) if !artifact.is_source() => artifact.check_is_input()?,
        _ => mismatch(
            "validation_result",
            "an artifact that an action makes",
            required(given, 1),
        )?,
    }
    Ok(vec![name, required(given, 1), boolean("optional", given[2], false)?])
}

pub(super) fn template_placeholder_info<'v>(given: Given<'_, 'v>, heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    let mut fields = Vec::new();
    for (name, value) in ["unkeyed_variables", "keyed_variables"].into_iter().zip(given) {
        let value = value.unwrap_or_else(|| heap.alloc(AllocDict::EMPTY));
        let Some(dict) = DictRef::from_value(value) else {
            return mismatch(name, "a dict", value);
        };
        for (key, variable) in dict.iter() {
            text(name, key)?;
            if DictRef::from_value(variable).is_none() {
                CmdArgs::from_items([variable])?;
            }
        }
        fields.push(value);
    }
    Ok(fields)
}

pub(super) fn configuration_info<'v>(given: Given<'_, 'v>, heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    let (constraints, values) = (required(given, 0), required(given, 1));
    let Some(dict) = DictRef::from_value(constraints) else {
        return mismatch(
            "constraints",
            "a dict from target label to `ConstraintValueInfo`",
            constraints,
        );
    };
    for (label, value) in dict.iter() {
        target("constraints", label)?;
        provider("constraints", "ConstraintValueInfo", value)?;
    }
    let Some(settings) = DictRef::from_value(values) else {
        return mismatch("values", "a dict from `section.key` to string", values);
    };
    for (key, value) in settings.iter() {
        text("values", value)?;
        if !text("values", key)?.unpack_str().is_some_and(|key| key.contains('.')) {
            return mismatch("values", "keys of the form `section.key`", key);
        }
    }
    // Copies: a configuration may be shared, and the caller may go on changing its dict.
    Ok(vec![
        heap.alloc(AllocDict(dict.iter().collect::<Vec<_>>())),
        heap.alloc(AllocDict(settings.iter().collect::<Vec<_>>())),
    ])
}

pub(super) fn constraint_setting_info<'v>(given: Given<'_, 'v>, _heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    if let Some(default) = given[1].filter(|default| as_providers_label(*default).is_none()) {
        return mismatch("default", "a label", default);
    }
    Ok(vec![target("label", required(given, 0))?, required(given, 1)])
}

pub(super) fn constraint_value_info<'v>(given: Given<'_, 'v>, heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    let Some(label) = as_providers_label(required(given, 1)) else {
        return mismatch("label", "a label", required(given, 1));
    };
    Ok(vec![
        provider("setting", "ConstraintSettingInfo", required(given, 0))?,
        heap.alloc(crate::values::labels::ProvidersLabelValue(label)),
    ])
}

pub(super) fn platform_info<'v>(given: Given<'_, 'v>, _heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    Ok(vec![
        text("label", required(given, 0))?,
        provider("configuration", "ConfigurationInfo", required(given, 1))?,
    ])
}

pub(super) fn transition_info<'v>(given: Given<'_, 'v>, _heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    match required(given, 0).get_type() {
        "function" => Ok(vec![required(given, 0)]),
        _ => mismatch(
            "impl",
            "a function from `PlatformInfo` to `PlatformInfo`",
            required(given, 0),
        ),
    }
}

pub(super) fn execution_platform_info<'v>(given: Given<'_, 'v>, _heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    Ok(vec![
        target("label", required(given, 0))?,
        provider("configuration", "ConfigurationInfo", required(given, 1))?,
        provider("executor_config", "CommandExecutorConfig", required(given, 2))?,
    ])
}

pub(super) fn registration_info<'v>(given: Given<'_, 'v>, _heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    for platform in list("platforms", required(given, 0))?.iter() {
        provider("platforms", "ExecutionPlatformInfo", platform)?;
    }
    if let Some(fallback) = given[1] {
        match fallback.unpack_str() {
            Some("use_unspecified" | "error") => {}
            Some(_) => {
                return mismatch(
                    "fallback",
                    "`use_unspecified`, `error` or an `ExecutionPlatformInfo`",
                    fallback,
                );
            }
            None => drop(provider("fallback", "ExecutionPlatformInfo", fallback)?),
        }
    }
    if let Some(marker) = given[2] {
        text("exec_marker_constraint", marker)?;
    }
    Ok(vec![required(given, 0), required(given, 1), required(given, 2)])
}

pub(super) fn executor_config<'v>(given: Given<'_, 'v>, _heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    boolean("local_enabled", given[0], true)?;
    boolean("remote_enabled", given[1], false)?;
    let network = given[12].unwrap_or_else(Value::new_none);
    if !network.is_none()
        && !matches!(
            network.unpack_str(),
            Some("none" | "all" | "loopback" | "strict" | "private")
        )
    {
        return mismatch(
            "network_access",
            "`all`, `none`, `loopback`, `strict` or `private`",
            network,
        );
    }
    Ok(vec![required(given, 0), required(given, 1), network])
}
