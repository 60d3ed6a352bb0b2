//! Configured targets.

use super::compatible::{Cause, Outcome, Reason};
use super::resolve::Resolver;
use crate::attrs::{ArgPart, Attr, Dep, How, Source};
use crate::engine::{Engine, Step};
use crate::label::{Configuration, ConfiguredTarget, Kind, ProvidersLabel, TargetLabel};
use crate::load::rule::RuleKind;
use crate::load::target::Target;
use anyhow::{Context, Result, bail};
use std::sync::Arc;

/// A target whose selects are resolved and whose dependencies are configured.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) label: ConfiguredTarget,
    pub(crate) target: Arc<Target>,
    /// Values in the order of the rule's attributes.
    pub(crate) attrs: Vec<Attr>,
    /// The configuration of its tools.
    pub(crate) exec: Configuration,
    /// Everything it depends on, each once, in order.
    pub(crate) deps: Vec<ConfiguredTarget>,
    /// The node that its incoming transition leads to; then it has no attributes of its own.
    pub(crate) forward: Option<ConfiguredTarget>,
}

/// What decides on the execution platform.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) exec: Vec<TargetLabel>,
    /// Toolchains in the target's configuration, without execution platform.
    pub(super) toolchains: Vec<ConfiguredTarget>,
    pub(super) exec_compatible: Vec<ProvidersLabel>,
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl Engine {
    /// Configures a target.
    pub(crate) fn configure(&self, label: &ConfiguredTarget) -> Result<Outcome<Arc<Node>>> {
        self.nodes.get(label, || {
            let target = self.loader.target(&label.target)?;
            self.enter(Step::Configure, label, || self.configure_new(label, &target))
                .with_context(|| format!("{}: in target `{label}`", target.location))
        })
    }

    fn configure_new(&self, label: &ConfiguredTarget, target: &Arc<Target>) -> Result<Outcome<Arc<Node>>> {
        match (target.rule.kind, &label.exec) {
            (RuleKind::Toolchain, None) if *label.cfg.kind() != Kind::Unbound => bail!(
                "`{}` is a toolchain (rule `{}`) and can be used only through `attrs.toolchain_dep`",
                label.target,
                target.rule.name
            ),
            (RuleKind::Normal | RuleKind::Configuration, Some(_)) => bail!(
                "`{}` is no toolchain (rule `{}`), but is used through `attrs.toolchain_dep`",
                label.target,
                target.rule.name
            ),
            _ => {}
        }
        if let Some(Attr::Configuration(transition)) = target.get("incoming_transition") {
            let cfg = self.transition(&transition.target, &label.cfg)?;
            if cfg != label.cfg {
                return self.configure_forward(label, target, cfg);
            }
        }
        if let Some(reason) = self.incompatible(label, target)? {
            return Ok(Outcome::Incompatible(reason));
        }
        let attrs = match self.resolve_attrs(label, target)? {
            Outcome::Compatible(attrs) => attrs,
            Outcome::Incompatible(reason) => return Ok(Outcome::Incompatible(reason)),
        };
        self.configure_deps(label, target, attrs)
    }

    fn configure_forward(
        &self,
        label: &ConfiguredTarget,
        target: &Arc<Target>,
        cfg: Configuration,
    ) -> Result<Outcome<Arc<Node>>> {
        let to = ConfiguredTarget { cfg, ..label.clone() };
        Ok(match self.configure(&to)? {
            Outcome::Incompatible(reason) => Outcome::Incompatible(reason),
            Outcome::Compatible(_) => Outcome::Compatible(Arc::new(Node {
                label: label.clone(),
                target: target.clone(),
                attrs: Vec::new(),
                exec: Configuration::unspecified_exec(),
                deps: vec![to.clone()],
                forward: Some(to),
            })),
        })
    }

    fn incompatible(&self, label: &ConfiguredTarget, target: &Target) -> Result<Option<Arc<Reason>>> {
        let Some(attr) = target.get("target_compatible_with") else {
            return Ok(None);
        };
        let resolver = Resolver {
            engine: self,
            target: label,
        };
        let resolved = match resolver
            .resolve(attr, None)
            .context("attribute `target_compatible_with`")?
        {
            Outcome::Compatible(resolved) => resolved,
            Outcome::Incompatible(reason) => return Ok(Some(reason)),
        };
        for condition in configuration_labels(&resolved) {
            if self.holds(condition, &label.cfg, &label.target.package.cell)?.is_none() {
                return Ok(Some(Arc::new(Reason {
                    target: label.clone(),
                    cause: Cause::Unsatisfied(condition.clone()),
                })));
            }
        }
        Ok(None)
    }

    fn resolve_attrs(&self, label: &ConfiguredTarget, target: &Target) -> Result<Outcome<Vec<Attr>>> {
        let resolver = Resolver {
            engine: self,
            target: label,
        };
        let mut attrs = Vec::with_capacity(target.attrs.len());
        for (name, spec, value) in target.attributes() {
            let resolved = resolver
                .resolve(value, spec.default.as_ref())
                .with_context(|| format!("attribute `{name}`"))?;
            match resolved {
                Outcome::Compatible(value) => attrs.push(value),
                Outcome::Incompatible(reason) => return Ok(Outcome::Incompatible(reason)),
            }
        }
        Ok(Outcome::Compatible(attrs))
    }

    /// What decides on the execution platform of a target with these values.
    pub(super) fn gather(&self, label: &ConfiguredTarget, target: &Target, attrs: &[Attr]) -> Gathered {
        let mut gathered = Gathered::default();
        for attr in attrs {
            attr.each_dep(&mut |dep| match dep.how {
                How::Exec => push_new(&mut gathered.exec, dep.label.target.clone()),
                How::Toolchain => push_new(
                    &mut gathered.toolchains,
                    ConfiguredTarget::new(dep.label.target.clone(), label.cfg.clone()),
                ),
                _ => {}
            });
        }
        let names = target.rule.attrs.iter().zip(attrs);
        for attr in names
            .filter(|((name, _), _)| &**name == "exec_compatible_with")
            .map(|(_, attr)| attr)
        {
            gathered.exec_compatible.extend(configuration_labels(attr).cloned());
        }
        gathered
    }

    /// The same for a toolchain that is not configured yet.
    pub(super) fn gather_toolchain(&self, label: &ConfiguredTarget) -> Result<Gathered> {
        let target = self.loader.target(&label.target)?;
        let attrs = self.resolve_attrs(label, &target)?.require()?;
        let gathered = self.gather(label, &target, &attrs);
        for attr in &attrs {
            let mut transition = false;
            attr.each_dep(&mut |dep| transition |= matches!(dep.how, How::Transition(_)));
            if transition {
                bail!(
                    "{}: the toolchain `{}` has a transition dependency, which toolchains may not have",
                    target.location,
                    label.target
                );
            }
        }
        Ok(gathered)
    }

    fn configure_deps(
        &self,
        label: &ConfiguredTarget,
        target: &Arc<Target>,
        attrs: Vec<Attr>,
    ) -> Result<Outcome<Arc<Node>>> {
        // The own dependencies come first: what is wrong with them should not be reported as a platform's fault.
        let mut first_error = None;
        let mut reason = None;
        for attr in &attrs {
            attr.each_dep(&mut |dep| {
                if first_error.is_some() || matches!(dep.how, How::Exec | How::Toolchain) {
                    return;
                }
                match self.configure_dep(label, target, dep, &Configuration::unbound()) {
                    Ok((_, Outcome::Incompatible(inner))) => reason = Some(inner),
                    Ok(_) => {}
                    Err(error) => first_error = Some(error),
                }
            });
        }
        if let Some(inner) = reason {
            return Ok(dependency_reason(label, inner));
        }
        if let Some(error) = first_error {
            return Err(error);
        }
        let exec = match (label.cfg.kind(), &label.exec) {
            (Kind::Unbound, _) => Configuration::unspecified_exec(),
            (_, Some(exec)) => exec.clone(),
            (_, None) => self.choose_execution_platform(label, &self.gather(label, target, &attrs))?,
        };
        let mut deps = Vec::new();
        let mut configured = Vec::with_capacity(attrs.len());
        for ((name, _), attr) in target.rule.attrs.iter().zip(&attrs) {
            let attr = map_deps(attr, &mut |dep| -> Result<Dep, Stop> {
                let (found, outcome) = self.configure_dep(label, target, dep, &exec).map_err(Stop::Error)?;
                if let Outcome::Incompatible(inner) = outcome {
                    return Err(Stop::Incompatible(inner));
                }
                push_new(&mut deps, found.clone());
                Ok(Dep {
                    configured: Some(found),
                    ..dep.clone()
                })
            });
            match attr {
                Ok(attr) => configured.push(attr),
                Err(Stop::Incompatible(inner)) => return Ok(dependency_reason(label, inner)),
                Err(Stop::Error(error)) => return Err(error.context(format!("attribute `{name}`"))),
            }
        }
        Ok(Outcome::Compatible(Arc::new(Node {
            label: label.clone(),
            target: target.clone(),
            attrs: configured,
            exec,
            deps,
            forward: None,
        })))
    }

    fn configure_dep(
        &self,
        label: &ConfiguredTarget,
        target: &Target,
        dep: &Dep,
        exec: &Configuration,
    ) -> Result<(ConfiguredTarget, Outcome<Arc<Node>>)> {
        let name = &dep.label.target;
        let found = self
            .loader
            .target(name)
            .with_context(|| format!("{}: dependency of `{}`", target.location, label.target))?;
        found
            .check_visible_to(&label.target)
            .with_context(|| target.location.to_string())?;
        if !target.within_view.includes(name) && name.package != label.target.package {
            bail!(
                "{}: `{}` may not depend on `{name}`: it is not in its `within_view`",
                target.location,
                label.target
            );
        }
        let is_configuration = found.rule.kind == RuleKind::Configuration;
        let configured = match &dep.how {
            _ if is_configuration => ConfiguredTarget::new(name.clone(), Configuration::unbound()),
            How::Target => ConfiguredTarget::new(name.clone(), label.cfg.clone()),
            How::Platform(platform) => ConfiguredTarget::new(name.clone(), self.platform(platform)?),
            How::Transition(transition) => {
                ConfiguredTarget::new(name.clone(), self.transition(transition, &label.cfg)?)
            }
            How::Exec => self.configure_tool(name, exec)?,
            How::Toolchain => ConfiguredTarget {
                target: name.clone(),
                cfg: label.cfg.clone(),
                exec: Some(exec.clone()),
            },
        };
        let outcome = self.configure(&configured)?;
        let configured = match &outcome {
            Outcome::Compatible(node) => node.forward.clone().unwrap_or(configured),
            Outcome::Incompatible(_) => configured,
        };
        Ok((configured, outcome))
    }
}

