//! The commands behind `psp` and `psp-builder`.

pub mod commands;
mod entropy;
mod errors;
mod files;
mod plain;
mod spec;
