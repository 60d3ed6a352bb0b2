//! `dynamic_actions`: functions that look into built files and then declare actions.

use super::actions::ActionsValue;
use super::dynamic_values::{Binding, Demands, DynamicType, DynamicTypeValue};
use super::state::State;
use crate::action::{ActionGraph, Artifact as Resolved};
use crate::engine::Engine;
use crate::load::error::{freeze_error, starlark_error};
use crate::values::artifact::{Artifact, Declared, Origin};
use allocative::Allocative;
use anyhow::{Context, Result, anyhow, bail};
use starlark::any::ProvidesStaticType;
use starlark::coerce::Coerce;
use starlark::collections::SmallMap;
use starlark::environment::{GlobalsBuilder, Module};
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_complex_value;
use starlark::starlark_module;
use starlark::values::dict::{AllocDict, DictRef};
use starlark::values::list::ListRef;
use starlark::values::{
    Freeze, NoSerialize, OwnedFrozenValue, StarlarkPagablePanic, StarlarkValue, Trace, Value, ValueLifetimeless,
    ValueLike, starlark_value,
};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

type Types = Arc<Vec<(String, DynamicType)>>;

/// The result of `dynamic_actions(…)`: called with the attributes it gives a [`DynamicAction`].
#[derive(Clone, Debug, Trace, Coerce, Freeze, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
#[repr(C)]
pub(crate) struct DynamicCallableGen<V: ValueLifetimeless> {
    implementation: V,
    #[trace(unsafe_ignore)]
    #[freeze(identity)]
    #[allocative(skip)]
    types: Types,
}

starlark_complex_value!(pub(crate) DynamicCallable);

impl<V> fmt::Display for DynamicCallableGen<V>
where
    V: ValueLifetimeless,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dynamic_actions(…)")
    }
}

#[starlark_value(type = "DynamicActionsCallable")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for DynamicCallableGen<V>
where
    Self: ProvidesStaticType<'v>,
{
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        args.no_positional_args(heap)?;
        let given = args.names_map()?;
        let mut values = Vec::with_capacity(self.types.len());
        for (name, _) in self.types.iter() {
            let value = given.iter().find(|(other, _)| other.as_str() == name);
            let (_, value) = value.ok_or_else(|| {
                starlark::Error::new_other(anyhow!("the attribute `{name}` of a dynamic function is missing"))
            })?;
            values.push((name.as_str(), *value));
        }
        if let Some(unknown) = given
            .keys()
            .find(|name| !self.types.iter().any(|(other, _)| other == name.as_str()))
        {
            return Err(starlark::Error::new_other(anyhow!(
                "unknown attribute `{}` of a dynamic function",
                unknown.as_str()
            )));
        }
        Ok(heap.alloc(DynamicActionGen {
            implementation: self.implementation.to_value(),
            arguments: heap.alloc(AllocDict(values)),
            types: self.types.clone(),
        }))
    }
}

/// A dynamic function with its arguments, for `dynamic_output_new`.
#[derive(Clone, Debug, Trace, Coerce, Freeze, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
#[repr(C)]
pub(crate) struct DynamicActionGen<V: ValueLifetimeless> {
    implementation: V,
    arguments: V,
    #[trace(unsafe_ignore)]
    #[freeze(identity)]
    #[allocative(skip)]
    types: Types,
}

starlark_complex_value!(pub(crate) DynamicAction);

impl<V> fmt::Display for DynamicActionGen<V>
where
    V: ValueLifetimeless,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<dynamic actions>")
    }
}

#[starlark_value(type = "DynamicActions")]
impl<'v, V: ValueLike<'v>> StarlarkValue<'v> for DynamicActionGen<V> where Self: ProvidesStaticType<'v> {}

/// What `dynamic_output_new` needs to know.
pub(super) struct DynamicRequest {
    pub(super) outputs: Vec<Arc<Declared>>,
    pub(super) inputs: Vec<Artifact>,
}

impl<'v> DynamicAction<'v> {
    /// Checks the arguments and collects what they demand.
    pub(super) fn request(&self) -> Result<DynamicRequest> {
        let arguments = DictRef::from_value(self.arguments).context("no arguments")?;
        let mut demands = Demands::default();
        for (name, ty) in self.types.iter() {
            let value = arguments
                .get_str(name)
                .with_context(|| format!("attribute `{name}` is missing"))?;
            ty.check(value, &mut demands)
                .with_context(|| format!("attribute `{name}` of a dynamic function"))?;
        }
        if demands.outputs.is_empty() {
            bail!("a dynamic function needs at least one output (`dynattrs.output()`)");
        }
        Ok(DynamicRequest {
            outputs: demands.outputs,
            inputs: demands.inputs,
        })
    }
}

