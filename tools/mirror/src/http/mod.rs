//! A mirror behind a web server.

mod access;
mod netrc;
mod paced;
mod proxy;
mod redirect;

use std::time::{Duration, SystemTime};

use binpkg::names::url_path;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body, Error};

use self::paced::Paced;
use self::redirect::{Origin, target};
use crate::stamp::Stamp;
use crate::transport::{Content, OpenError, Transport};

pub use access::{Access, AccessError};
pub use netrc::{Netrc, NetrcError};
pub use proxy::{Proxies, ProxyError};

/// A base address.
pub struct Http {
    base: String,
    agent: Agent,
    silence: Duration,
    /// What says who we are, if the base's host wants to know.
    authorization: Option<String>,
}

/// A server that asks for a longer pause than this has no time for us today.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// More redirects lead nowhere.
const REDIRECTS: usize = 10;

impl Http {
    /// The mirror at `base`, which does not end in a slash; nothing is asked before a file is opened.
    pub fn new(base: String, access: &Access) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(access.proxies.of(&base))
            // They are followed here, where it is known whom the credentials are for.
            .max_redirects(0)
            .timeout_connect(Some(access.connect))
            .timeout_recv_response(Some(access.silence))
            .timeout_per_read(Some(access.silence))
            // The bytes are pinned as they lie there.
            .accept_encoding("identity")
            .user_agent(concat!("buckpack/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let origin = Origin::of(&base).filter(|home| home.is_secure || home.is_here() || access.allow_insecure);
        let authorization = origin.and_then(|home| access.credentials.authorization(home.host()));
        Self {
            base,
            agent,
            silence: access.silence,
            authorization,
        }
    }

    /// Asks for a file, and follows redirects. Credentials go to the server of the base address only: once it leads elsewhere, they
    /// are left out for good.
    fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Result<Response<Body>, OpenError> {
        let mut address = format!("{}/{}", self.base, url_path(path));
        let home = Origin::of(&address);
        let mut is_home = true;
        for _ in 0..=REDIRECTS {
            let mut request = self.agent.get(&address);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            if let Some(authorization) = self.authorization.as_ref().filter(|_| is_home) {
                request = request.header("authorization", authorization);
            }
            let response = request.call().map_err(of_transport)?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let location = text(response.headers(), "location").unwrap_or_default();
            let Some(next) = target(&address, &location) else {
                return Err(OpenError::Refused(
                    "redirected to no address of a web server".to_owned(),
                ));
            };
            let origins = home.as_ref().zip(Origin::of(&next));
            is_home &= origins.as_ref().is_some_and(|(home, next)| home.is_same(next));
            if origins.is_some_and(|(home, next)| home.is_secure && !next.is_secure) {
                return Err(OpenError::Refused("redirected from https:// to http://".to_owned()));
            }
            address = next;
        }
        Err(OpenError::Refused(format!("redirected more than {REDIRECTS} times")))
    }

    fn content(&self, response: Response<Body>, start: u64) -> Content {
        Content {
            length: response.body().content_length(),
            start,
            stamp: stamp(response.headers()),
            reader: Box::new(Paced::new(response.into_body().into_reader(), self.silence)),
        }
    }
}

impl Transport for Http {
    fn open(&self, path: &str) -> Result<Content, OpenError> {
        let response = self.ask(path, &[])?;
        match response.status().as_u16() {
            200 => Ok(self.content(response, 0)),
            _ => Err(refusal(&response)),
        }
    }

    fn open_rest(&self, path: &str, from: u64, strong: &str) -> Result<Content, OpenError> {
        let range = format!("bytes={from}-");
        let response = self.ask(path, &[("range", &range), ("if-range", strong)])?;
        match response.status().as_u16() {
            200 => Ok(self.content(response, 0)),
            206 if starts_at(response.headers(), from) => Ok(self.content(response, from)),
            // A part that nobody asked for, or a file that has become shorter than what we have of it.
            206 | 416 => self.open(path),
            _ => Err(refusal(&response)),
        }
    }

    fn open_changed(&self, path: &str, known: &Stamp) -> Result<Option<Content>, OpenError> {
        let headers: Vec<_> = [("if-none-match", &known.etag), ("if-modified-since", &known.modified)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            .collect();
        let response = self.ask(path, &headers)?;
        match response.status().as_u16() {
            200 => Ok(Some(self.content(response, 0))),
            304 if !headers.is_empty() => Ok(None),
            _ => Err(refusal(&response)),
        }
    }
}

fn refusal(response: &Response<Body>) -> OpenError {
    let status = response.status().as_u16();
    let after = text(response.headers(), "retry-after").and_then(|value| pause(&value));
    match status {
        404 | 410 => OpenError::NotThere,
        408 | 429 | 500..=599 if after.is_none_or(|pause| pause <= LONGEST_PAUSE) => OpenError::Again {
            why: format!("status {status}"),
            after,
        },
        401 => OpenError::Refused("status 401: it wants a name and a password, or other ones".to_owned()),
        _ => OpenError::Refused(format!("status {status}")),
    }
}

/// `Retry-After`, which is a number of seconds or a time.
fn pause(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = httpdate::parse_http_date(value.trim()).ok()?;
    Some(time.duration_since(SystemTime::now()).unwrap_or_default())
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn stamp(headers: &HeaderMap) -> Stamp {
    Stamp {
        etag: text(headers, "etag"),
        modified: text(headers, "last-modified"),
        date: text(headers, "date"),
    }
}

fn starts_at(headers: &HeaderMap, from: u64) -> bool {
    text(headers, "content-range").is_some_and(|range| range.starts_with(&format!("bytes {from}-")))
}

fn of_transport(error: Error) -> OpenError {
    match error {
        Error::Io(_)
        | Error::Timeout(_)
        | Error::HostNotFound
        | Error::ConnectionFailed
        | Error::Protocol(_)
        | Error::ConnectProxyFailed(_) => OpenError::Again {
            why: error.to_string(),
            after: None,
        },
        _ => OpenError::Refused(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A password goes to the host that it is for, and in the clear only where it does not leave the machine.
    #[test]
    fn whom_credentials_are_for() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("netrc");
        std::fs::write(
            &path,
            "machine example.org login me password p machine 127.0.0.1 password q",
        )
        .unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, mode).unwrap();
        let mut access = Access {
            credentials: Netrc::read(&path).unwrap().into(),
            ..Access::default()
        };
        let knows = |base: &str, access: &Access| Http::new(base.to_owned(), access).authorization.is_some();
        assert!(knows("https://example.org/binaries", &access) && knows("http://127.0.0.1:8080", &access));
        for base in ["http://example.org", "https://m.example.org", "https://example.org.net"] {
            assert!(!knows(base, &access), "{base}");
        }
        access.allow_insecure = true;
        assert!(knows("http://example.org:8080", &access));
        assert!(!format!("{access:?}").contains("bWU6cA"));
    }

    #[test]
    fn pauses() {
        assert_eq!(pause("7"), Some(Duration::from_secs(7)));
        assert_eq!(pause("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        assert!(pause(&later).unwrap() > LONGEST_PAUSE);
        assert_eq!(pause("soon"), None);
    }
}
