//! The types of attributes.

use crate::label::TargetLabel;
use crate::providers::ProviderId;
use std::fmt;
use std::sync::Arc;

/// In which configuration a dependency is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DepKind {
    /// The target's own.
    Target,
    /// That of the execution platform.
    Exec,
    /// The target's own, with the target's execution platform.
    Toolchain,
}

/// What an attribute accepts.
#[derive(Clone, Debug)]
pub(crate) enum AttrType {
    Any,
    Bool,
    Int,
    String,
    Enum(Vec<Arc<str>>),
    Label,
    Source {
        allow_directory: bool,
    },
    Dep {
        kind: DepKind,
        providers: Arc<[Arc<ProviderId>]>,
    },
    ConfiguredDep {
        providers: Arc<[Arc<ProviderId>]>,
    },
    TransitionDep {
        transition: Option<TargetLabel>,
        providers: Arc<[Arc<ProviderId>]>,
    },
    /// `attrs.arg()`: text with macros.
    Arg,
    List(Box<AttrType>),
    Tuple(Vec<AttrType>),
    Dict(Box<AttrType>, Box<AttrType>),
    Option(Box<AttrType>),
    OneOf(Vec<AttrType>),
    /// A label of a configuration rule, such as an entry of `target_compatible_with`.
    ConfigurationLabel,
}

impl fmt::Display for AttrType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |types: &[AttrType]| types.iter().map(AttrType::to_string).collect::<Vec<_>>().join(", ");
        match self {
            AttrType::Any => f.write_str("attrs.any()"),
            AttrType::Bool => f.write_str("attrs.bool()"),
            AttrType::Int => f.write_str("attrs.int()"),
            AttrType::String => f.write_str("attrs.string()"),
            AttrType::Enum(variants) => {
                let variants: Vec<_> = variants.iter().map(|variant| format!("{variant:?}")).collect();
                write!(f, "attrs.enum([{}])", variants.join(", "))
            }
            AttrType::Label => f.write_str("attrs.label()"),
            AttrType::Source { allow_directory: false } => f.write_str("attrs.source()"),
            AttrType::Source { allow_directory: true } => f.write_str("attrs.source(allow_directory = True)"),
            AttrType::Dep { kind, providers } => {
                let name = match kind {
                    DepKind::Target => "dep",
                    DepKind::Exec => "exec_dep",
                    DepKind::Toolchain => "toolchain_dep",
                };
                write_dep(f, name, providers)
            }
            AttrType::ConfiguredDep { providers } => write_dep(f, "configured_dep", providers),
            AttrType::TransitionDep { providers, .. } => write_dep(f, "transition_dep", providers),
            AttrType::Arg => f.write_str("attrs.arg()"),
            AttrType::List(inner) => write!(f, "attrs.list({inner})"),
            AttrType::Tuple(inner) => write!(f, "attrs.tuple({})", list(inner)),
            AttrType::Dict(key, value) => write!(f, "attrs.dict({key}, {value})"),
            AttrType::Option(inner) => write!(f, "attrs.option({inner})"),
            AttrType::OneOf(inner) => write!(f, "attrs.one_of({})", list(inner)),
            AttrType::ConfigurationLabel => f.write_str("attrs.configuration_label()"),
        }
    }
}

fn write_dep(f: &mut fmt::Formatter<'_>, name: &str, providers: &[Arc<ProviderId>]) -> fmt::Result {
    write!(f, "attrs.{name}(")?;
    if !providers.is_empty() {
        let names: Vec<_> = providers.iter().map(|id| &*id.name).collect();
        write!(f, "providers = [{}]", names.join(", "))?;
    }
    f.write_str(")")
}
