//! Mirrors on other machines, reached with the `ssh`, `scp` and `rsync` of this one (section 9.7).
//!
//! These programs are transports only. What is to happen on the far side is a script for its `sh`, sent as one text: a script that is
//! cut off on the way does nothing. Whatever is not ours in it is [quoted](quote). Paths of mirrors are never arguments of `scp` or
//! `rsync`, which differ in what they do to them: files go to a folder there that has a plain name.

mod address;
mod error;
mod quote;
mod reading;
mod session;

pub use address::{SshAddress, SshAddressError};
pub use error::SshError;
pub use quote::quote;
pub use reading::{FarFile, Ssh};
pub use session::{Session, SshOptions};
