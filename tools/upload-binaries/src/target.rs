//! The mirror that is named on the command line.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use cli::{Exit, WithExit};
use mirror::Address;
use mirror::publish::{LockError, PublishError, SignError, SshRules, State, Store, StoreError, UploadError, writable};
use mirror::ssh::{SshError, SshOptions};

/// How mirrors on other machines are written.
#[derive(clap::Args)]
pub struct FarArgs {
    /// Transfers that run side by side, to a mirror on another machine
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=9))]
    jobs: u16,
    /// How often is tried again what failed because of the connection
    #[arg(long, value_name = "N", default_value = "3")]
    retries: u32,
    /// A settings file for ssh in the place of your own [default: the one that BUCKPACK_SSH_CONFIG names, if any]
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<PathBuf>,
}

impl FarArgs {
    /// The same, as rules.
    pub fn rules(&self) -> SshRules {
        let options = match &self.ssh_config {
            Some(config) => SshOptions {
                config: Some(config.clone()),
            },
            None => SshOptions::from_env(),
        };
        SshRules {
            options,
            jobs: self.jobs.into(),
            retries: self.retries,
            ..SshRules::default()
        }
    }
}

/// A mirror that can be written.
///
/// # Errors
/// No address, or one of another kind of mirror.
pub fn store(text: &str, rules: SshRules) -> Result<Box<dyn Store>> {
    let address: Address = text.parse().exit(Exit::Usage)?;
    writable(&address, rules)
        .ok_or_else(|| {
            anyhow!("expected a directory, file:// or USER@HOST:/PATH for a mirror to publish to, found {address}")
        })
        .exit(Exit::Usage)
}

/// A mirror that has an index, ready to be written.
///
/// # Errors
/// As [`store`]; exit code 3 if nothing was ever published there.
pub fn published(text: &str, rules: SshRules) -> Result<Box<dyn Store>> {
    let store = store(text, rules)?;
    // What is wrong with it is said later.
    let state = with_exit(State::read_with(&*store, &mut |_| Ok(())))?;
    if state.is_nothing() {
        return nothing(&*store);
    }
    Ok(store)
}

/// Says that there is no mirror.
///
/// # Errors
/// That.
pub fn nothing<T>(store: &dyn Store) -> Result<T> {
    Err(anyhow!(
        "nothing was ever published at {}; expected the address of a mirror",
        store.address()
    ))
    .exit(Exit::NotFound)
}

/// Which exit code an error has.
pub trait Coded {
    /// It.
    fn code(&self) -> Exit;
}

impl Coded for LockError {
    fn code(&self) -> Exit {
        match self {
            Self::Taken { .. } | Self::Lost { .. } => Exit::Locked,
            Self::Ssh(error) => error.code(),
            Self::File { .. } => Exit::Failed,
        }
    }
}

impl Coded for SshError {
    fn code(&self) -> Exit {
        match self.is_unreachable() {
            true => Exit::NoMirror,
            false => Exit::Failed,
        }
    }
}

impl Coded for StoreError {
    fn code(&self) -> Exit {
        match self {
            Self::Ssh(error) => error.code(),
            Self::OtherBytes { .. } => Exit::Conflict,
            Self::LockLost => Exit::Locked,
            Self::Damaged { .. } => Exit::Unverified,
            _ => Exit::Failed,
        }
    }
}

impl Coded for PublishError {
    fn code(&self) -> Exit {
        match self {
            Self::Lock(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Unsigned => Exit::Usage,
            Self::Untrusted { .. } => Exit::Unverified,
            _ => Exit::Failed,
        }
    }
}

impl Coded for SignError {
    fn code(&self) -> Exit {
        match self {
            Self::Publish(error) => error.code(),
            _ => Exit::Unverified,
        }
    }
}

impl Coded for UploadError {
    fn code(&self) -> Exit {
        match self {
            Self::Nothing { .. } => Exit::NotFound,
            Self::Bad(_) => Exit::Unverified,
            Self::Publish { source, .. } => source.code(),
            Self::Refused(_) => Exit::Conflict,
            Self::Folder(_) => Exit::Failed,
        }
    }
}

/// Gives the error its exit code.
///
/// # Errors
/// The same one.
pub fn with_exit<T, E>(result: Result<T, E>) -> Result<T>
where
    E: Coded + Into<anyhow::Error>,
{
    result.or_else(|error| {
        let exit = error.code();
        Err(error).exit(exit)
    })
}
