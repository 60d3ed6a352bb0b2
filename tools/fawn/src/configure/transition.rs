//! Transitions: from one configuration to another.

use crate::engine::Engine;
use crate::label::{Configuration, Kind, ProvidersLabel, TargetLabel};
use crate::load::error::starlark_error;
use crate::providers::{platform_value, read_platform};
use anyhow::{Context, Result, bail};
use starlark::environment::Module;
use starlark::eval::Evaluator;
use starlark::values::{OwnedFrozenValue, Value};

impl Engine {
    /// The configuration that a transition makes of another.
    pub(super) fn transition(&self, label: &TargetLabel, cfg: &Configuration) -> Result<Configuration> {
        let key = (label.clone(), cfg.clone());
        let apply = || {
            self.apply_transition(label, cfg)
                .with_context(|| format!("in the transition `{label}` from {cfg}"))
        };
        self.transitions.get(&key, apply)
    }

    fn apply_transition(&self, label: &TargetLabel, cfg: &Configuration) -> Result<Configuration> {
        let Kind::Bound { exec, .. } = cfg.kind() else {
            bail!("there is no platform to start from");
        };
        let providers = self.configuration_providers(&ProvidersLabel::plain(label.clone()))?;
        let function = providers.owned("TransitionInfo", "impl");
        let function = function.with_context(|| format!("`{label}` is no transition: it has no `TransitionInfo`"))?;
        let once = call(&function, cfg, *exec)?;
        let twice = call(&function, &once, *exec).context("applied a second time")?;
        if once != twice {
            bail!("applied twice it gives {twice}, applied once {once}; it must give the same");
        }
        Ok(once)
    }
}

fn call(function: &OwnedFrozenValue, cfg: &Configuration, exec: bool) -> Result<Configuration> {
    Module::with_temp_heap(|module| {
        let heap = module.heap();
        let function: Value<'_> = heap.access_owned_frozen_value(function);
        let platform = platform_value(cfg, heap);
        let mut eval = Evaluator::new(&module);
        let result = eval
            .eval_function(function, &[], &[("platform", platform)])
            .map_err(starlark_error)?;
        read_platform(result, exec)
    })
}
