//! Under which conditions packages may run here: operator policies, the floor of validation, trusted keys.
//!
//! The launcher asks at every start, `psp policy` and `psp trust` show and edit the same files through this crate.
//!
//! Threats and answers: a user's file loosens the system's (each file is judged by itself and the strictest verdict
//! holds); the environment lowers checks (the floor is in a file of the system); a key that is misspelt is not
//! obeyed (unknown keys are errors); a package without a build time never expires (it counts as expired); any slot
//! that calls itself an attestation passes for an SBOM (the caller says what was found in it, see [`Facts`]).

mod check;
mod error;
mod files;
mod floor;
mod operator;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
mod trust;

pub use check::{Facts, Verdict, Violation, check};
pub use error::PolicyError;
pub use files::Places;
pub use floor::Floor;
pub use operator::{Attestation, Check, Enforcement, Execution, OperatorPolicy, Response, Trust};
pub use trust::{TrustStore, TrustedKey};
