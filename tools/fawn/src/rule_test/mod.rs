//! Tests of rules and of plain functions, written in Starlark.
//!
//! A file that ends in `_test.bzl` holds functions `test_…(t)`. Buck2 never loads such a file. Nothing is built: a
//! test looks at providers, declared actions, sub-targets and messages, or at what a function returns.

mod analysis;
mod context;
mod find;

pub(crate) use context::register;
pub use find::{RuleTest, Verdict};
