//! One configured value and where it came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A configuration file.
    File {
        /// Relative to the project root where the file lies inside it.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// `-c section.key=value`.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::CommandLine => f.write_str("command line"),
        }
    }
}

/// A value as written and as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub(super) raw: String,
    pub(super) resolved: Option<String>,
    pub(super) origin: Origin,
}

impl Value {
    pub(super) fn new(raw: impl Into<String>, origin: Origin) -> Self {
        Self {
            raw: raw.into(),
            resolved: None,
            origin,
        }
    }

    /// The value with its `$(config …)` references replaced.
    pub fn as_str(&self) -> &str {
        self.resolved.as_deref().unwrap_or(&self.raw)
    }

    /// The value as it stands in the file.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Where it was written.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}
