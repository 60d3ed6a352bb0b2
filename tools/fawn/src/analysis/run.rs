//! Calling the function of a rule.

use super::actions::ActionsValue;
use super::analyzed::{Analyzed, Providers, text};
use super::attributes::Binder;
use super::context::ContextValue;
use super::state::State;
use crate::configure::Node;
use crate::engine::{Engine, Step};
use crate::label::{Configuration, ConfiguredProviders, ConfiguredTarget, ProvidersLabel};
use crate::load::context::{FileContext, Stage};
use crate::load::error::{freeze_error, starlark_error};
use crate::load::loader::ModuleKey;
use crate::load::rule::{FrozenRuleCallable, RuleKind};
use crate::providers::{Provider, collect};
use crate::session::Validation;
use crate::values::artifact::ArtifactValue;
use crate::values::labels::LabelValue;
use anyhow::{Context, Result, bail};
use starlark::environment::Module;
use starlark::eval::Evaluator;
use starlark::values::list::ListRef;
use starlark::values::structs::AllocStruct;
use starlark::values::{OwnedFrozenValue, ValueLike};
use std::collections::HashMap;
use std::sync::Arc;

impl Engine {
    /// The providers of a configuration rule, or of one of its sub-targets.
    pub(crate) fn configuration_providers(&self, label: &ProvidersLabel) -> Result<Providers> {
        let target = ConfiguredTarget::new(label.target.clone(), Configuration::unbound());
        self.analyze(&target)?.providers.sub_target(label)
    }

    /// Analyses a target and everything it depends on.
    pub(crate) fn analyze(&self, label: &ConfiguredTarget) -> Result<Arc<Analyzed>> {
        self.analyses.get(label, || {
            let node = self.configure(label)?.require()?;
            if let Some(forward) = &node.forward {
                return self.analyze(forward);
            }
            let deps = node.deps.iter().map(|dep| {
                let analyzed = self.analyze(dep);
                analyzed.with_context(|| format!("{}: needed by `{}`", node.target.location, node.label.target))
            });
            let deps = deps.collect::<Result<Vec<_>>>()?;
            self.enter(Step::Analyze, label, || self.call_rule(&node, deps))
                .with_context(|| {
                    format!(
                        "{}: analysis of `{label}` (rule `{}`)",
                        node.target.location, node.target.rule.name
                    )
                })
        })
    }

    fn rule(&self, node: &Node) -> Result<OwnedFrozenValue> {
        let rule = &node.target.rule;
        let key = ModuleKey {
            file: rule.file.clone(),
            build_cell: rule.build_cell.clone(),
        };
        let (value, _) = self.loader.module(&key)?.get_any_visibility(&rule.name)?;
        let callable = value
            .value()
            .unpack_frozen()
            .and_then(|value| value.downcast_ref::<FrozenRuleCallable>());
        let implementation = callable
            .with_context(|| format!("`{}` is no rule", rule.name))?
            .implementation;
        Ok(value.map(|_| implementation))
    }

    fn call_rule(&self, node: &Node, deps: Vec<Arc<Analyzed>>) -> Result<Arc<Analyzed>> {
        let state = Arc::new(State::new(
            node.label.clone(),
            self.loader.cells.clone(),
            self.root.clone(),
        ));
        let by_label: HashMap<_, _> = node.deps.iter().cloned().zip(deps.iter().cloned()).collect();
        let implementation = self.rule(node)?;
        let module = Module::with_temp_heap(|module| {
            self.evaluate_rule(&module, node, &state, &by_label, &implementation)?;
            module.freeze().map_err(freeze_error)
        })?;
        let value = module.owned_extra_value().context("a rule without result")?;
        let providers = Providers { value };
        let actions = if node.target.rule.kind == RuleKind::Configuration {
            self.refuse_actions(&state)?
        } else {
            self.remember(state.kept(&module)?, &state, "");
            state.finish(&self.graph)?
        };
        let validations = validations(&node.label, &providers)?;
        Ok(Arc::new(Analyzed {
            label: node.label.clone(),
            is_checked: !validations.is_empty() || deps.iter().any(|dep| dep.is_checked),
            validations,
            providers,
            deps,
            actions,
        }))
    }

    /// Configuration rules have no execution platform, so nothing could run their actions.
    fn refuse_actions(&self, state: &State) -> Result<Vec<crate::action::ActionId>> {
        let scratch = std::sync::RwLock::default();
        if !state.finish(&scratch)?.is_empty() {
            bail!("a configuration rule cannot declare actions");
        }
        Ok(Vec::new())
    }

    fn evaluate_rule<'v>(
        &self,
        module: &Module<'v>,
        node: &Node,
        state: &Arc<State>,
        deps: &HashMap<ConfiguredTarget, Arc<Analyzed>>,
        implementation: &OwnedFrozenValue,
    ) -> Result<()> {
        let heap = module.heap();
        let binder = Binder {
            heap,
            cells: &self.loader.cells,
            cfg: &node.label.cfg,
            deps,
        };
        let rule = &node.target.rule;
        let mut attrs = Vec::with_capacity(rule.attrs.len());
        for (index, ((name, _), attr)) in rule.attrs.iter().zip(&node.attrs).enumerate() {
            // Of the attributes of every rule, only the name says anything to its function.
            if index >= rule.common || &**name == "name" {
                attrs.push((
                    &**name,
                    binder.value(attr).with_context(|| format!("attribute `{name}`"))?,
                ));
            }
        }
        let label = ConfiguredProviders {
            target: node.label.clone(),
            sub: Arc::new([]),
        };
        let context = heap.alloc(ContextValue {
            attrs: heap.alloc(AllocStruct(attrs)),
            actions: heap.alloc(ActionsValue(state.clone())),
            label: heap.alloc(LabelValue(label)),
        });
        let function = heap.access_owned_frozen_value(implementation);
        let surroundings = FileContext {
            cells: &self.loader.cells,
            file: rule.file.clone(),
            build_cell: rule.build_cell.clone(),
            stage: Stage::Rule,
        };
        let mut eval = Evaluator::new(module);
        eval.extra = Some(&surroundings);
        let result = eval.eval_function(function, &[context], &[]).map_err(starlark_error)?;
        let collection = collect(result, heap, None).context("the rule's result")?;
        module.set_extra_value(collection);
        Ok(())
    }
}

fn validations(owner: &ConfiguredTarget, providers: &Providers) -> Result<Vec<Validation>> {
    let Some(info) = providers.builtin("ValidationInfo") else {
        return Ok(Vec::new());
    };
    let specs = info.field("validations").and_then(ListRef::from_value);
    let specs = specs.context("`ValidationInfo` without validations")?;
    let specs = specs.iter().filter_map(Provider::from_value);
    let validations = specs.map(|spec| {
        let report = spec.field("validation_result").and_then(ArtifactValue::from_value);
        Ok(Validation {
            owner: owner.to_string().into(),
            name: text(spec, "name")?.into(),
            report: report.context("a validation without result")?.0.resolve()?,
            optional: spec.field("optional").is_some_and(|flag| flag.to_bool()),
        })
    });
    validations.collect()
}
