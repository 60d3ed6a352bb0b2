//! `ctx`: what a rule's function gets.

use super::actions::ActionsValue;
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder};
use starlark::starlark_module;
use starlark::values::{
    AllocValue, Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, starlark_value,
};
use std::fmt;

/// `AnalysisContext`. It never outlives the call.
#[derive(Debug, Trace, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct ContextValue<'v> {
    pub(crate) attrs: Value<'v>,
    pub(crate) actions: Value<'v>,
    pub(crate) label: Value<'v>,
}

impl<'v> AllocValue<'v> for ContextValue<'v> {
    fn alloc_value(self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc_complex_no_freeze(self)
    }
}

impl fmt::Display for ContextValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<ctx of {}>", self.label)
    }
}

#[starlark_value(type = "AnalysisContext", ty_vtable_no_freeze, UnpackValue, StarlarkTypeRepr)]
impl<'v> StarlarkValue<'v> for ContextValue<'v> {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = context_methods);
        Some(METHODS.methods())
    }
}

#[starlark_module]
fn context_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn attrs<'v>(this: &ContextValue<'v>) -> starlark::Result<Value<'v>> {
        let attrs = this.attrs;
        Ok(attrs)
    }

    #[starlark(attribute)]
    fn actions<'v>(this: &ContextValue<'v>) -> starlark::Result<Value<'v>> {
        let actions = this.actions;
        Ok(actions)
    }

    #[starlark(attribute)]
    fn label<'v>(this: &ContextValue<'v>) -> starlark::Result<Value<'v>> {
        let label = this.label;
        Ok(label)
    }
}

/// Puts the types `AnalysisContext` and `AnalysisActions` into the globals.
#[starlark_module]
#[starlark_types(ContextValue<'static> as AnalysisContext, ActionsValue as AnalysisActions)]
pub(crate) fn register(globals: &mut GlobalsBuilder) {}
