//! Error handlers: functions that explain why an action failed.

#![allow(
    clippy::too_many_arguments,
    reason = "the arguments of Starlark functions are Buck2's"
)]

use super::dynamic_values::ContentValue;
use super::state::State;
use crate::action::Remains;
use crate::engine::Engine;
use crate::load::error::starlark_error;
use crate::values::artifact::{Artifact, ArtifactValue, Declared, OutputValue};
use allocative::Allocative;
use anyhow::{Context, Result, bail};
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder, Module};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::dict::AllocDict;
use starlark::values::list::{AllocList, ListRef};
use starlark::values::list_or_tuple::UnpackListOrTuple;
use starlark::values::none::NoneOr;
use starlark::values::tuple::TupleRef;
use starlark::values::{
    AllocValue, Heap, NoSerialize, OwnedFrozenValue, StarlarkPagablePanic, StarlarkValue, Trace, Value, starlark_value,
};
use std::fmt;
use std::sync::{Arc, PoisonError};

/// A kept error handler.
#[derive(Debug)]
pub(crate) struct HandlerCall {
    pub(crate) token: usize,
    /// The function, and the outputs that it wants to read: a tuple of both.
    pub(crate) kept: OwnedFrozenValue,
}

/// `ActionErrorCtx`.
#[derive(Debug, Trace, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct ErrorContext<'v> {
    stdout: String,
    stderr: String,
    /// From artifacts to their contents.
    outputs: Value<'v>,
}

impl<'v> AllocValue<'v> for ErrorContext<'v> {
    fn alloc_value(self, heap: Heap<'v>) -> Value<'v> {
        heap.alloc_complex_no_freeze(self)
    }
}

impl fmt::Display for ErrorContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<ActionErrorCtx>")
    }
}

#[starlark_value(type = "ActionErrorCtx", ty_vtable_no_freeze, UnpackValue, StarlarkTypeRepr)]
impl<'v> StarlarkValue<'v> for ErrorContext<'v> {
    fn get_methods() -> Option<&'static Methods> {
        starlark::methods_static!(METHODS = context_methods);
        Some(METHODS.methods())
    }
}

/// `ActionSubError`.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct SubError {
    category: String,
    message: Option<String>,
    file: Option<String>,
    line: Option<u64>,
    column: Option<u64>,
    remediation: Option<String>,
}

starlark_simple_value!(SubError);

impl fmt::Display for SubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.category)?;
        if let Some(file) = &self.file {
            write!(f, ": {file}")?;
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        match &self.remediation {
            Some(remediation) => write!(f, "; {remediation}"),
            None => Ok(()),
        }
    }
}

#[starlark_value(type = "ActionSubError")]
impl<'v> StarlarkValue<'v> for SubError {}

#[starlark_module]
fn context_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn stdout(this: &ErrorContext<'_>) -> starlark::Result<String> {
        let text = &this.stdout;
        Ok(text.clone())
    }

    #[starlark(attribute)]
    fn stderr(this: &ErrorContext<'_>) -> starlark::Result<String> {
        let text = &this.stderr;
        Ok(text.clone())
    }

    #[starlark(attribute)]
    fn output_artifacts<'v>(this: &ErrorContext<'v>) -> starlark::Result<Value<'v>> {
        let outputs = this.outputs;
        Ok(outputs)
    }

    fn new_sub_error(
        #[allow(unused_variables)] this: &ErrorContext<'_>,
        #[starlark(require = named)] category: &str,
        #[starlark(require = named, default = NoneOr::None)] message: NoneOr<&str>,
        #[starlark(require = named, default = NoneOr::None)] file: NoneOr<&str>,
        #[starlark(require = named, default = NoneOr::None)] lnum: NoneOr<u64>,
        #[starlark(require = named, default = NoneOr::None)] end_lnum: NoneOr<u64>,
        #[starlark(require = named, default = NoneOr::None)] col: NoneOr<u64>,
        #[starlark(require = named, default = NoneOr::None)] end_col: NoneOr<u64>,
        #[starlark(require = named, default = NoneOr::None)] error_type: NoneOr<&str>,
        #[starlark(require = named, default = NoneOr::None)] error_number: NoneOr<u64>,
        #[starlark(require = named, default = false)] show_in_stderr: bool,
        #[starlark(require = named, default = NoneOr::None)] subcategory: NoneOr<&str>,
        #[starlark(require = named, default = NoneOr::None)] remediation: NoneOr<&str>,
    ) -> anyhow::Result<SubError> {
        // Sub-errors are always shown; the finer positions and kinds exist for Buck2's own reports.
        let _ = (end_lnum, end_col, error_type, error_number, show_in_stderr);
        Ok(SubError {
            category: match subcategory {
                NoneOr::None => category.to_owned(),
                NoneOr::Other(subcategory) => format!("{category}/{subcategory}"),
            },
            message: message.into_option().map(str::to_owned),
            file: file.into_option().map(str::to_owned),
            line: lnum.into_option(),
            column: col.into_option(),
            remediation: remediation.into_option().map(str::to_owned),
        })
    }
}

