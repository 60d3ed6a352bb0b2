//! Starlark values that rules handle: labels, artifacts, command lines.

pub(crate) mod artifact;
pub(crate) mod cmd_args;
pub(crate) mod cmd_options;
pub(crate) mod labels;
pub(crate) mod render;
