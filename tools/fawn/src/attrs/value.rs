//! Values of attributes: as written, and with selects resolved and dependencies configured.

use super::macros::ArgPart;
use crate::label::{ConfiguredProviders, ConfiguredTarget, PackageLabel, ProvidersLabel, TargetLabel};
use crate::providers::ProviderId;
use std::sync::Arc;

/// How a dependency gets its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Target,
    Exec,
    Toolchain,
    /// The configuration of a platform.
    Platform(TargetLabel),
    /// What a transition makes of the target's own.
    Transition(TargetLabel),
}

/// A dependency.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dep {
    pub(crate) label: ProvidersLabel,
    pub(crate) how: How,
    /// What it must provide.
    pub(crate) providers: Arc<[Arc<ProviderId>]>,
    /// The target that is meant, once that is known.
    pub(crate) configured: Option<ConfiguredTarget>,
}

impl Dep {
    /// The configured target or sub-target, where `configured` is known.
    pub(crate) fn resolved(&self) -> Option<ConfiguredProviders> {
        Some(ConfiguredProviders {
            target: self.configured.clone()?,
            sub: self.label.sub.clone(),
        })
    }
}

/// What `attrs.source()` holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// A file or directory of the package.
    File { package: PackageLabel, path: Arc<str> },
    /// The output of a target.
    Dep(Dep),
}

/// `select({…})` with coerced values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selector {
    pub(crate) entries: Vec<(ProvidersLabel, Attr)>,
    pub(crate) default: Option<Attr>,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attr {
    None,
    Bool(bool),
    Int(i64),
    Str(Arc<str>),
    Enum(Arc<str>),
    List(Arc<[Attr]>),
    Tuple(Arc<[Attr]>),
    Dict(Arc<[(Attr, Attr)]>),
    Label(ProvidersLabel),
    /// A label of a configuration rule.
    Configuration(ProvidersLabel),
    Source(Source),
    Dep(Dep),
    Arg(Arc<[ArgPart]>),
    Select(Arc<Selector>),
    /// Values joined with `+`, at least one of them a select.
    Concat(Arc<[Attr]>),
    /// A branch that makes the target incompatible, with the reason.
    Incompatible(Arc<str>),
}

impl Attr {
    /// Calls `f` on every dependency in this value, in every branch of every select.
    pub(crate) fn each_dep<'a>(&'a self, f: &mut dyn FnMut(&'a Dep)) {
        match self {
            Attr::Source(Source::Dep(dep)) | Attr::Dep(dep) => f(dep),
            Attr::List(items) | Attr::Tuple(items) | Attr::Concat(items) => {
                items.iter().for_each(|item| item.each_dep(f));
            }
            Attr::Dict(entries) => entries.iter().for_each(|(key, value)| {
                key.each_dep(f);
                value.each_dep(f);
            }),
            Attr::Arg(parts) => parts.iter().filter_map(ArgPart::dep).for_each(f),
            Attr::Select(select) => {
                let values = select.entries.iter().map(|(_, value)| value);
                values.chain(&select.default).for_each(|value| value.each_dep(f));
            }
            _ => {}
        }
    }
}
