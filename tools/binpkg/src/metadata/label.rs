use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Label of the target that a package was made of, without cell of the root project and without configuration.
///
/// It goes into lines of text, so it has no blank and no control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TargetLabel(String);

/// A text that is no label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a label such as `//packages/linux/core/bash:bash`, found `{}`", found.escape_debug())]
pub struct LabelError {
    found: String,
}

impl TargetLabel {
    /// Longest label in bytes.
    pub const MAX: usize = 1024;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TargetLabel {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let has_form = text.contains("//") && text.split_once("//").is_some_and(|(_, rest)| rest.contains(':'));
        if !has_form || text.len() > Self::MAX || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            let found = text.chars().take(120).collect();
            return Err(LabelError { found });
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for TargetLabel {
    type Error = LabelError;

    fn try_from(text: String) -> Result<Self, LabelError> {
        text.parse()
    }
}

impl From<TargetLabel> for String {
    fn from(label: TargetLabel) -> Self {
        label.0
    }
}

impl fmt::Display for TargetLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for text in ["//packages/linux/core/bash:bash", "//:x", "cell//a:b[c]"] {
            assert_eq!(text.parse::<TargetLabel>().unwrap().as_str(), text);
        }
        for text in ["", "bash", "//a", ":a", "//a:b c", "//a:b\nSize: 1", "//a:b\u{a0}"] {
            assert!(text.parse::<TargetLabel>().is_err(), "{text}");
        }
    }
}
