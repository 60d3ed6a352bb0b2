use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};
use std::sync::Arc;

use super::session::{BEGIN, Session};
use super::{SshError, quote};
use crate::transport::{Content, OpenError, Transport};

/// A folder of another machine, to be read.
pub struct Ssh {
    session: Arc<Session>,
    root: String,
}

impl Ssh {
    /// The folder `root` of that machine.
    pub fn new(session: Arc<Session>, root: String) -> Self {
        Self { session, root }
    }
}

impl Transport for Ssh {
    fn open(&self, path: &str) -> Result<Content, OpenError> {
        match self.session.open(&format!("{}/{path}", self.root)) {
            Ok(Some(file)) => {
                let size = file.size;
                Ok(Content::whole(Box::new(file), Some(size)))
            }
            Ok(None) => Err(OpenError::NotThere),
            Err(error) if error.may_pass() => Err(OpenError::Again {
                why: error.to_string(),
                after: None,
            }),
            Err(error) => Err(OpenError::Refused(error.to_string())),
        }
    }
}

impl Session {
    /// A file of the far side, to be read from its beginning; `None` if it is not there.
    ///
    /// # Errors
    /// No connection, or an answer that is none.
    pub fn open(&self, path: &str) -> Result<Option<FarFile>, SshError> {
        let doing = format!("reading {path}");
        let path = quote(path);
        let script = format!("if [ -f {path} ]; then echo $(wc -c <{path}); cat -- {path}; else echo none; fi");
        let mut child = self.start(&script)?;
        let stdout = child.stdout.take().ok_or_else(|| self.unreadable(&doing))?;
        let mut reader = BufReader::with_capacity(256 << 10, stdout);
        match heading(&mut reader) {
            Ok(Some(words)) if words == "none" => {
                let _ = child.wait();
                Ok(None)
            }
            Ok(Some(words)) => match words.parse() {
                Ok(size) => Ok(Some(FarFile { child, reader, size })),
                Err(_) => Err(self.unreadable(&doing)),
            },
            _ => {
                drop(reader);
                let output = child.wait_with_output();
                match output.map(|output| self.judge(&doing, "ssh", &output)) {
                    Ok(Err(error)) => Err(error),
                    _ => Err(self.unreadable(&doing)),
                }
            }
        }
    }
}

/// The line after whatever a login prints; `None` if the answer has none.
fn heading(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut has_begun = false;
    let mut line = Vec::new();
    // A login does not print a file, and a line of a file is not read here.
    while reader.take(4096).read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if has_begun {
            return Ok(Some(text));
        }
        has_begun = text == BEGIN;
        line.clear();
    }
    Ok(None)
}

/// A file that the far side is sending.
pub struct FarFile {
    child: Child,
    reader: BufReader<ChildStdout>,
    /// How many bytes it has.
    pub size: u64,
}

impl Read for FarFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if count == 0 && !buffer.is_empty() && !self.child.wait()?.success() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the far side broke off",
            ));
        }
        Ok(count)
    }
}

impl Drop for FarFile {
    fn drop(&mut self) {
        // Of a file that nobody reads on.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