enum Stop {
    Incompatible(Arc<Reason>),
    Error(anyhow::Error),
}

fn dependency_reason<T>(label: &ConfiguredTarget, inner: Arc<Reason>) -> Outcome<T> {
    Outcome::Incompatible(Arc::new(Reason {
        target: label.clone(),
        cause: Cause::Dependency(inner),
    }))
}

fn configuration_labels(attr: &Attr) -> impl Iterator<Item = &ProvidersLabel> {
    let items: &[Attr] = match attr {
        Attr::List(items) => items,
        _ => &[],
    };
    items.iter().filter_map(|item| match item {
        Attr::Configuration(label) => Some(label),
        _ => None,
    })
}

/// Replaces every dependency in a resolved value.
fn map_deps<E>(attr: &Attr, f: &mut dyn FnMut(&Dep) -> Result<Dep, E>) -> Result<Attr, E> {
    Ok(match attr {
        Attr::Dep(dep) => Attr::Dep(f(dep)?),
        Attr::Source(Source::Dep(dep)) => Attr::Source(Source::Dep(f(dep)?)),
        Attr::List(items) => Attr::List(
            items
                .iter()
                .map(|item| map_deps(item, f))
                .collect::<Result<Vec<_>, E>>()?
                .into(),
        ),
        Attr::Tuple(items) => Attr::Tuple(
            items
                .iter()
                .map(|item| map_deps(item, f))
                .collect::<Result<Vec<_>, E>>()?
                .into(),
        ),
        Attr::Dict(entries) => {
            let mapped = entries
                .iter()
                .map(|(key, value)| Ok((map_deps(key, f)?, map_deps(value, f)?)));
            Attr::Dict(mapped.collect::<Result<Vec<_>, E>>()?.into())
        }
        Attr::Arg(parts) => {
            let mapped = parts.iter().map(|part: &ArgPart| part.map_dep(f));
            Attr::Arg(mapped.collect::<Result<Vec<_>, E>>()?.into())
        }
        other => other.clone(),
    })
}
