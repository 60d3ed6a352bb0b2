use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use super::Request;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Status 200 and these bytes.
    Bytes(Vec<u8>),
    /// A file as a real server sends it, with ranges and conditions.
    File(File),
    /// Another status, with these header lines and an error page.
    Status(u16, &'static str),
    /// Elsewhere, at that address.
    Redirect(String),
    /// Status 200 that announces all of the bytes, and a connection that ends after so many.
    Cut(Vec<u8>, usize),
    /// A file as a real server sends it, and silence after so many bytes of it.
    StallFile(File, usize),
    /// Status 200 that announces all of the bytes, and a byte after each such pause.
    Trickle(Vec<u8>, Duration),
    /// Status 200 that announces a length, and these bytes.
    Announce(usize, Vec<u8>),
    /// These bytes without a length, ended by closing the connection.
    Unannounced(Vec<u8>),
    /// These bytes as the whole answer, status line and headers included.
    Raw(Vec<u8>),
    /// The connection is closed without a word.
    Close,
}

/// A file with what is said of its version.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Its entity tag, quotes included; empty for none.
    pub etag: String,
    /// When it was changed; empty for nothing said.
    pub modified: String,
    /// When it was sent; empty for nothing said.
    pub date: String,
    /// After which byte of the file the connection breaks.
    pub cut: Option<usize>,
}

impl Answer {
    pub(super) fn send(self, request: &Request, mut stream: TcpStream) -> std::io::Result<()> {
        let ok = |length: usize| head(200, &format!("Content-Length: {length}\r\n"));
        let mut stalls = false;
        let (head, body) = match self {
            Self::Bytes(bytes) => (ok(bytes.len()), bytes),
            Self::File(file) => file.answer(request),
            Self::Status(status, lines) => {
                let page = format!("<html>status {status}</html>").into_bytes();
                (
                    head(status, &format!("{lines}Content-Length: {}\r\n", page.len())),
                    page,
                )
            }
            Self::Redirect(location) => {
                let lines = format!("Location: {location}\r\nContent-Length: 0\r\n");
                (head(302, &lines), Vec::new())
            }
            Self::Cut(mut bytes, after) => {
                let head = ok(bytes.len());
                bytes.truncate(after);
                (head, bytes)
            }
            Self::StallFile(mut file, after) => {
                stalls = true;
                file.cut = Some(after);
                file.answer(request)
            }
            Self::Trickle(bytes, pause) => {
                stream.write_all(ok(bytes.len()).as_bytes())?;
                for byte in bytes {
                    std::thread::sleep(pause);
                    stream.write_all(&[byte])?;
                }
                return Ok(());
            }
            Self::Announce(length, bytes) => (ok(length), bytes),
            Self::Unannounced(bytes) => (head(200, ""), bytes),
            Self::Raw(bytes) => (String::new(), bytes),
            Self::Close => return Ok(()),
        };
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)?;
        if stalls {
            // Until the client hangs up.
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
        Ok(())
    }
}

fn head(status: u16, more: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n{more}\r\n")
}

impl File {
    /// These bytes, without anything said of their version.
    pub fn new(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            ..Self::default()
        }
    }

    /// These bytes, with a strong tag made of them.
    pub fn tagged(bytes: &[u8]) -> Self {
        let sum = bytes
            .iter()
            .fold(7u64, |sum, byte| sum.wrapping_mul(31) + u64::from(*byte));
        Self {
            etag: format!("\"{sum:x}\""),
            ..Self::new(bytes)
        }
    }

    fn answer(&self, request: &Request) -> (String, Vec<u8>) {
        let mut lines = String::new();
        let said = [
            ("ETag", &self.etag),
            ("Last-Modified", &self.modified),
            ("Date", &self.date),
        ];
        for (name, value) in said {
            if !value.is_empty() {
                lines.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        let is_known = match request.header("if-none-match") {
            Some(etag) => etag == self.etag,
            None => request.header("if-modified-since") == Some(&self.modified),
        };
        if is_known {
            return (head(304, &lines), Vec::new());
        }
        let all = self.bytes.len();
        let is_same = match request.header("if-range") {
            // A weak tag never joins parts.
            Some(tag) => !tag.starts_with("W/") && (tag == self.etag || tag == self.modified),
            None => true,
        };
        let (status, from) = match request.from() {
            Some(from) if is_same && from < all => (206, from),
            Some(_) if is_same => {
                return (
                    head(416, &format!("Content-Range: bytes */{all}\r\nContent-Length: 0\r\n")),
                    Vec::new(),
                );
            }
            _ => (200, 0),
        };
        if status == 206 {
            lines.push_str(&format!("Content-Range: bytes {from}-{}/{all}\r\n", all - 1));
        }
        lines.push_str(&format!("Content-Length: {}\r\n", all - from));
        let end = self.cut.unwrap_or(all).clamp(from, all);
        (head(status, &lines), self.bytes[from..end].to_vec())
    }
}
