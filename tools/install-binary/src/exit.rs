//! Exit codes of what libraries say (section 17).

use anyhow::Result;
use cli::{Exit, WithExit};
use install::InstallError;

/// Gives an error of a library its exit code.
pub(crate) trait Coded<T> {
    /// The same error, with its code.
    fn coded(self) -> Result<T>;
}

impl<T> Coded<T> for Result<T, InstallError> {
    fn coded(self) -> Result<T> {
        self.or_else(|error| {
            let exit = if error.needs_recovery() {
                Exit::NeedsRecovery
            } else if error.is_locked() {
                Exit::Locked
            } else if error.is_conflict() {
                Exit::Conflict
            } else if error.is_unverified() {
                Exit::Unverified
            } else if error.is_not_found() {
                Exit::NotFound
            } else if matches!(error, InstallError::Prefix { .. } | InstallError::Id { .. }) {
                Exit::Usage
            } else {
                Exit::Failed
            };
            Err(error).exit(exit)
        })
    }
}
