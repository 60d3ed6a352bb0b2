//! What people write for a mirror (section 9.7): a directory, `file://…`, `http://…`, `https://…`, `user@host:/path` or `ssh://…`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use crate::directory::Directory;
use crate::http::{Access, Http};
use crate::ssh::{Session, Ssh, SshAddress, SshAddressError, SshOptions};
use crate::transport::{Mirror, Transport};

/// Where a mirror is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A web server; without a slash at the end.
    Http(String),
    /// A folder of another machine.
    Ssh(SshAddress),
}

/// A text that is no address of a mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Of a kind that cannot be used here.
    #[error(
        "expected a directory, USER@HOST:/PATH, or an address that begins with file://, http://, https:// or ssh://, found `{}`",
        found.escape_debug()
    )]
    Kind {
        /// The text.
        found: String,
    },
    /// A folder of another machine that cannot be one.
    #[error(transparent)]
    Ssh(#[from] SshAddressError),
    /// One that needs somebody's keys, which no build has.
    #[error("expected a mirror that builds can read, a directory or a web server, found {found}")]
    NotForBuilds {
        /// The address.
        found: Address,
    },
    /// A `file://` address of another machine.
    #[error("expected file:///ABSOLUTE/PATH for a mirror on this machine, found `{}`", found.escape_debug())]
    Host {
        /// The text.
        found: String,
    },
    /// A password, which would be told wherever the address is.
    #[error(
        "the address of a mirror must not hold a name and a password, found `{shown}`; put them into a file of lines \
         `machine HOST login NAME password PASSWORD`, and name it with --netrc-file or the variable NETRC"
    )]
    Credentials {
        /// The text without them.
        shown: String,
    },
    /// Nothing at all, or no host.
    #[error("expected the address of a mirror, found `{}`", found.escape_debug())]
    Empty {
        /// The text.
        found: String,
    },
}

/// The last part of a path that already is the place of binaries (decision D7).
const BINARIES: &str = "binaries";

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let found = || masked(text).chars().take(300).collect::<String>();
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(AddressError::Empty { found: found() });
        }
        if let Some(path) = text.strip_prefix("file://") {
            if !path.starts_with('/') {
                return Err(AddressError::Host { found: found() });
            }
            return Ok(Self::Directory(PathBuf::from(path)));
        }
        for scheme in ["http://", "https://"] {
            if let Some(rest) = text.strip_prefix(scheme) {
                if rest.is_empty() || rest.starts_with('/') || rest.contains(['?', '#', ' ']) {
                    return Err(AddressError::Empty { found: found() });
                }
                if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
                    return Err(AddressError::Credentials { shown: found() });
                }
                return Ok(Self::Http(text.trim_end_matches('/').to_owned()));
            }
        }
        // A colon in a relative name can be written `./a:b`.
        if SshAddress::is_meant(text) {
            return Ok(Self::Ssh(text.parse()?));
        }
        if text.contains("://") {
            return Err(AddressError::Kind { found: found() });
        }
        Ok(Self::Directory(PathBuf::from(text)))
    }
}

/// A text that may hold a password, with `***` in its place.
fn masked(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}{path}"),
        None => text.to_owned(),
    }
}

/// A mirror that anybody on the way could change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "anybody on the way to {address} could change what it says; use https://, name the keys you trust with --key, or accept that \
     with --allow-insecure"
)]
pub struct InsecureError {
    address: Address,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => path.display().fmt(f),
            Self::Http(base) => f.write_str(base),
            Self::Ssh(address) => address.fmt(f),
        }
    }
}

impl Address {
    /// The mirror at this address, ready to be read. A base whose last part is `binaries` is used as it is; otherwise
    /// `binaries/` below it is tried first, then the base itself.
    ///
    /// It is reached as build actions do it: see [`Access`].
    pub fn mirror(&self) -> Mirror {
        self.mirror_by(&Access::default())
    }

