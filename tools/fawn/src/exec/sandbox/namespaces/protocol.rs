//! What fawn and its sandbox helper say to each other: one JSON text a line.

use crate::exec::sandbox::wait::Ended;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};
use std::path::PathBuf;

/// How the helper sets itself up.
#[derive(Debug, Serialize, Deserialize)]
pub struct Setup {
    /// An empty directory to prepare the roots in.
    pub stage: PathBuf,
    /// What nobody shall see: the project.
    pub hidden: PathBuf,
    /// Whether it is hidden from `local_only` actions too.
    pub hide_from_host: bool,
    /// One socket per job slot, for actions without network.
    pub closed: Vec<i32>,
    /// One socket per job slot, for actions with network.
    pub open: Vec<i32>,
}

/// The helper's first words.
#[derive(Debug, Serialize, Deserialize)]
pub enum Greeting {
    /// It serves its sockets now.
    Ready {
        /// Whether overlays can be mounted.
        overlay: bool,
    },
    /// The kernel does not permit it; why.
    Refused(String),
}

/// One action.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The sandbox directory: `made`, with `in` and `work` where overlays are used.
    pub dir: PathBuf,
    /// Overlay of `made` over `in`, or `made` alone.
    pub overlay: bool,
    /// The host's root, or the strict one.
    pub host: bool,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: Vec<(String, String)>,
    /// Killed after this many milliseconds.
    pub timeout_millis: Option<u64>,
}

/// How it ended.
pub type Reply = Ended;

/// Writes one message.
///
/// # Errors
/// The operating system's.
pub fn send<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads one message; `None` at the end.
///
/// # Errors
/// The operating system's, or a text that is no such message.
pub fn receive<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&line)?))
}
