use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fmt};

use super::netrc::{Netrc, NetrcError};
use super::proxy::{Proxies, ProxyError};

/// How web servers are reached. By default as build actions do it: directly and as nobody, so that what a build asks is decided by its
/// mirrors, and not by variables or by files of whoever runs it.
#[derive(Clone)]
pub struct Access {
    /// Proxies by the variables of the environment; none by default.
    pub proxies: Proxies,
    /// Names and passwords for hosts; none by default.
    pub credentials: Arc<Netrc>,
    /// Whether passwords may go over `http://` to other machines.
    pub allow_insecure: bool,
    /// What counts as silence, and the time over which a transfer must have moved 1 kB a second.
    pub silence: Duration,
    /// How long a connection may take.
    pub connect: Duration,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            proxies: Proxies::default(),
            credentials: Arc::default(),
            allow_insecure: false,
            silence: Duration::from_secs(30),
            connect: Duration::from_secs(10),
        }
    }
}

/// Why it is not known how to reach web servers.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A variable that names no proxy.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// A credentials file that is not used.
    #[error(transparent)]
    Netrc(#[from] NetrcError),
}

impl Access {
    /// As the caller of a program wants it: by the proxies of the variables, with the credentials of `netrc`, else of the file that
    /// the variable `NETRC` names, else without.
    ///
    /// # Errors
    /// A variable or a file that cannot be used.
    pub fn of_caller(netrc: Option<&Path>, allow_insecure: bool) -> Result<Self, AccessError> {
        let named = || {
            env::var_os("NETRC")
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let credentials = match netrc.map(Path::to_owned).or_else(named) {
            Some(path) => Netrc::read(&path)?,
            None => Netrc::default(),
        };
        Ok(Self {
            proxies: Proxies::from_variables(|name| env::var(name).ok())?,
            credentials: Arc::new(credentials),
            allow_insecure,
            ..Self::default()
        })
    }
}

/// Without what is secret.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("allow_insecure", &self.allow_insecure)
            .field("silence", &self.silence)
            .finish_non_exhaustive()
    }
}
