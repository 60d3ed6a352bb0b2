//! fawn: a small build engine for the Buck2 rules of this repository.
//!
//! The layers, each knowing only those before it: config → load → configure → analyse → execute → command line.
//! `docs/fawn.md` says which part of Buck2's interface is here, and how the rest is refused.

pub mod action;
pub mod commands;
pub mod config;
pub mod exec;
pub mod inspect;
pub mod session;

// Values of Starlark need a derived trait that is `unsafe`; nothing in these modules is so itself.
#[allow(unsafe_code)]
mod analysis;
#[allow(unsafe_code)]
mod attrs;
mod cells;
mod configure;
mod engine;
mod files;
mod label;
#[allow(unsafe_code)]
mod load;
mod pattern;
#[allow(unsafe_code)]
mod providers;
#[allow(unsafe_code)]
pub mod rule_test;
#[allow(unsafe_code)]
mod values;
