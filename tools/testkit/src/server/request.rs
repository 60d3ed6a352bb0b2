use std::io::{BufRead, BufReader};
use std::net::TcpStream;

/// What a client asked.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The path, with its leading slash, or the whole address when a proxy is asked.
    pub path: String,
    /// Header lines as they came, without line ends.
    pub headers: Vec<String>,
    /// How often the path was asked for before.
    pub before: usize,
}

impl Request {
    /// Reads a request and its headers; `None` if the client went away.
    pub(super) fn read(stream: &TcpStream) -> Option<Self> {
        let mut lines = BufReader::new(stream).lines();
        let first = lines.next()?.ok()?;
        let path = first.split(' ').nth(1)?.to_owned();
        let headers = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        Some(Self {
            path,
            headers,
            before: 0,
        })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.headers.iter().filter_map(|line| line.split_once(':'));
        let (_, value) = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }

    /// The first byte of `Range: bytes=N-`.
    pub fn from(&self) -> Option<usize> {
        self.header("range")?
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    }
}
