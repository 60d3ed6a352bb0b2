//! The values that `write_json` writes.

use crate::providers::Provider;
use crate::values::artifact::{Artifact, ArtifactValue, OutputValue};
use crate::values::cmd_args::CmdArgs;
use crate::values::labels::{ConfiguredTargetValue, LabelValue, PathValue, ProvidersLabelValue, TargetLabelValue};
use crate::values::render::{Renderer, Uses};
use anyhow::{Context, Result, bail};
use starlark::values::dict::DictRef;
use starlark::values::enumeration::EnumValue;
use starlark::values::list::ListRef;
use starlark::values::record::Record;
use starlark::values::structs::StructRef;
use starlark::values::tuple::TupleRef;
use starlark::values::{UnpackValue, Value};

/// JSON whose paths are not known yet.
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    /// Keys keep their order.
    Object(Vec<(String, Json)>),
    Path(Artifact),
    Command(CmdArgs),
    /// What needs no path.
    Raw(serde_json::Value),
}

fn object<'v, K: ToString>(entries: impl Iterator<Item = (K, Value<'v>)>) -> Result<Json> {
    let entries = entries.map(|(key, value)| Ok((key.to_string(), Json::of(value)?)));
    Ok(Json::Object(entries.collect::<Result<_>>()?))
}

fn is_label(value: Value<'_>) -> bool {
    TargetLabelValue::from_value(value).is_some()
        || LabelValue::from_value(value).is_some()
        || ProvidersLabelValue::from_value(value).is_some()
        || ConfiguredTargetValue::from_value(value).is_some()
        || PathValue::from_value(value).is_some()
}

impl Json {
    /// The JSON of a value.
    pub(crate) fn of(value: Value<'_>) -> Result<Self> {
        if value.is_none() {
            return Ok(Json::Null);
        }
        if let Some(flag) = value.unpack_bool() {
            return Ok(Json::Bool(flag));
        }
        if let Some(text) = value.unpack_str() {
            return Ok(Json::Text(text.to_owned()));
        }
        if let Ok(Some(number)) = i64::unpack_value(value) {
            return Ok(Json::Number(number));
        }
        if let Some(list) = ListRef::from_value(value) {
            return Ok(Json::List(list.iter().map(Json::of).collect::<Result<_>>()?));
        }
        if let Some(tuple) = TupleRef::from_value(value) {
            return Ok(Json::List(tuple.iter().map(Json::of).collect::<Result<_>>()?));
        }
        if let Some(dict) = DictRef::from_value(value) {
            return object(dict.iter().map(|(key, value)| (key.to_str(), value)));
        }
        if let Some(fields) = StructRef::from_value(value) {
            return object(fields.iter().map(|(name, value)| (name.as_str().to_owned(), value)));
        }
        Self::of_ours(value)
    }

    fn of_ours(value: Value<'_>) -> Result<Self> {
        if let Some(artifact) = ArtifactValue::from_value(value) {
            return Ok(Json::Path(artifact.0.clone()));
        }
        if let Some(output) = OutputValue::from_value(value) {
            return Ok(Json::Path(output.0.clone()));
        }
        if let Some(command) = CmdArgs::from_value(value) {
            return Ok(Json::Command(command.clone()));
        }
        if is_label(value) {
            return Ok(Json::Text(value.to_str()));
        }
        if let Some(provider) = Provider::from_value(value) {
            let is_run = provider.id().path.is_none() && &*provider.id().name == "RunInfo";
            return match provider.field("args").and_then(CmdArgs::from_value).filter(|_| is_run) {
                Some(command) => Ok(Json::Command(command.clone())),
                None => object(provider.items()),
            };
        }
        if let Some(record) = Record::from_value(value) {
            return object(record.iter());
        }
        if EnumValue::from_value(value).is_some() {
            return Ok(Json::Raw(value.to_json_value().context("an enum value")?));
        }
        bail!(
            "`write_json` cannot write `{}` of type `{}`",
            value.to_repr(),
            value.get_type()
        )
    }

    /// The artifacts inside.
    pub(crate) fn uses(&self, uses: &mut Uses) {
        match self {
            Json::List(items) => items.iter().for_each(|item| item.uses(uses)),
            Json::Object(entries) => entries.iter().for_each(|(_, value)| value.uses(uses)),
            Json::Path(artifact) => uses.input(artifact),
            Json::Command(command) => uses.add(command),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::Raw(_) => {}
        }
    }

    /// As text: compact and without a final newline, or `pretty` with one.
    pub(crate) fn text(&self, renderer: Renderer<'_>, pretty: bool) -> Result<String> {
        let value = self.value(renderer)?;
        Ok(if pretty {
            format!("{}\n", serde_json::to_string_pretty(&value)?)
        } else {
            value.to_string()
        })
    }

    fn value(&self, renderer: Renderer<'_>) -> Result<serde_json::Value> {
        Ok(match self {
            Json::Null => serde_json::Value::Null,
            Json::Bool(flag) => (*flag).into(),
            Json::Number(number) => (*number).into(),
            Json::Text(text) => text.as_str().into(),
            Json::Raw(value) => value.clone(),
            Json::List(items) => items.iter().map(|item| item.value(renderer)).collect::<Result<_>>()?,
            Json::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), value.value(renderer)?)));
                serde_json::Value::Object(entries.collect::<Result<_>>()?)
            }
            Json::Path(artifact) => renderer.path(artifact)?.into(),
            Json::Command(command) => {
                let arguments = renderer.arguments(command)?;
                let joined = command
                    .content()
                    .options
                    .as_ref()
                    .is_some_and(|options| options.delimiter.is_some());
                if joined {
                    arguments.concat().into()
                } else {
                    arguments.into()
                }
            }
        })
    }
}
