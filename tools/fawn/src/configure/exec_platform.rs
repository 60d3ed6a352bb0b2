//! Choosing the execution platform of a target.

use super::compatible::Outcome;
use super::constructor::Modifying;
use super::node::{Gathered, Node};
use crate::engine::Engine;
use crate::label::{
    Configuration, ConfiguredTarget, Kind, ProvidersLabel, Scope, TargetLabel, parse_providers, parse_target,
};
use crate::providers::{builtin, read_configuration, read_constraint};
use crate::values::labels::TargetLabelValue;
use anyhow::{Context, Result, bail};
use starlark::values::Value;
use starlark::values::list::ListRef;
use std::sync::Arc;

/// What happens when no platform suits.
#[derive(Clone, Debug)]
enum Fallback {
    Unspecified,
    Error,
    Platform(Configuration),
}

/// The target named by `[build] execution_platforms`.
#[derive(Debug)]
pub(crate) struct ExecutionPlatforms {
    platforms: Vec<Configuration>,
    fallback: Fallback,
}

/// Why a platform was passed over.
pub(crate) type Refusal = String;

impl Engine {
    /// The execution platforms of the project, if it names any.
    fn execution_platforms(&self) -> Result<Option<Arc<ExecutionPlatforms>>> {
        if let Some(found) = self.exec_platforms.get() {
            return Ok(found.clone());
        }
        let config = self.loader.cells.root().config.clone();
        let found = match config.value("build", "execution_platforms") {
            None => None,
            Some(value) => {
                let label = parse_target(value.as_str(), self.scope()).with_context(|| value.origin().to_string())?;
                let read = self.read_execution_platforms(&label);
                Some(Arc::new(read.with_context(|| {
                    format!("{}: `[build] execution_platforms`", value.origin())
                })?))
            }
        };
        Ok(self.exec_platforms.get_or_init(|| found).clone())
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            cells: &self.loader.cells,
            cell: &self.loader.cells.root().name,
            package: None,
        }
    }

    fn read_execution_platforms(&self, label: &TargetLabel) -> Result<ExecutionPlatforms> {
        let providers = self.configuration_providers(&ProvidersLabel::plain(label.clone()))?;
        let info = providers.builtin("ExecutionPlatformRegistrationInfo");
        let info = info.with_context(|| format!("`{label}` has no `ExecutionPlatformRegistrationInfo`"))?;
        let marker = info
            .field("exec_marker_constraint")
            .and_then(|marker| marker.unpack_str().map(str::to_owned));
        let marker = match marker {
            None => None,
            Some(text) => {
                let marker = parse_providers(&text, self.scope())?;
                let providers = self.configuration_providers(&marker)?;
                let value = providers.value_of("ConstraintValueInfo");
                let value = value
                    .with_context(|| format!("`exec_marker_constraint` `{marker}` is no value of a constraint"))?;
                Some(read_constraint(value.value())?)
            }
        };
        let platform = |value: Value<'_>| -> Result<Configuration> {
            let info = builtin(value, "ExecutionPlatformInfo").context("expected an `ExecutionPlatformInfo`")?;
            let label = info
                .field("label")
                .and_then(TargetLabelValue::from_value)
                .map(|label| label.0.to_string());
            let configuration = info
                .field("configuration")
                .and_then(|value| builtin(value, "ConfigurationInfo"));
            let (mut constraints, _) = read_configuration(configuration.context("a platform without configuration")?)?;
            constraints.extend(marker.clone());
            Ok(Configuration::bound(
                &label.unwrap_or_default(),
                constraints,
                marker.is_some(),
            ))
        };
        let list = info.field("platforms").and_then(ListRef::from_value);
        let platforms = list
            .iter()
            .flat_map(|list| list.iter())
            .map(&platform)
            .collect::<Result<_>>()?;
        let fallback = match info.field("fallback") {
            Some(value) if value.unpack_str() == Some("error") => Fallback::Error,
            Some(value) if value.unpack_str().is_none() && !value.is_none() => Fallback::Platform(platform(value)?),
            _ => Fallback::Unspecified,
        };
        Ok(ExecutionPlatforms { platforms, fallback })
    }

    /// The execution platform for a target with these needs.
    pub(super) fn choose_execution_platform(
        &self,
        label: &ConfiguredTarget,
        gathered: &Gathered,
    ) -> Result<Configuration> {
        let Some(platforms) = self.execution_platforms()? else {
            return Ok(label.cfg.clone());
        };
        let cell = label.target.package.cell.clone();
        let key = (
            cell.clone(),
            gathered.exec_compatible.clone(),
            gathered.exec.clone(),
            gathered.toolchains.clone(),
        );
        self.platform_choices.get(&key, || {
            let mut refusals = Vec::new();
            for platform in &platforms.platforms {
                match self.refuses(platform, &cell, gathered)? {
                    None => return Ok(platform.clone()),
                    Some(refusal) => refusals.push(format!("{platform}: {refusal}")),
                }
            }
            match &platforms.fallback {
                Fallback::Unspecified => Ok(Configuration::unspecified_exec()),
                Fallback::Platform(platform) => Ok(platform.clone()),
                Fallback::Error => bail!(
                    "no execution platform suits `{}`: {}",
                    label.target,
                    refusals.join("; ")
                ),
            }
        })
    }

    /// The platforms that come before the one of `node`, with the reason why each does not suit.
    pub(crate) fn skipped_platforms(&self, node: &Node) -> Result<Vec<(Configuration, Refusal)>> {
        let mut skipped = Vec::new();
        let Some(platforms) = self.execution_platforms()? else {
            return Ok(skipped);
        };
        let gathered = self.gather(&node.label, &node.target, &node.attrs);
        for platform in &platforms.platforms {
            match self.refuses(platform, &node.label.target.package.cell, &gathered)? {
                Some(refusal) => skipped.push((platform.clone(), refusal)),
                None => break,
            }
        }
        Ok(skipped)
    }

    /// Why a platform does not suit, or `None`.
    fn refuses(&self, platform: &Configuration, cell: &str, gathered: &Gathered) -> Result<Option<Refusal>> {
        for constraint in &gathered.exec_compatible {
            if self.holds(constraint, platform, cell)?.is_none() {
                return Ok(Some(format!("`{constraint}` of `exec_compatible_with` does not hold")));
            }
        }
        for tool in &gathered.exec {
            let configured = self.configure_tool(tool, platform)?;
            if let Outcome::Incompatible(reason) = self.configure(&configured)? {
                return Ok(Some(reason.to_string()));
            }
        }
        for toolchain in &gathered.toolchains {
            let needs = self.gather_toolchain(toolchain)?;
            if let Some(refusal) = self.refuses(platform, &toolchain.target.package.cell, &needs)? {
                return Ok(Some(format!("toolchain `{}`: {refusal}", toolchain.target)));
            }
        }
        Ok(None)
    }

    /// A tool in the configuration that it has on an execution platform.
    pub(super) fn configure_tool(&self, tool: &TargetLabel, platform: &Configuration) -> Result<ConfiguredTarget> {
        let cfg = match platform.kind() {
            Kind::Bound { .. } => {
                let target = self.loader.target(tool)?;
                self.modify(&target, platform.clone(), Modifying::Tool)?
            }
            _ => platform.clone(),
        };
        Ok(ConfiguredTarget::new(tool.clone(), cfg))
    }

    /// The execution platform of a toolchain that is requested itself.
    pub(super) fn toolchain_execution_platform(&self, label: &ConfiguredTarget) -> Result<Configuration> {
        let gathered = self.gather_toolchain(label)?;
        self.choose_execution_platform(label, &gathered)
    }
}
