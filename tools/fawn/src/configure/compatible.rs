//! Targets that cannot be built for a platform.

use crate::label::{ConfiguredTarget, ProvidersLabel};
use std::fmt;
use std::sync::Arc;

/// Why a target is left out.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// An entry of `target_compatible_with` does not hold.
    Unsatisfied(ProvidersLabel),
    /// A branch of a select says so.
    Branch(Arc<str>),
    /// A dependency is left out.
    Dependency(Arc<Reason>),
}

/// A target with the cause.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    pub(crate) target: ConfiguredTarget,
    pub(crate) cause: Cause,
}

impl Reason {
    /// Whether the target itself is excluded, and not only something that it depends on: a pattern leaves out the
    /// former, but names the latter as a mistake, as Buck2 does.
    pub(crate) fn is_own(&self) -> bool {
        !matches!(self.cause, Cause::Dependency(_))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Unsatisfied(label) => write!(
                f,
                "`{}` is incompatible with {} (`{label}` unsatisfied in `target_compatible_with`)",
                self.target.target, self.target.cfg
            ),
            Cause::Branch(message) => write!(f, "`{}` is incompatible: {message}", self.target.target),
            Cause::Dependency(inner) => write!(f, "`{}` -> {inner}", self.target.target),
        }
    }
}

/// A result, or the reason why there is none for this platform.
#[derive(Clone, Debug)]
pub(crate) enum Outcome<T> {
    Compatible(T),
    Incompatible(Arc<Reason>),
}

impl<T> Outcome<T> {
    /// The result; an incompatible target becomes an error.
    pub(crate) fn require(self) -> anyhow::Result<T> {
        match self {
            Outcome::Compatible(value) => Ok(value),
            Outcome::Incompatible(reason) => Err(anyhow::anyhow!(
                "{reason}; build it for another platform, or change its compatibility"
            )),
        }
    }
}
