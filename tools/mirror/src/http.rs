//! A mirror behind a web server.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use binpkg::names::url_path;
use ureq::{Agent, Error};

use crate::transport::{Content, OpenError, Transport};

/// A base address.
pub struct Http {
    base: String,
    agent: Agent,
}

/// What counts as silence, and the time over which a transfer must have moved [`LEAST`] bytes.
const SILENCE: Duration = Duration::from_secs(30);
const LEAST: u64 = 30 << 10;

/// A server that asks for a longer pause than this has no time for us today.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Http {
    /// The mirror at `base`, which does not end in a slash; nothing is asked before a file is opened.
    ///
    /// No proxy: whoever runs a build decides by its mirrors what it asks, not by variables.
    pub fn new(base: String) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(10)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            // The bytes are pinned as they lie there.
            .accept_encoding("identity")
            .user_agent(concat!("buckpack/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self { base, agent }
    }
}

impl Transport for Http {
    fn open(&self, path: &str) -> Result<Content, OpenError> {
        let address = format!("{}/{}", self.base, url_path(path));
        let response = self.agent.get(&address).call().map_err(of_transport)?;
        let status = response.status().as_u16();
        let after = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        match status {
            200 => {}
            404 | 410 => return Err(OpenError::NotThere),
            408 | 429 | 500..=599 if after.is_none_or(|pause| pause <= LONGEST_PAUSE) => {
                return Err(OpenError::Again {
                    why: format!("status {status}"),
                    after,
                });
            }
            _ => return Err(OpenError::Refused(format!("status {status}"))),
        }
        let length = response.body().content_length();
        Ok(Content {
            reader: Box::new(Paced::new(response.into_body().into_reader())),
            length,
        })
    }
}

fn of_transport(error: Error) -> OpenError {
    match error {
        Error::Io(_) | Error::Timeout(_) | Error::HostNotFound | Error::ConnectionFailed | Error::Protocol(_) => {
            OpenError::Again {
                why: error.to_string(),
                after: None,
            }
        }
        _ => OpenError::Refused(error.to_string()),
    }
}

/// A transfer that is given up when it only trickles. One that is silent is given up by the agent.
struct Paced<R> {
    inner: R,
    since: Instant,
    moved: u64,
}

impl<R> Paced<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            since: Instant::now(),
            moved: 0,
        }
    }
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.moved += count as u64;
        if self.since.elapsed() >= SILENCE {
            if self.moved < LEAST {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "slower than 1 kB/s for 30 s"));
            }
            (self.since, self.moved) = (Instant::now(), 0);
        }
        Ok(count)
    }
}
