//! Error handlers: functions that explain why an action failed.

use crate::engine::Engine;
use crate::load::error::starlark_error;
use allocative::Allocative;
use anyhow::{Context, Result, bail};
use starlark::any::ProvidesStaticType;
use starlark::environment::{GlobalsBuilder, Methods, MethodsBuilder, Module};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::starlark_simple_value;
use starlark::values::list::ListRef;
use starlark::values::none::NoneOr;
use starlark::values::{NoSerialize, OwnedFrozenValue, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};
use std::fmt;
use std::sync::PoisonError;

/// A kept error handler.
#[derive(Debug)]
pub(crate) struct HandlerCall {
    pub(crate) token: usize,
    pub(crate) function: OwnedFrozenValue,
}

/// `ActionErrorCtx`.
#[derive(Debug, ProvidesStaticType, NoSerialize, Allocative, StarlarkPagablePanic)]
pub(crate) struct ErrorContext {
    stdout: String,
    stderr: String,
}

starlark_simple_value!(ErrorContext);

impl fmt::Display for ErrorContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<ActionErrorCtx>")
    }
}

#[starlark_value(type = "ActionErrorCtx")]
impl<'v> StarlarkValue<'v> for ErrorContext {
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
        match &self.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

#[starlark_value(type = "ActionSubError")]
impl<'v> StarlarkValue<'v> for SubError {}

#[starlark_module]
fn context_methods(builder: &mut MethodsBuilder) {
    #[starlark(attribute)]
    fn stdout(this: &ErrorContext) -> starlark::Result<String> {
        let text = &this.stdout;
        Ok(text.clone())
    }

    #[starlark(attribute)]
    fn stderr(this: &ErrorContext) -> starlark::Result<String> {
        let text = &this.stderr;
        Ok(text.clone())
    }

    fn new_sub_error(
        #[allow(unused_variables)] this: &ErrorContext,
        #[starlark(require = named)] category: &str,
        #[starlark(require = named, default = NoneOr::None)] message: NoneOr<&str>,
        #[starlark(require = named, default = NoneOr::None)] file: NoneOr<&str>,
        #[starlark(require = named, default = NoneOr::None)] lnum: NoneOr<u64>,
    ) -> anyhow::Result<SubError> {
        Ok(SubError {
            category: category.to_owned(),
            message: message.into_option().map(str::to_owned),
            file: file.into_option().map(str::to_owned),
            line: lnum.into_option(),
        })
    }
}

impl Engine {
    /// What the error handler of a failed action has to say.
    pub(super) fn explain_failure(&self, token: usize, stdout: &str, stderr: &str) -> Result<Vec<String>> {
        let call = {
            let handlers = self.handlers.lock().unwrap_or_else(PoisonError::into_inner);
            handlers.iter().find(|call| call.token == token).cloned()
        };
        let call = call.with_context(|| format!("no error handler {token}"))?;
        Module::with_temp_heap(|module| {
            let heap = module.heap();
            let function: Value<'_> = heap.access_owned_frozen_value(&call.function);
            let context = heap.alloc(ErrorContext {
                stdout: stdout.to_owned(),
                stderr: stderr.to_owned(),
            });
            let mut eval = Evaluator::new(&module);
            let result = eval.eval_function(function, &[context], &[]).map_err(starlark_error)?;
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
#[starlark_types(ErrorContext as ActionErrorCtx, SubError as ActionSubError)]
pub(crate) fn register(globals: &mut GlobalsBuilder) {}
