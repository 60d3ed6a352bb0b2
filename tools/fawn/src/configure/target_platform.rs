//! The configuration of requested targets.

use super::constructor::Modifying;
use crate::attrs::Attr;
use crate::engine::Engine;
use crate::label::{Configuration, ConfiguredTarget, ProvidersLabel, Scope, TargetLabel, parse_target};
use crate::load::rule::RuleKind;
use crate::pattern::TargetPattern;
use crate::providers::read_platform;
use anyhow::{Context, Result};

impl Engine {
    /// The configuration of a platform.
    pub(super) fn platform(&self, label: &TargetLabel) -> Result<Configuration> {
        self.platforms.get(label, || {
            let providers = self.configuration_providers(&ProvidersLabel::plain(label.clone()))?;
            let info = providers.value_of("PlatformInfo");
            let info = info.with_context(|| format!("`{label}` is no platform: it has no `PlatformInfo`"))?;
            read_platform(info.value(), false)
        })
    }

    /// The target with the configuration that a request gives it.
    pub(crate) fn requested(
        &self,
        label: &TargetLabel,
        modifiers: &[String],
        platform: Option<&str>,
    ) -> Result<ConfiguredTarget> {
        let target = self.loader.target(label)?;
        if target.rule.kind == RuleKind::Configuration {
            return Ok(ConfiguredTarget::new(label.clone(), Configuration::unbound()));
        }
        let base = match (platform, target.get("default_target_platform")) {
            (Some(platform), _) => {
                let label = parse_target(platform, self.root_scope()).context("in the target platform")?;
                self.platform(&label)?
            }
            (None, Some(Attr::Configuration(platform))) => self.platform(&platform.target)?,
            _ => self.default_platform(label)?,
        };
        let cfg = self.modify(&target, base, Modifying::Requested(modifiers))?;
        let mut configured = ConfiguredTarget::new(label.clone(), cfg);
        if target.rule.kind == RuleKind::Toolchain {
            configured.exec = Some(self.toolchain_execution_platform(&configured)?);
        }
        Ok(configured)
    }

    fn root_scope(&self) -> Scope<'_> {
        Scope {
            cells: &self.loader.cells,
            cell: &self.loader.cells.root().name,
            package: None,
        }
    }

    /// What `[parser] target_platform_detector_spec` says.
    fn default_platform(&self, label: &TargetLabel) -> Result<Configuration> {
        let config = &self.loader.cells.root().config;
        let Some(spec) = config.value("parser", "target_platform_detector_spec") else {
            return Ok(Configuration::unspecified());
        };
        for entry in spec.as_str().split_whitespace() {
            let bad = || {
                format!(
                    "{}: `{entry}` is not of the form `target:pattern->platform`",
                    spec.origin()
                )
            };
            let rest = entry.strip_prefix("target:").with_context(bad)?;
            let (pattern, platform) = rest.split_once("->").with_context(bad)?;
            let pattern = TargetPattern::parse(pattern, self.root_scope()).with_context(bad)?;
            if pattern.matches(label) {
                let platform = parse_target(platform, self.root_scope()).with_context(bad)?;
                return self.platform(&platform);
            }
        }
        Ok(Configuration::unspecified())
    }
}
