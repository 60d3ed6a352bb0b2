//! Attribute values as JSON, for inspection.

use super::macros::ArgPart;
use super::value::{Attr, Dep, How, Source};
use serde_json::{Map, Value, json};

/// A value as JSON; labels as text, selects as `{"__type": "selector", "entries": {…}}`.
pub(crate) fn to_json(attr: &Attr) -> Value {
    match attr {
        Attr::None => Value::Null,
        Attr::Bool(flag) => (*flag).into(),
        Attr::Int(number) => (*number).into(),
        Attr::Str(text) | Attr::Enum(text) => (**text).into(),
        Attr::List(items) | Attr::Tuple(items) => items.iter().map(to_json).collect(),
        Attr::Dict(entries) => {
            let entries = entries.iter().map(|(key, value)| (key_text(key), to_json(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Attr::Label(label) | Attr::Configuration(label) => label.to_string().into(),
        Attr::Source(Source::File { package, path }) => format!("{package}/{path}").into(),
        Attr::Source(Source::Dep(dep)) | Attr::Dep(dep) => dep_json(dep),
        Attr::Arg(parts) => parts.iter().map(part_text).collect::<String>().into(),
        Attr::Select(select) => {
            let mut entries: Map<_, _> = select
                .entries
                .iter()
                .map(|(key, value)| (key.to_string(), to_json(value)))
                .collect();
            if let Some(default) = &select.default {
                entries.insert("DEFAULT".into(), to_json(default));
            }
            json!({"__type": "selector", "entries": entries})
        }
        Attr::Concat(items) => json!({"__type": "concat", "items": items.iter().map(to_json).collect::<Vec<_>>()}),
        Attr::Incompatible(reason) => json!({"__type": "incompatible", "message": &**reason}),
    }
}

fn key_text(key: &Attr) -> String {
    match to_json(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn label(dep: &Dep) -> String {
    dep.resolved()
        .map_or_else(|| dep.label.to_string(), |resolved| resolved.to_string())
}

fn dep_json(dep: &Dep) -> Value {
    match &dep.how {
        How::Platform(platform) if dep.configured.is_none() => json!([label(dep), platform.to_string()]),
        How::Transition(transition) if dep.configured.is_none() => json!([label(dep), transition.to_string()]),
        _ => label(dep).into(),
    }
}

fn part_text(part: &ArgPart) -> String {
    match part {
        ArgPart::Text(text) => text.to_string(),
        ArgPart::Location(dep) => format!("$(location {})", label(dep)),
        ArgPart::Exe(dep) => format!("$(exe {})", label(dep)),
        ArgPart::Variable(name) => format!("$({name})"),
        ArgPart::Keyed { name, dep, argument } => match argument {
            Some(argument) => format!("$({name} {} {argument})", label(dep)),
            None => format!("$({name} {})", label(dep)),
        },
    }
}
