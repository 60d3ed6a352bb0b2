//! From errors of the library to exit codes.

use cli::{Exit, WithExit};
use pspf::Error;

/// Gives an error of the library the exit code of its kind.
pub trait Coded<T> {
    /// Ends with 4 for a refused package, 3 for what does not exist, 5 for what would be overwritten.
    fn coded(self) -> anyhow::Result<T>;
}

impl<T> Coded<T> for Result<T, Error> {
    fn coded(self) -> anyhow::Result<T> {
        let exit = match &self {
            Ok(_) => Exit::Done,
            Err(error) if error.is_refusal() => Exit::Unverified,
            Err(error) if error.is_missing() => Exit::NotFound,
            Err(Error::Exists { .. }) => Exit::Conflict,
            Err(_) => Exit::Failed,
        };
        self.exit(exit)
    }
}
