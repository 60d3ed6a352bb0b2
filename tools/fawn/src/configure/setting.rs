//! Conditions: the keys of selects and the entries of `target_compatible_with`.

use crate::engine::Engine;
use crate::label::{Configuration, Constraints, Kind, ProvidersLabel};
use crate::providers::read_configuration;
use anyhow::{Context, Result, bail};
use std::sync::Arc;

/// What a condition demands.
#[derive(Debug)]
pub(crate) struct Setting {
    constraints: Constraints,
    /// `section.key` → value.
    values: Vec<(String, String)>,
}

impl Setting {
    /// Whether this demands all that `other` does, and more.
    pub(super) fn refines(&self, other: &Setting) -> bool {
        self.constraints.len() + self.values.len() > other.constraints.len() + other.values.len()
            && other
                .constraints
                .iter()
                .all(|(key, value)| self.constraints.get(key) == Some(value))
            && other.values.iter().all(|value| self.values.contains(value))
    }
}

impl Engine {
    /// What a condition demands.
    pub(super) fn setting(&self, label: &ProvidersLabel) -> Result<Arc<Setting>> {
        self.settings.get(label, || {
            let providers = self.configuration_providers(label)?;
            let info = providers.builtin("ConfigurationInfo").with_context(|| {
                format!("`{label}` cannot be a condition: it has no `ConfigurationInfo`, as a `config_setting` or a value of a `constraint` has")
            })?;
            let (constraints, values) = read_configuration(info)?;
            Ok(Arc::new(Setting { constraints, values }))
        })
    }

    /// Whether a condition holds in a configuration, for a target of this cell.
    pub(super) fn holds(
        &self,
        label: &ProvidersLabel,
        cfg: &Configuration,
        cell: &str,
    ) -> Result<Option<Arc<Setting>>> {
        let setting = self.setting(label)?;
        let constraints = match cfg.kind() {
            Kind::Bound { constraints, .. } => constraints,
            Kind::Unbound => bail!(
                "the condition `{label}` has no meaning here: configuration rules themselves have no configuration"
            ),
            Kind::Unspecified => bail!(
                "the condition `{label}` cannot be decided: no platform is known for the target; \
                 name one with `[parser] target_platform_detector_spec`, `default_target_platform` or a modifier"
            ),
            Kind::UnspecifiedExec => bail!(
                "the condition `{label}` cannot be decided: no execution platform suits the target that uses this tool"
            ),
        };
        for (key, wanted) in &setting.constraints {
            let set = constraints.get(key).map(|constraint| &constraint.value);
            if set.or(wanted.default.as_ref()) != Some(&wanted.value) {
                return Ok(None);
            }
        }
        let config = &self.loader.cells.get(cell).config;
        for (name, wanted) in &setting.values {
            let (section, key) = name.split_once('.').unwrap_or((name, ""));
            if config.get(section, key) != Some(wanted) {
                return Ok(None);
            }
        }
        Ok(Some(setting))
    }
}
