//! Analysing: calling the functions of rules, and collecting what they declare.

mod actions;
mod analyzed;
mod attributes;
mod context;
mod dependency;
mod draft;
mod dynamic;
mod dynamic_values;
mod error_handler;
mod json_content;
mod request;
mod run;
mod state;

pub(crate) use analyzed::{Analyzed, Providers};
pub(crate) use dynamic::DynamicCall;
pub(crate) use error_handler::HandlerCall;
pub(crate) use request::EngineExpander;

use starlark::environment::GlobalsBuilder;

/// Puts the types and functions of analysis into the globals.
pub(crate) fn register(globals: &mut GlobalsBuilder) {
    context::register(globals);
    dependency::register(globals);
    dynamic::register(globals);
    dynamic_values::register(globals);
    error_handler::register(globals);
}
