//! Execution: runs declared actions, each in a directory of its own, and remembers what they made.

pub mod cache;
mod derive;
mod download;
mod engine;
pub mod entry;
mod environment;
mod failure;
mod files;
mod identity;
mod inputs;
mod key;
mod layout;
mod lock;
pub mod log;
mod manifest;
mod outputs;
mod paths;
mod program;
mod queue;
pub mod reapi;
mod results;
pub mod sandbox;
mod scan;
mod schedule;
pub mod shell;
mod sources;
mod stamp;
mod step;
mod store;
#[cfg(test)]
mod tests;
mod times;
mod umask;
pub mod unchanged;
mod undeclared;
mod wipe;

pub use engine::{Built, Engine, Options, Reporter};
pub use failure::{Failure, title};
pub use layout::{Layout, OUT};
pub use lock::is_held;
pub use wipe::wipe;
