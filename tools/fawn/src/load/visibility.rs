//! Who may depend on a target.

use crate::label::{Scope, TargetLabel};
use crate::pattern::TargetPattern;
use anyhow::{Context, Result};
use starlark::values::Value;
use starlark::values::list::ListRef;

/// A list of patterns, or everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Public,
    To(Vec<TargetPattern>),
}

impl Visibility {
    /// Reads a list of patterns; `PUBLIC` is everybody.
    pub(crate) fn parse(value: Value<'_>, scope: Scope<'_>) -> Result<Self> {
        let list = ListRef::from_value(value)
            .with_context(|| format!("expected a list of patterns, found `{}`", value.to_repr()))?;
        let mut patterns = Vec::new();
        for item in list.iter() {
            let text = item
                .unpack_str()
                .with_context(|| format!("expected a pattern, found `{}`", item.to_repr()))?;
            if text == "PUBLIC" {
                return Ok(Self::Public);
            }
            patterns.push(TargetPattern::parse(text, scope)?);
        }
        Ok(Self::To(patterns))
    }

    /// Whether the target is among those meant.
    pub(crate) fn includes(&self, target: &TargetLabel) -> bool {
        match self {
            Self::Public => true,
            Self::To(patterns) => patterns.iter().any(|pattern| pattern.matches(target)),
        }
    }

    /// The patterns as text.
    pub(crate) fn texts(&self) -> Vec<String> {
        match self {
            Self::Public => vec!["PUBLIC".to_owned()],
            Self::To(patterns) => patterns.iter().map(TargetPattern::to_string).collect(),
        }
    }
}
