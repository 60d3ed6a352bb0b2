//! The identity of a provider.

use super::builtin::BuiltinCallable;
use super::user::UserCallable;
use allocative::Allocative;
use starlark::values::Value;
use std::fmt;
use std::sync::Arc;

/// What makes two providers the same: the file that defines them and the name there. Builtin ones have no file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Allocative)]
pub(crate) struct ProviderId {
    /// `cell//package/file.bzl`, of the cell that owns the file.
    #[allocative(skip)]
    pub(crate) path: Option<Arc<str>>,
    #[allocative(skip)]
    pub(crate) name: Arc<str>,
}

impl ProviderId {
    /// A provider of the engine.
    pub(crate) fn builtin(name: &str) -> Self {
        Self {
            path: None,
            name: name.into(),
        }
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{path}:{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The identity of a provider type such as `DefaultInfo`; `None` when the value is something else or has no name yet.
pub(crate) fn provider_id_of(value: Value<'_>) -> Option<Arc<ProviderId>> {
    if let Some(builtin) = BuiltinCallable::from_value(value) {
        return Some(builtin.id());
    }
    UserCallable::id_of(value)
}
