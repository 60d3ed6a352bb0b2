//! fawn's side of the sandbox helper.

use super::protocol::{Greeting, Reply, Request, Setup, receive, send};
use super::{ROOT, SERVER};
use crate::exec::files;
use crate::exec::layout::Layout;
use crate::exec::sandbox::Job;
use crate::exec::sandbox::wait::Ended;
use anyhow::{Context, Result, bail};
use rustix::io::{FdFlags, fcntl_setfd};
use std::io::BufReader;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// The connection to a running helper. Dropping it ends the helper and every action.
pub struct Client {
    overlay: bool,
    closed: Mutex<Vec<UnixStream>>,
    open: Mutex<Vec<UnixStream>>,
}

impl Client {
    /// Starts a helper for `jobs` actions at once.
    ///
    /// # Errors
    /// Why the kernel permits no namespaces here.
    pub fn start(layout: &Layout, jobs: usize) -> Result<Self> {
        if Path::new(ROOT).exists() {
            bail!("the directory {ROOT} exists on this machine, but it is the place of the sandbox");
        }
        let stage = layout.sandboxes().join(files::unique("stage-"));
        files::make_dir(&stage)?;
        let (closed, closed_ends) = sockets(jobs)?;
        let (open, open_ends) = sockets(jobs)?;
        let numbers = |ends: &[UnixStream]| ends.iter().map(AsRawFd::as_raw_fd).collect();
        let setup = Setup {
            stage,
            hidden: layout.root().to_owned(),
            hide_from_host: !needs_project(layout.root()),
            closed: numbers(&closed_ends),
            open: numbers(&open_ends),
        };
        let mut command = Command::new("/proc/self/exe");
        command.arg(SERVER).arg(serde_json::to_string(&setup)?);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        for end in closed_ends.iter().chain(&open_ends) {
            fcntl_setfd(end, FdFlags::empty()).context("cannot hand over a socket")?;
        }
        let mut helper = command.spawn().context("cannot start the sandbox helper")?;
        drop((closed_ends, open_ends));
        let mut words = BufReader::new(helper.stdout.take().context("the sandbox helper has no stdout")?);
        match receive(&mut words) {
            Ok(Some(Greeting::Ready { overlay })) => Ok(Self {
                overlay,
                closed: Mutex::new(closed),
                open: Mutex::new(open),
            }),
            Ok(Some(Greeting::Refused(why))) => bail!(why),
            Ok(None) | Err(_) => bail!("the sandbox helper ended at once"),
        }
    }

    /// Whether the inputs of a sandbox lie in a layer of their own.
    pub fn has_overlay(&self) -> bool {
        self.overlay
    }

    /// Runs a program in the sandbox directory `dir`.
    pub fn run(&self, job: &Job, dir: &Path) -> Reply {
        let pool = if job.network { &self.open } else { &self.closed };
        let socket = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(mut socket) = socket else {
            return Ended::NotStarted("internal error: more actions than job slots".to_owned());
        };
        let request = Request {
            dir: dir.to_owned(),
            overlay: self.overlay,
            host: job.host,
            argv: job.argv.clone(),
            env: job.env.clone().into_iter().collect(),
            timeout_millis: job
                .timeout
                .map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
        };
        let reply = send(&mut socket, &request).and_then(|()| receive(&mut BufReader::new(&socket)));
        match reply {
            Ok(Some(reply)) => {
                pool.lock().unwrap_or_else(PoisonError::into_inner).push(socket);
                reply
            }
            Ok(None) => Ended::NotStarted("the sandbox helper has ended".to_owned()),
            Err(error) => Ended::NotStarted(format!("the sandbox helper does not answer: {error}")),
        }
    }
}

fn sockets(count: usize) -> Result<(Vec<UnixStream>, Vec<UnixStream>)> {
    (0..count)
        .map(|_| UnixStream::pair().context("cannot make a socket"))
        .collect::<Result<Vec<_>>>()
        .map(|pairs| pairs.into_iter().unzip())
}

/// Whether a tool of the host lies inside the project, so that hiding the project would hide the tool.
fn needs_project(root: &Path) -> bool {
    let lists = ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME"]
        .iter()
        .filter_map(std::env::var_os);
    let paths: Vec<PathBuf> = lists
        .flat_map(|list| std::env::split_paths(&list).collect::<Vec<_>>())
        .collect();
    paths
        .iter()
        .any(|path| path.canonicalize().is_ok_and(|path| path.starts_with(root)))
}
