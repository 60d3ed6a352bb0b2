//! For tests only: finding the programs under test, packages for them to work on, limits of time, and a web server that
//! misbehaves on demand.

mod elf;
mod package;
mod patience;
mod program;
mod server;

pub use elf::library;
pub use package::{TestPackage, WORDS};
pub use patience::within_a_second;
pub use program::program;
pub use server::{Answer, File, Request, Server};
