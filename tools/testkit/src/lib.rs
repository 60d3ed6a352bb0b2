//! For tests only: finding the programs under test.

mod program;

pub use program::program;
