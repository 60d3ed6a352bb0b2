//! Configuring: which branch of a `select`, which platform, which dependency in which configuration.

mod compatible;
mod constructor;
mod exec_platform;
mod node;
mod resolve;
mod setting;
mod target_platform;
mod transition;

pub(crate) use compatible::Outcome;
pub(crate) use exec_platform::ExecutionPlatforms;
pub(crate) use node::Node;
pub(crate) use setting::Setting;
