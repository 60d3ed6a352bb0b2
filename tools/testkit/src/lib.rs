//! For tests only: finding the programs under test, packages for them to work on, and a web server that misbehaves on demand.

mod package;
mod program;
mod server;

pub use package::TestPackage;
pub use program::program;
pub use server::{Answer, Server};
