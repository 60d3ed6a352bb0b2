//! Configurations and configured targets.

use super::{ProvidersLabel, TargetLabel, write_sub};
use digest::Sha256;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The value that a configuration gives to a constraint setting.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Constraint {
    pub(crate) value: ProvidersLabel,
    /// What counts where the setting is unset.
    pub(crate) default: Option<ProvidersLabel>,
}

/// Constraint setting → value.
pub(crate) type Constraints = BTreeMap<TargetLabel, Constraint>;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Made by a platform.
    Bound {
        label: String,
        constraints: Constraints,
        exec: bool,
    },
    /// Of configuration rules themselves.
    Unbound,
    /// No platform is known for the target.
    Unspecified,
    /// No execution platform suits the target.
    UnspecifiedExec,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Data {
    full: String,
    hash: String,
    kind: Kind,
}

/// A label plus a set of constraint values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Configuration(Arc<Data>);

impl std::hash::Hash for Configuration {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.full.hash(state);
    }
}

impl Configuration {
    /// The configuration of a platform; `exec` says that it carries the marker of execution platforms.
    pub(crate) fn bound(label: &str, constraints: Constraints, exec: bool) -> Self {
        let mut text = format!("{label}\n{exec}\n");
        for (setting, constraint) in &constraints {
            text.push_str(&format!("{setting}={}\n", constraint.value));
        }
        let hash = hash(&text);
        Self(Arc::new(Data {
            full: format!("{label}#{hash}"),
            hash,
            kind: Kind::Bound {
                label: label.to_owned(),
                constraints,
                exec,
            },
        }))
    }

    fn builtin(name: &str, kind: Kind) -> Self {
        Self(Arc::new(Data {
            full: name.to_owned(),
            hash: hash(name),
            kind,
        }))
    }

    /// Of configuration rules.
    pub(crate) fn unbound() -> Self {
        Self::builtin("<unbound>", Kind::Unbound)
    }

    /// Of targets without a platform.
    pub(crate) fn unspecified() -> Self {
        Self::builtin("<unspecified>", Kind::Unspecified)
    }

    /// Of tools for which no execution platform was found.
    pub(crate) fn unspecified_exec() -> Self {
        Self::builtin("<unspecified_exec>", Kind::UnspecifiedExec)
    }

    /// Which kind of configuration it is.
    pub(crate) fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// The constraints of a bound configuration.
    pub(crate) fn constraints(&self) -> Option<&Constraints> {
        match &self.0.kind {
            Kind::Bound { constraints, .. } => Some(constraints),
            _ => None,
        }
    }

    /// The name without the hash.
    pub(crate) fn name(&self) -> &str {
        match &self.0.kind {
            Kind::Bound { label, .. } => label,
            _ => &self.0.full,
        }
    }

    /// The hash, 16 hex digits.
    pub(crate) fn digest(&self) -> &str {
        &self.0.hash
    }
}

fn hash(text: &str) -> String {
    Sha256::of(text.as_bytes()).to_string()[..16].to_owned()
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.full)
    }
}

/// A target in a configuration. A toolchain also knows the execution platform of the target that uses it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConfiguredTarget {
    pub(crate) target: TargetLabel,
    pub(crate) cfg: Configuration,
    pub(crate) exec: Option<Configuration>,
}

impl ConfiguredTarget {
    /// A target that is no toolchain.
    pub(crate) fn new(target: TargetLabel, cfg: Configuration) -> Self {
        Self {
            target,
            cfg,
            exec: None,
        }
    }
}

impl fmt::Display for ConfiguredTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.target, self.cfg)?;
        match &self.exec {
            Some(exec) => write!(f, " ({exec})"),
            None => Ok(()),
        }
    }
}

/// A configured target or one of its sub-targets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConfiguredProviders {
    pub(crate) target: ConfiguredTarget,
    pub(crate) sub: Arc<[Arc<str>]>,
}

impl fmt::Display for ConfiguredProviders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.target.target)?;
        write_sub(f, &self.sub)?;
        write!(f, " ({})", self.target.cfg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_and_constraints_both_count() {
        let one = Configuration::bound("a", Constraints::new(), false);
        assert_eq!(one, Configuration::bound("a", Constraints::new(), false));
        assert_ne!(
            one.digest(),
            Configuration::bound("b", Constraints::new(), false).digest()
        );
        assert_eq!(one.digest().len(), 16);
        assert_eq!(one.to_string(), format!("a#{}", one.digest()));
    }
}
