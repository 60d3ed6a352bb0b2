//! Whether an attribute holds a text, as `attrfilter` means it.

use crate::attrs::{Attr, Source, to_json};
use crate::configure::Node;

/// Whether any text in the attribute `name` of `node` is accepted; `None` when the target has no such attribute.
pub(super) fn any(node: &Node, name: &str, accept: &dyn Fn(&str) -> bool) -> Option<bool> {
    if name == "name" {
        return Some(accept(&node.label.target.name));
    }
    let attrs = &node.target.rule.attrs;
    let at = attrs.iter().position(|(other, _)| &**other == name)?;
    Some(matches(node.attrs.get(at)?, accept))
}

fn matches(attr: &Attr, accept: &dyn Fn(&str) -> bool) -> bool {
    match attr {
        Attr::None => false,
        // Both ways of writing it.
        Attr::Bool(flag) => {
            accept(if *flag { "True" } else { "False" }) || accept(if *flag { "true" } else { "false" })
        }
        Attr::List(items) | Attr::Tuple(items) | Attr::Concat(items) => items.iter().any(|item| matches(item, accept)),
        Attr::Dict(entries) => entries
            .iter()
            .any(|(key, value)| matches(key, accept) || matches(value, accept)),
        // As written in its package.
        Attr::Source(Source::File { path, .. }) => accept(path),
        other => match to_json(other) {
            serde_json::Value::String(text) => accept(&text),
            other => accept(&other.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_inside_counts() {
        let text = |text: &str| Attr::Str(text.into());
        let value = Attr::List(
            [
                Attr::Dict([(text("key"), Attr::Int(4))].into()),
                Attr::Bool(true),
                Attr::None,
            ]
            .into(),
        );
        for found in ["key", "4", "True", "true"] {
            assert!(matches(&value, &|text| text == found), "{found}");
        }
        for missing in ["", "null", "None", "False", "ke"] {
            assert!(!matches(&value, &|text| text == missing), "{missing}");
        }
    }
}
