//! Where policies and keys lie, and reading them.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pspf_format::json::FromJson;
use pspf_format::strict_json;

use crate::error::PolicyError;
use crate::system;

/// The places that are looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The operator's directory, `/etc/flavor`; on Windows `flavor` in the directory of the system. No environment
    /// variable moves it.
    pub system: PathBuf,
    /// The user's directory: `FLAVOR_CONFIG_DIR`, else `$XDG_CONFIG_HOME/flavor`, else `~/.config/flavor`; on Windows the last
    /// is `%APPDATA%\flavor`.
    pub user: Option<PathBuf>,
    /// The user's trusted keys: `FLAVOR_TRUSTED_KEYS_DIR`, else `trusted-keys` in the user's directory.
    pub user_keys: Option<PathBuf>,
}

impl Places {
    /// The places for this process.
    pub fn of_process() -> Self {
        Self::choose(|name| std::env::var_os(name))
    }

    /// The places that the variables returned by `get` lead to; an empty variable counts as absent.
    pub fn choose(get: impl Fn(&str) -> Option<OsString>) -> Self {
        let dir = |name: &str| get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let user = dir("FLAVOR_CONFIG_DIR")
            .or_else(|| dir("XDG_CONFIG_HOME").map(|base| base.join("flavor")))
            .or_else(|| dir(system::HOME).map(system::config_in_home));
        let user_keys = dir("FLAVOR_TRUSTED_KEYS_DIR").or_else(|| user.as_ref().map(|dir| dir.join("trusted-keys")));
        Places {
            system: system::operators_directory(),
            user,
            user_keys,
        }
    }

    /// The operator's file of limits, for messages.
    pub fn floor(&self) -> PathBuf {
        self.system.join("buckpack.json")
    }
}

/// Reads a JSON file; `None` when it does not exist.
///
/// A file in a directory that this user may not enter is a file that exists for others only: it is not ours to obey.
/// In the operator's directory the same is an error, because a rule must not be escaped by not being read.
pub(crate) fn read_json<T: FromJson>(path: &Path, operators: bool) -> Result<Option<T>, PolicyError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if absent(&error, operators) => return Ok(None),
        Err(source) => {
            return Err(PolicyError::Io {
                path: path.to_owned(),
                source,
            });
        }
    };
    let malformed = |what| PolicyError::Malformed {
        path: path.to_owned(),
        what,
    };
    strict_json::read(&bytes)
        .and_then(T::from_json)
        .map(Some)
        .map_err(|error| malformed(error.to_string()))
}

pub(crate) fn absent(error: &io::Error, operators: bool) -> bool {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => true,
        io::ErrorKind::PermissionDenied => !operators,
        _ => false,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn places(pairs: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let get = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.into())
        };
        let places = Places::choose(get);
        assert_eq!(places.system, Path::new("/etc/flavor"));
        let text = |path: Option<PathBuf>| path.map(|path| path.display().to_string());
        (text(places.user), text(places.user_keys))
    }

    #[test]
    fn the_order_of_variables() {
        let all = [("FLAVOR_CONFIG_DIR", "/c"), ("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")];
        let some = |a: &str, b: &str| (Some(a.to_owned()), Some(b.to_owned()));
        assert_eq!(places(&all), some("/c", "/c/trusted-keys"));
        assert_eq!(places(&all[1..]), some("/x/flavor", "/x/flavor/trusted-keys"));
        assert_eq!(
            places(&all[2..]),
            some("/h/.config/flavor", "/h/.config/flavor/trusted-keys")
        );
        assert_eq!(places(&[]), (None, None));
        assert_eq!(
            places(&[("FLAVOR_TRUSTED_KEYS_DIR", "/k"), ("HOME", "")]),
            (None, Some("/k".into()))
        );
    }
}
