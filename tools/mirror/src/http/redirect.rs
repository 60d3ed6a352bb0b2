/// Where a redirect leads, as an absolute address: `location` as the server wrote it, seen from `from` (RFC 3986, 5.2).
/// `None` for what is no address of a web server, or one that holds a name and a password.
pub(super) fn target(from: &str, location: &str) -> Option<String> {
    let location = location.split('#').next().unwrap_or_default().trim();
    if location.is_empty() || location.chars().any(|c| c.is_control() || c == ' ') {
        return None;
    }
    let (scheme, rest) = from.split_once("://")?;
    let authority_length = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_length);
    let path = path.split('?').next().unwrap_or_default();
    let absolute = if location.contains("://") && !location.starts_with(['/', '?']) {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.starts_with('?') {
        format!("{scheme}://{authority}{path}{location}")
    } else {
        // Dot segments are left to the server, for which they mean the same.
        let folder = path.rfind('/').map_or("/", |end| &path[..=end]);
        format!("{scheme}://{authority}{folder}{location}")
    };
    let origin = Origin::of(&absolute)?;
    (!origin.authority.contains('@') && !origin.host().is_empty()).then_some(absolute)
}

/// Scheme, host and port of an address: whom credentials are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) is_secure: bool,
    authority: String,
    port: u16,
}

impl Origin {
    /// That of an address of a web server.
    pub(super) fn of(address: &str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let authority = rest.split(['/', '?']).next()?.to_ascii_lowercase();
        let usual = if is_secure { 443 } else { 80 };
        let port = match authority.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => port.parse().ok()?,
            _ => usual,
        };
        Some(Self {
            is_secure,
            authority,
            port,
        })
    }

    /// The host, without brackets.
    pub(super) fn host(&self) -> &str {
        let host = match self.authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => &self.authority,
        };
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether both are the same server.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.is_secure == other.is_secure && self.host() == other.host() && self.port == other.port
    }

    /// Whether what is sent there stays on this machine.
    pub(super) fn is_here(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let from = "https://a.org:8443/x/y?z=1";
        for (location, expected) in [
            ("http://b.org/q?r#s", Some("http://b.org/q?r")),
            ("//b.org/q", Some("https://b.org/q")),
            ("/q", Some("https://a.org:8443/q")),
            ("q/../r", Some("https://a.org:8443/x/q/../r")),
            ("?q=http://b", Some("https://a.org:8443/x/y?q=http://b")),
            ("/go?to=http://b", Some("https://a.org:8443/go?to=http://b")),
            ("HTTPS://B.org", Some("HTTPS://B.org")),
            ("file:///etc/passwd", None),
            ("https://me:secret@b.org/", None),
            ("https:///x", None),
            ("https://b.org:x/", None),
            ("/a b", None),
            ("", None),
        ] {
            assert_eq!(target(from, location).as_deref(), expected, "{location}");
        }
        assert_eq!(target("http://a", "q").as_deref(), Some("http://a/q"));
    }

    #[test]
    fn origins() {
        let origin = |text| Origin::of(text).unwrap();
        assert!(origin("https://A.org/x").is_same(&origin("https://a.org:443")));
        for other in ["http://a.org", "https://b.org", "https://a.org:444", "https://a.org.b"] {
            assert!(!origin("https://a.org").is_same(&origin(other)), "{other}");
        }
        assert_eq!(origin("http://[::1]:80/x").host(), "::1");
        assert!(origin("http://[::1]").is_here() && origin("http://127.0.0.9:8").is_here());
        assert!(!origin("http://127.0.0.1.org").is_here() && !origin("http://[::2]:1").is_here());
    }
}
