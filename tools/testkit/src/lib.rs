//! For tests only: finding the programs under test, and a web server that misbehaves on demand.

mod program;
mod server;

pub use program::program;
pub use server::{Answer, Server};