    /// The same, reached in another way.
    pub fn mirror_by(&self, access: &Access) -> Mirror {
        let http = |base: String| Box::new(Http::new(base, access));
        let roots: Vec<Box<dyn Transport>> = match self {
            Self::Directory(path) if path.file_name().is_some_and(|name| name == BINARIES) => {
                vec![Box::new(Directory::new(path.clone()))]
            }
            Self::Directory(path) => vec![
                Box::new(Directory::new(path.join(BINARIES))),
                Box::new(Directory::new(path.clone())),
            ],
            Self::Http(base) if base.ends_with("/binaries") => vec![http(base.clone())],
            Self::Http(base) => vec![http(format!("{base}/{BINARIES}")), http(base.clone())],
            Self::Ssh(address) => {
                let path = &address.path;
                let below = (!path.ends_with("/binaries")).then(|| format!("{path}/{BINARIES}"));
                let paths = below.into_iter().chain([path.clone()]);
                let session = session(address);
                paths
                    .map(|path| Box::new(Ssh::new(Arc::clone(&session), path)) as Box<dyn Transport>)
                    .collect()
            }
        };
        Mirror::new(self.to_string(), roots)
    }

    /// The address itself, if a build can read there: nobody's keys are an input of a build.
    ///
    /// # Errors
    /// An address that is reached over ssh.
    pub fn for_builds(self) -> Result<Self, AddressError> {
        match self {
            Self::Ssh(_) => Err(AddressError::NotForBuilds { found: self }),
            readable => Ok(readable),
        }
    }

    /// The address itself as a mirror, for files that are not binaries.
    pub fn place(&self) -> Mirror {
        let root: Box<dyn Transport> = match self {
            Self::Directory(path) => Box::new(Directory::new(path.clone())),
            Self::Http(base) => Box::new(Http::new(base.clone(), &Access::default())),
            Self::Ssh(address) => Box::new(Ssh::new(session(address), address.path.clone())),
        };
        Mirror::new(self.to_string(), vec![root])
    }

    /// Refuses a mirror whose word counts although whoever is on the way could change it: `http://`, where neither signatures
    /// count nor somebody has allowed that.
    ///
    /// # Errors
    /// It is one.
    pub fn check_way(&self, is_signed: bool, allow_insecure: bool) -> Result<(), InsecureError> {
        if self.is_plain_http() && !is_signed && !allow_insecure {
            let address = self.clone();
            return Err(InsecureError { address });
        }
        Ok(())
    }

    /// Whether whoever is on the way could change what is read.
    pub fn is_plain_http(&self) -> bool {
        matches!(self, Self::Http(base) if base.starts_with("http://"))
    }
}

fn session(address: &SshAddress) -> Arc<Session> {
    Arc::new(Session::new(address.clone(), SshOptions::from_env()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (text, expected) in [
            ("/srv/binaries", Address::Directory("/srv/binaries".into())),
            ("./a:b", Address::Directory("./a:b".into())),
            ("mirror", Address::Directory("mirror".into())),
            ("file:///srv/m", Address::Directory("/srv/m".into())),
            ("https://example.org/x/", Address::Http("https://example.org/x".into())),
            ("http://[::1]:8080", Address::Http("http://[::1]:8080".into())),
            ("u@h:/srv", Address::Ssh("ssh://u@h/srv".parse().unwrap())),
            ("ssh://h:2/srv/", Address::Ssh("ssh://h:2/srv".parse().unwrap())),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn ways() {
        let (plain, secure): (Address, Address) = ("http://h".parse().unwrap(), "https://h".parse().unwrap());
        assert!(plain.check_way(true, false).is_ok() && plain.check_way(false, true).is_ok());
        assert!(secure.check_way(false, false).is_ok());
        let error = plain.check_way(false, false).unwrap_err().to_string();
        assert!(
            error.starts_with("anybody on the way to http://h could change"),
            "{error}"
        );
    }

    #[test]
    fn refused() {
        for text in ["s3://bucket", "oci://a/b", "rsync://h/m"] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(
                error.contains("expected a directory, USER@HOST:/PATH, or an address") && error.contains(text),
                "{error}"
            );
        }
        for text in [
            "https://me:secret@host/x",
            "http://secret@host",
            "ftp://me:secret@host/x",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(!error.contains("secret") && error.contains("://***@host"), "{error}");
        }
        assert!("https://host/a@b".parse::<Address>().is_ok());
        for text in [
            "",
            "file://host/x",
            "http://",
            "https:///x",
            "http://h/a?b",
            "http://h/a b",
            "/a\nb",
            "user@host:srv",
            "-oProxyCommand=x:/srv",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
