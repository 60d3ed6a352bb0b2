//! What people write for a mirror (section 9.7): a directory, `file://…`, `http://…` or `https://…`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::directory::Directory;
use crate::http::Http;
use crate::transport::{Mirror, Transport};

/// Where a mirror is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A web server; without a slash at the end.
    Http(String),
}

/// A text that is no address of a mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Of a kind that cannot be used here.
    #[error(
        "expected a directory, or an address that begins with file://, http:// or https://, found `{}`",
        found.escape_debug()
    )]
    Kind {
        /// The text.
        found: String,
    },
    /// A `file://` address of another machine.
    #[error("expected file:///ABSOLUTE/PATH for a mirror on this machine, found `{}`", found.escape_debug())]
    Host {
        /// The text.
        found: String,
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
        let found = || text.chars().take(300).collect::<String>();
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
                return Ok(Self::Http(text.trim_end_matches('/').to_owned()));
            }
        }
        // `user@host:/path` and unknown schemes; a colon in a relative name can be written `./a:b`.
        let before_slash = text.split('/').next().unwrap_or_default();
        if text.contains("://") || before_slash.contains(':') {
            return Err(AddressError::Kind { found: found() });
        }
        Ok(Self::Directory(PathBuf::from(text)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => path.display().fmt(f),
            Self::Http(base) => f.write_str(base),
        }
    }
}

impl Address {
    /// The mirror at this address, ready to be read. A base whose last part is `binaries` is used as it is; otherwise
    /// `binaries/` below it is tried first, then the base itself.
    pub fn mirror(&self) -> Mirror {
        let roots: Vec<Box<dyn Transport>> = match self {
            Self::Directory(path) if path.file_name().is_some_and(|name| name == BINARIES) => {
                vec![Box::new(Directory::new(path.clone()))]
            }
            Self::Directory(path) => vec![
                Box::new(Directory::new(path.join(BINARIES))),
                Box::new(Directory::new(path.clone())),
            ],
            Self::Http(base) if base.ends_with("/binaries") => vec![Box::new(Http::new(base.clone()))],
            Self::Http(base) => vec![
                Box::new(Http::new(format!("{base}/{BINARIES}"))),
                Box::new(Http::new(base.clone())),
            ],
        };
        Mirror::new(self.to_string(), roots)
    }

    /// The address itself as a mirror, for files that are not binaries.
    pub fn place(&self) -> Mirror {
        let root: Box<dyn Transport> = match self {
            Self::Directory(path) => Box::new(Directory::new(path.clone())),
            Self::Http(base) => Box::new(Http::new(base.clone())),
        };
        Mirror::new(self.to_string(), vec![root])
    }

    /// Whether whoever is on the way could change what is read.
    pub fn is_plain_http(&self) -> bool {
        matches!(self, Self::Http(base) if base.starts_with("http://"))
    }
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
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refused() {
        for text in [
            "user@host:/srv",
            "ssh://host/x",
            "s3://bucket",
            "oci://a/b",
            "rsync://h/m",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(
                error.contains("expected a directory, or an address") && error.contains(text),
                "{error}"
            );
        }
        for text in [
            "",
            "file://host/x",
            "http://",
            "https:///x",
            "http://h/a?b",
            "http://h/a b",
            "/a\nb",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