/// The outputs that an error handler reads: some of those that its action makes.
pub(super) fn outputs(values: UnpackListOrTuple<Value<'_>>, made: &[Arc<Declared>]) -> Result<Vec<Artifact>> {
    let read = |value: Value<'_>| {
        let output = OutputValue::from_value(value).with_context(|| {
            format!(
                "`outputs_for_error_handler` holds outputs, made by `.as_output()`; found `{}`",
                value.to_repr()
            )
        })?;
        let declared = output.0.declared();
        if !declared.is_some_and(|declared| made.iter().any(|other| Arc::ptr_eq(other, declared))) {
            bail!(
                "`outputs_for_error_handler` names `{}`, which is no output of the action; pass it to the command, too",
                output.0.short_path()
            );
        }
        Ok(output.0.clone())
    };
    values.items.into_iter().map(read).collect()
}

/// Keeps the handler with the outputs that it reads; returns its token.
pub(super) fn keep<'v>(
    state: &State,
    handler: Value<'v>,
    outputs: Vec<Artifact>,
    eval: &Evaluator<'v, '_, '_>,
) -> usize {
    let outputs = eval.heap().alloc(AllocList(outputs.into_iter().map(ArtifactValue)));
    state.keep(eval.heap().alloc((handler, outputs)), eval)
}

/// From artifacts to what the failed action wrote into them.
fn contents<'v>(artifacts: Value<'v>, remains: &Remains<'_>, heap: Heap<'v>) -> Result<Value<'v>> {
    let mut entries = Vec::new();
    for value in ListRef::from_value(artifacts).iter().flat_map(|list| list.iter()) {
        let artifact = &ArtifactValue::from_value(value)
            .context("internal error: no artifact was kept")?
            .0;
        let path = remains.made.map(|made| made.join(artifact.path()));
        let Some(path) = path.filter(|path| path.exists()) else {
            bail!(
                "`outputs_for_error_handler` names `{}`, which the action did not write before it failed",
                artifact.short_path()
            );
        };
        entries.push((value, heap.alloc(ContentValue::new(path, artifact.short_path()))));
    }
    Ok(heap.alloc(AllocDict(entries)))
}

impl Engine {
    /// What the error handler of a failed action has to say.
    pub(super) fn explain_failure(&self, token: usize, remains: &Remains<'_>) -> Result<Vec<String>> {
        let call = {
            let handlers = self.handlers.lock().unwrap_or_else(PoisonError::into_inner);
            handlers.iter().find(|call| call.token == token).cloned()
        };
        let call = call.with_context(|| format!("no error handler {token}"))?;
        Module::with_temp_heap(|module| {
            let heap = module.heap();
            let kept: Value<'_> = heap.access_owned_frozen_value(&call.kept);
            let Some([function, artifacts]) = TupleRef::from_value(kept).map(|kept| kept.content()) else {
                bail!("internal error: no error handler was kept");
            };
            let context = heap.alloc(ErrorContext {
                stdout: remains.stdout.to_owned(),
                stderr: remains.stderr.to_owned(),
                outputs: contents(*artifacts, remains, heap)?,
            });
            let mut eval = Evaluator::new(&module);
            let result = eval.eval_function(*function, &[context], &[]).map_err(starlark_error)?;
            let Some(list) = ListRef::from_value(result) else {
                bail!(
                    "an error handler returns a list of `ActionSubError`, found `{}`",
                    result.to_repr()
                );
            };
            let errors = list.iter().map(|item| {
                let error = SubError::from_value(item);
                error
                    .map(SubError::to_string)
                    .with_context(|| format!("an error handler returned `{}`", item.to_repr()))
            });
            errors.collect()
        })
    }
}

/// Puts the types of error handlers into the globals.
#[starlark_module]
#[starlark_types(ErrorContext<'static> as ActionErrorCtx, SubError as ActionSubError)]
pub(crate) fn register(globals: &mut GlobalsBuilder) {}