/// A dynamic action that waits for its inputs.
#[derive(Debug)]
pub(crate) struct DynamicCall {
    pub(crate) token: usize,
    action: OwnedFrozenValue,
    outer: Arc<State>,
    /// Tells the runs of one target apart: `0`, `1`, and `0_0` for one inside the first.
    index: String,
}

impl Engine {
    /// Remembers the functions that an evaluation has kept.
    pub(super) fn remember(&self, kept: Vec<(usize, OwnedFrozenValue)>, state: &Arc<State>, prefix: &str) {
        let mut dynamics = self.dynamics.lock().unwrap_or_else(PoisonError::into_inner);
        let mut handlers = self.handlers.lock().unwrap_or_else(PoisonError::into_inner);
        for (count, (token, value)) in kept.into_iter().enumerate() {
            if DynamicAction::from_value(value.value()).is_some() {
                dynamics.push(Arc::new(DynamicCall {
                    token,
                    action: value,
                    outer: state.clone(),
                    index: format!("{prefix}{count}"),
                }));
            } else {
                handlers.push(Arc::new(super::error_handler::HandlerCall { token, kept: value }));
            }
        }
    }

    /// Runs a dynamic function and gives what makes its outputs.
    pub(super) fn expand_dynamic(&self, token: usize, graph: &RwLock<ActionGraph>) -> Result<Vec<Resolved>> {
        let call = {
            let dynamics = self.dynamics.lock().unwrap_or_else(PoisonError::into_inner);
            dynamics.iter().find(|call| call.token == token).cloned()
        };
        let call = call.with_context(|| format!("no dynamic action {token}"))?;
        let owner = &call.outer.owner;
        self.run_dynamic(&call, graph)
            .with_context(|| format!("in a dynamic function of `{owner}`"))
    }

    fn run_dynamic(&self, call: &DynamicCall, graph: &RwLock<ActionGraph>) -> Result<Vec<Resolved>> {
        let state = Arc::new(State::dynamic(&call.outer, &call.index));
        let mut binding = Binding {
            root: &self.root,
            outputs: Vec::new(),
        };
        let module = Module::with_temp_heap(|module| {
            let heap = module.heap();
            let value = heap.access_owned_frozen_value(&call.action);
            let action = DynamicAction::from_value(value).context("no dynamic action")?;
            let arguments = DictRef::from_value(action.arguments).context("no arguments")?;
            let mut named = SmallMap::new();
            named.insert("actions", heap.alloc(ActionsValue(state.clone())));
            for (name, ty) in action.types.iter() {
                let value = arguments.get_str(name).context("argument is missing")?;
                named.insert(name.as_str(), ty.bind(value, &mut binding, heap)?);
            }
            let named: Vec<_> = named.into_iter().collect();
            {
                let mut eval = Evaluator::new(&module);
                let result = eval
                    .eval_function(action.implementation, &[], &named)
                    .map_err(starlark_error)?;
                if ListRef::from_value(result).is_none_or(|list| !list.is_empty()) {
                    bail!("a dynamic function returns `[]`, found `{}`", result.to_repr());
                }
            }
            module.freeze().map_err(freeze_error)
        })?;
        self.remember(state.kept(&module)?, &state, &format!("{}_", call.index));
        state.finish(graph)?;
        let outputs = binding
            .outputs
            .iter()
            .map(|output| Artifact::new(Origin::Declared(output.clone())).resolve());
        outputs
            .collect::<Result<_>>()
            .context("every output handed in must be made")
    }
}

/// Puts `dynamic_actions` into the globals.
#[starlark_module]
#[starlark_types(FrozenDynamicAction as DynamicActions, FrozenDynamicCallable as DynamicActionsCallable)]
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    fn dynamic_actions<'v>(
        #[starlark(require = named)] r#impl: Value<'v>,
        #[starlark(require = named)] attrs: SmallMap<String, Value<'v>>,
    ) -> anyhow::Result<DynamicCallable<'v>> {
        let mut types = Vec::with_capacity(attrs.len());
        for (name, value) in attrs {
            let Some(ty) = DynamicTypeValue::from_value(value) else {
                bail!(
                    "attribute `{name}` of `dynamic_actions`: expected `dynattrs.…()`, found `{}`",
                    value.to_repr()
                );
            };
            if name == "actions" {
                bail!("`actions` cannot be an attribute of `dynamic_actions`; the function gets it anyway");
            }
            types.push((name, ty.0.clone()));
        }
        Ok(DynamicCallableGen {
            implementation: r#impl,
            types: Arc::new(types),
        })
    }
}
