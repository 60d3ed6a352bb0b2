//! Modifiers, by way of the configuration constructor of the root `PACKAGE` file.

use crate::attrs::{Attr, to_json};
use crate::engine::{Engine, ModifiedKey};
use crate::label::{Configuration, Constraints, Kind, PackageLabel, Scope, parse_providers};
use crate::load::data_file;
use crate::load::error::starlark_error;
use crate::load::package_file::{ALIASES, Constructor, EXTRA, STAGE0, STAGE1};
use crate::load::rule::RuleKind;
use crate::load::target::Target;
use crate::providers::{platform_value, read_platform};
use anyhow::{Context, Result, bail};
use starlark::environment::Module;
use starlark::eval::Evaluator;
use starlark::values::dict::AllocDict;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::tuple::TupleRef;
use starlark::values::{Heap, Value};
use std::sync::Arc;

/// For whom modifiers are applied.
#[derive(Clone, Copy)]
pub(crate) enum Modifying<'a> {
    /// A requested target, with the modifiers of the command line.
    Requested(&'a [String]),
    /// A tool; its platform has the last word.
    Tool,
}

impl Engine {
    fn constructor(&self) -> Result<Option<Arc<Constructor>>> {
        let root = PackageLabel::new(&self.loader.cells.root().name, "");
        Ok(self.loader.package_info(&root)?.constructor.clone())
    }

    /// The configuration after the modifiers of the target's folders, of the target and of `modifying`.
    pub(crate) fn modify(
        &self,
        target: &Target,
        cfg: Configuration,
        modifying: Modifying<'_>,
    ) -> Result<Configuration> {
        let Some(constructor) = self.constructor()? else {
            if let Modifying::Requested([first, ..]) = modifying {
                bail!(
                    "the modifier `{first}` has no meaning: the PACKAGE file of the root cell calls no `set_cfg_constructor`"
                );
            }
            return Ok(cfg);
        };
        let last: Vec<String> = match modifying {
            Modifying::Requested(modifiers) => modifiers.to_vec(),
            Modifying::Tool => {
                let constraints = cfg.constraints().into_iter().flat_map(Constraints::values);
                constraints.map(|constraint| constraint.value.to_string()).collect()
            }
        };
        let package = target.info.modifiers.clone();
        let own = match target.get("modifiers") {
            Some(Attr::List(items)) if !items.is_empty() => Some(to_json(&Attr::List(items.clone()))),
            _ => None,
        };
        if package.is_none() && own.is_none() && last.is_empty() {
            return Ok(cfg);
        }
        let tool = matches!(modifying, Modifying::Tool);
        let modifiers = serde_json::to_string(&(&package, &own, &last))?;
        let key: ModifiedKey = (cfg.clone(), modifiers, target.rule.name.clone(), tool);
        // Most targets of a project differ in nothing that the constructor is told.
        self.modified
            .get(&key, || {
                let call = Call {
                    engine: self,
                    constructor: &constructor,
                    cfg: &cfg,
                    package,
                    own,
                    last,
                    rule: &target.rule.name,
                    tool,
                };
                call.run()
            })
            .with_context(|| format!("cannot apply the modifiers of `{}`", target.label))
    }
}

struct Call<'a> {
    engine: &'a Engine,
    constructor: &'a Constructor,
    cfg: &'a Configuration,
    package: Option<serde_json::Value>,
    own: Option<serde_json::Value>,
    last: Vec<String>,
    rule: &'a str,
    tool: bool,
}

impl Call<'_> {
    fn run(&self) -> Result<Configuration> {
        Module::with_temp_heap(|module| {
            let heap = module.heap();
            let mut eval = Evaluator::new(&module);
            let json = |value: &Option<serde_json::Value>| {
                value
                    .as_ref()
                    .map_or_else(Value::new_none, |value| data_file::alloc(value, heap))
            };
            let arguments = [
                ("legacy_platform", platform_value(self.cfg, heap)),
                ("package_modifiers", json(&self.package)),
                ("target_modifiers", json(&self.own)),
                (
                    "cli_modifiers",
                    heap.alloc(AllocList(self.last.iter().map(String::as_str))),
                ),
                ("rule_name", heap.alloc(self.rule)),
                ("aliases", self.value(ALIASES, heap)?),
                ("extra_data", self.value(EXTRA, heap)?),
                ("configuring_exec_dep", Value::new_bool(self.tool)),
            ];
            let first = eval
                .eval_function(self.value(STAGE0, heap)?, &[], &arguments)
                .map_err(starlark_error)?;
            let Some([refs, params]) = TupleRef::from_value(first).map(TupleRef::content) else {
                bail!(
                    "`stage0` of `set_cfg_constructor` must return a pair, found `{}`",
                    first.to_repr()
                );
            };
            let refs = self.providers(*refs, heap)?;
            let arguments = [("refs", refs), ("params", *params)];
            let result = eval
                .eval_function(self.value(STAGE1, heap)?, &[], &arguments)
                .map_err(starlark_error)?;
            let exec = matches!(self.cfg.kind(), Kind::Bound { exec: true, .. });
            read_platform(result, exec)
        })
    }

    fn value<'v>(&self, name: &str, heap: Heap<'v>) -> Result<Value<'v>> {
        Ok(heap.access_owned_frozen_value(&self.constructor.module.get(name)?))
    }

    fn providers<'v>(&self, refs: Value<'v>, heap: Heap<'v>) -> Result<Value<'v>> {
        let engine = self.engine;
        let scope = Scope {
            cells: &engine.loader.cells,
            cell: &engine.loader.cells.root().name,
            package: None,
        };
        let list = ListRef::from_value(refs)
            .context("`stage0` of `set_cfg_constructor` must return a list of labels first")?;
        let mut found = Vec::new();
        for text in list.iter() {
            let label = parse_providers(&text.to_str(), scope)
                .with_context(|| format!("in the modifier `{}`", text.to_str()))?;
            if engine.loader.target(&label.target)?.rule.kind != RuleKind::Configuration {
                bail!("the modifier `{label}` is no value of a constraint");
            }
            let providers = engine.configuration_providers(&label)?;
            found.push((text, heap.access_owned_frozen_value(&providers.value)));
        }
        Ok(heap.alloc(AllocDict(found)))
    }
}
