use std::fmt;
use std::str::FromStr;

/// A folder of another machine: `user@host:/path`, or `ssh://user@host:port/path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshAddress {
    /// Who to be there; whoever the settings of ssh say, if nobody.
    pub user: Option<String>,
    /// The machine.
    pub host: String,
    /// Its port, if it is not the one that the settings of ssh say.
    pub port: Option<u16>,
    /// The folder: absolute, without a slash at the end.
    pub path: String,
}

/// A text that is no such address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} in USER@HOST:/PATH or ssh://USER@HOST:PORT/PATH, found `{}`", found.escape_debug())]
pub struct SshAddressError {
    expected: &'static str,
    found: String,
}

const SCHEME: &str = "ssh://";

impl SshAddress {
    /// Whether a text is meant as such an address: it begins with `ssh://`, or has a colon before its first slash.
    pub fn is_meant(text: &str) -> bool {
        let before_slash = text.split('/').next().unwrap_or_default();
        text.starts_with(SCHEME) || (!text.contains("://") && before_slash.contains(':'))
    }

    /// `user@host`, as ssh takes it.
    pub fn login(&self) -> String {
        match &self.user {
            Some(user) => format!("{user}@{}", self.host),
            None => self.host.clone(),
        }
    }

    /// The place of a folder of that machine, as scp and rsync take it. Its path must be a plain one.
    pub(super) fn remote(&self, path: &str) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match &self.user {
            Some(user) => format!("{user}@{host}:{path}"),
            None => format!("{host}:{path}"),
        }
    }
}

impl FromStr for SshAddress {
    type Err = SshAddressError;

    fn from_str(text: &str) -> Result<Self, SshAddressError> {
        let refuse = |expected| SshAddressError {
            expected,
            found: text.chars().take(300).collect(),
        };
        if text.chars().any(char::is_control) {
            return Err(refuse("no control characters"));
        }
        let (login, port, path) = match text.strip_prefix(SCHEME) {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                // A colon within brackets is one of an IPv6 address.
                match authority.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
                    Some((login, port)) => (login, Some(port), path),
                    None => (authority, None, path),
                }
            }
            None => {
                let end = text.find("]:").map_or_else(|| text.find(':'), |end| Some(end + 1));
                let (login, path) = text.split_at(end.ok_or_else(|| refuse("a colon after the host"))?);
                (login, None, &path[1..])
            }
        };
        let (user, host) = match login.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, login),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_host = match bare {
            Some(bare) => {
                bare.contains(':')
                    && bare
                        .chars()
                        .all(|c| c.is_ascii_hexdigit() || ".:%".contains(c) || is_name(c))
            }
            None => host.chars().all(is_name),
        };
        let host = bare.unwrap_or(host);
        if host.is_empty() || host.starts_with('-') || host.len() > 255 || !is_host {
            return Err(refuse(
                "a host of letters, digits, `.`, `_` and `-` that does not begin with `-`",
            ));
        }
        if user.is_some_and(|user| {
            user.is_empty() || user.starts_with('-') || !user.chars().all(|c| is_name(c) || c == '+')
        }) {
            return Err(refuse(
                "a user of letters, digits, `.`, `_`, `+` and `-` that does not begin with `-`",
            ));
        }
        let port = match port {
            None => None,
            Some(text) => match text.parse() {
                Ok(port @ 1..) if !text.starts_with('+') => Some(port),
                _ => return Err(refuse("a port from 1 to 65535")),
            },
        };
        if !path.starts_with('/') {
            return Err(refuse("an absolute path"));
        }
        let path = match path.trim_end_matches('/') {
            "" => return Err(refuse("a path other than the whole disk")),
            path => path.to_owned(),
        };
        let (user, host) = (user.map(str::to_owned), host.to_owned());
        Ok(Self { user, host, port, path })
    }
}

impl fmt::Display for SshAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            None => f.write_str(&self.remote(&self.path)),
            Some(port) => {
                let login = self.remote("");
                write!(f, "{SCHEME}{login}{port}{}", self.path)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, user, host, port, path) in [
            (
                "user@mirror.buckos.org:/var/www/binaries",
                Some("user"),
                "mirror.buckos.org",
                None,
                "/var/www/binaries",
            ),
            ("host:/a b/c'd", None, "host", None, "/a b/c'd"),
            ("u@[::1]:/x", Some("u"), "::1", None, "/x"),
            ("ssh://u@host:2222/srv/m", Some("u"), "host", Some(2222), "/srv/m"),
            ("ssh://[fe80::1%eth0]:22/srv", None, "fe80::1%eth0", Some(22), "/srv"),
        ] {
            let address: SshAddress = text.parse().unwrap();
            let found = (
                address.user.as_deref(),
                address.host.as_str(),
                address.port,
                address.path.as_str(),
            );
            assert_eq!(found, (user, host, port, path));
            assert_eq!(address.to_string(), text);
            assert!(SshAddress::is_meant(text));
        }
        let address: SshAddress = "ssh://host/srv//".parse().unwrap();
        assert_eq!(address.to_string(), "host:/srv");
        for text in ["/a:b", "./a:b", "a/b:c", "s3://bucket", "https://h:1/x"] {
            assert!(!SshAddress::is_meant(text), "{text}");
        }
    }

    #[test]
    fn refused() {
        for (text, words) in [
            ("-oProxyCommand=x:/srv", "expected a host"),
            ("u@-oProxyCommand=x:/srv", "expected a host"),
            ("ssh://-l/srv", "expected a host"),
            ("ssh:///srv", "expected a host"),
            ("u@ho$(st):/srv", "expected a host"),
            ("u@ho st:/srv", "expected a host"),
            ("[abc]:/srv", "expected a host"),
            ("-l@host:/srv", "expected a user"),
            ("@host:/srv", "expected a user"),
            ("a;b@host:/srv", "expected a user"),
            ("u@host:srv", "expected an absolute path"),
            ("u@host:-srv", "expected an absolute path"),
            ("ssh://host", "expected an absolute path"),
            ("u@host:/", "a path other than the whole disk"),
            ("u@host:/a\nb", "expected no control characters"),
            ("ssh://host:0/x", "expected a port"),
            ("ssh://host:99999/x", "expected a port"),
            ("ssh://host:+22/x", "expected a port"),
        ] {
            let error = text.parse::<SshAddress>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
