//! The contract of our commands: data on stdout, words on stderr, documented exit codes.

mod exit;
mod finish;
mod words;

pub use exit::{Exit, WithExit};
pub use finish::finish;
pub use words::{Progress, Words};
