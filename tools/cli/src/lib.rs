//! The contract of our commands: data on stdout, words on stderr, documented exit codes.

mod exit;
mod finish;

pub use exit::{Exit, WithExit};
pub use finish::finish;
