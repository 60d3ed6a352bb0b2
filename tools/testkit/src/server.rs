//! A web server on loopback that does what a test tells it, faults included.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Status 200 and these bytes.
    Bytes(Vec<u8>),
    /// Another status, with these header lines and an error page.
    Status(u16, &'static str),
    /// Status 200 that announces all of the bytes, and a connection that ends after so many.
    Cut(Vec<u8>, usize),
    /// Status 200 that announces a length, and these bytes.
    Announce(usize, Vec<u8>),
    /// These bytes without a length, ended by closing the connection.
    Unannounced(Vec<u8>),
    /// The connection is closed without a word.
    Close,
}

/// A running server. Its thread ends with the test's process.
pub struct Server {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server; `answer` gets the path of a request and how often that path was asked for before.
    ///
    /// # Panics
    /// When loopback cannot be used.
    pub fn start(answer: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be used");
        let address = format!("http://{}", listener.local_addr().expect("the server has an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, record) = (Arc::new(answer), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, record) = (Arc::clone(&answer), Arc::clone(&record));
                thread::spawn(move || {
                    let Some(path) = request(&stream) else { return };
                    let before = {
                        let mut seen = record.lock().expect("no test panics with the lock");
                        let before = seen.iter().filter(|other| **other == path).count();
                        seen.push(path.clone());
                        before
                    };
                    // A client that has heard enough is none of our business.
                    let _ = respond(stream, answer(&path, before));
                });
            }
        });
        Self { address, seen }
    }

    /// Its base address, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The paths that were asked for, in order.
    ///
    /// # Panics
    /// When an answer panicked.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("no answer panicked").clone()
    }
}

/// The path of a request, after its headers were read.
fn request(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .for_each(drop);
    Some(path)
}

fn respond(mut stream: TcpStream, answer: Answer) -> std::io::Result<()> {
    let head = |status: u16, more: &str| format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n{more}\r\n");
    let ok = |length: usize| head(200, &format!("Content-Length: {length}\r\n"));
    let (head, body) = match answer {
        Answer::Bytes(bytes) => (ok(bytes.len()), bytes),
        Answer::Status(status, lines) => {
            let page = format!("<html>status {status}</html>").into_bytes();
            (
                head(status, &format!("{lines}Content-Length: {}\r\n", page.len())),
                page,
            )
        }
        Answer::Cut(mut bytes, after) => {
            let head = ok(bytes.len());
            bytes.truncate(after);
            (head, bytes)
        }
        Answer::Announce(length, bytes) => (ok(length), bytes),
        Answer::Unannounced(bytes) => (head(200, ""), bytes),
        Answer::Close => return Ok(()),
    };
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}
