//! Looking inside: configured targets, actions, providers, configurations, documentation.

mod actions;
mod comments;
mod configurations;
mod exec_platforms;
mod nodes;
mod providers;
mod query;
mod reference;

pub(crate) use actions::describe;
pub use reference::{Page, Shown};
