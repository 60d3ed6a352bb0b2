//! What a test sees of an analysed target.

use crate::analysis::Analyzed;
use crate::engine::Engine;
use crate::inspect::describe;
use crate::label::{ConfiguredTarget, ProvidersLabel};
use crate::load::data_file;
use anyhow::Result;
use regex::Regex;
use starlark::values::list::AllocList;
use starlark::values::structs::AllocStruct;
use starlark::values::{Heap, Value};
use std::sync::PoisonError;

/// The struct that `t.analyze` returns.
pub(super) fn value<'v>(
    engine: &Engine,
    label: &ProvidersLabel,
    configured: &ConfiguredTarget,
    heap: Heap<'v>,
) -> Result<Value<'v>> {
    let analyzed = engine.analyze(configured)?;
    let providers = analyzed.providers.sub_target(label)?;
    let names = providers.collection().sub_targets();
    let fields = [
        ("actions", heap.alloc(AllocList(actions(engine, &analyzed, heap)?))),
        ("configuration", heap.alloc(configured.cfg.name())),
        ("providers", heap.access_owned_frozen_value(&providers.value)),
        ("sub_targets", heap.alloc(AllocList(names))),
    ];
    Ok(heap.alloc(AllocStruct(fields)))
}

fn actions<'v>(engine: &Engine, analyzed: &Analyzed, heap: Heap<'v>) -> Result<Vec<Value<'v>>> {
    // The folder of outputs names the configuration's hash, which says nothing in a test.
    let folder = Regex::new(r"buck-out/fawn/art/[^/]+/[0-9a-f]{16}/")?;
    let graph = engine.graph.read().unwrap_or_else(PoisonError::into_inner);
    let actions = analyzed.actions.iter().map(|id| {
        let text = describe(graph.get(*id)).to_string();
        let plain: serde_json::Value = serde_json::from_str(&folder.replace_all(&text, "out/"))?;
        let fields = plain.as_object().into_iter().flatten();
        let fields = fields.map(|(name, value)| (name.as_str(), data_file::alloc(value, heap)));
        Ok(heap.alloc(AllocStruct(fields.collect::<Vec<_>>())))
    });
    actions.collect()
}
