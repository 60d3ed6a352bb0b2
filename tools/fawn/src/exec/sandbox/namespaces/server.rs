//! The helper process: prepares everything once, then starts actions on request.

use super::protocol::{Greeting, Reply, Request, Setup, receive, send};
use super::{enter, roots, sys};
use crate::exec::sandbox::wait::{Ended, wait};
use crate::exec::sandbox::{capture, not_started, signals};
use anyhow::{Context, Result};
use rustix::mount::{MountPropagationFlags, UnmountFlags, mount_change, unmount};
use rustix::process::{Pid, WaitOptions, getegid, geteuid, wait as wait_any, waitpid};
use rustix::thread::UnshareFlags;
use std::fs;
use std::io::{self, BufReader};
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// User and group that actions see themselves as: nobody, on every machine.
const NOBODY: u32 = 65534;

/// Runs the helper until its sockets close; `setup` is its second argument. Returns the exit code.
///
/// Must be called before the process starts any thread.
pub fn serve(setup: &str) -> i32 {
    match start(setup) {
        Ok(code) => code,
        Err(error) => {
            let _ = send(&mut io::stdout(), &Greeting::Refused(format!("{error:#}")));
            1
        }
    }
}

fn start(setup: &str) -> Result<i32> {
    let setup: Setup = serde_json::from_str(setup).context("cannot read the setup")?;
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    let all = UnshareFlags::NEWUSER
        | UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWIPC;
    sys::unshare(all).context("the kernel permits no user namespaces")?;
    fs::write("/proc/self/setgroups", "deny").context("cannot set up the user namespace")?;
    fs::write("/proc/self/uid_map", format!("{NOBODY} {user} 1")).context("cannot map the user")?;
    fs::write("/proc/self/gid_map", format!("{NOBODY} {group} 1")).context("cannot map the group")?;
    // The first child is process 1 of the new namespace: when it ends, the kernel ends every action.
    let first = sys::fork(|| first_process(&setup)).context("cannot start the first process")?;
    match waitpid(Pid::from_raw(first), WaitOptions::empty())? {
        Some((_, status)) => Ok(status.exit_status().unwrap_or(1)),
        None => Ok(1),
    }
}

fn first_process(setup: &Setup) -> i32 {
    let workers = match prepare(setup) {
        Ok((overlay, workers)) => {
            if send(&mut io::stdout(), &Greeting::Ready { overlay }).is_err() {
                return 1;
            }
            workers
        }
        Err(error) => {
            let _ = send(&mut io::stdout(), &Greeting::Refused(format!("{error:#}")));
            return 1;
        }
    };
    // Collects whatever an action left behind, until the first worker sees its socket close.
    loop {
        match wait_any(WaitOptions::empty()) {
            Ok(Some((pid, _))) if workers.contains(&pid.as_raw_nonzero().get()) => return 0,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return 1,
        }
    }
}

fn prepare(setup: &Setup) -> Result<(bool, Vec<i32>)> {
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .context("the kernel permits no mounts")?;
    rustix::system::sethostname(b"fawn").context("cannot hide the host name")?;
    roots::prepare(setup)?;
    let overlay = probe_overlay(&setup.stage).is_ok();
    let sockets: Vec<_> = setup.closed.iter().chain(&setup.open).copied().map(adopt).collect();
    let (closed, open) = sockets.split_at(setup.closed.len());
    let mut workers = Vec::new();
    for socket in open {
        workers.push(sys::fork(|| worker(socket, &sockets, &setup.stage))?);
    }
    sys::unshare(UnshareFlags::NEWNET).context("the kernel permits no network namespace")?;
    for socket in closed {
        workers.push(sys::fork(|| worker(socket, &sockets, &setup.stage))?);
    }
    Ok((overlay, workers))
}

/// Takes over a socket that fawn left open for this process.
#[expect(unsafe_code, reason = "a number is all that an argument can carry")]
fn adopt(fd: i32) -> OwnedFd {
    // SAFETY: fawn opened exactly these descriptors for this process, and each number is adopted once.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    // Without it a program would hold the socket, and fawn's end would not be noticed.
    let _ = rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC);
    fd
}

/// Mounts one overlay for practice: some file systems refuse to be a layer.
fn probe_overlay(stage: &Path) -> Result<()> {
    let dir = stage.join("probe");
    for name in ["in", "made", "work", "at"] {
        fs::create_dir_all(dir.join(name))?;
    }
    fs::write(dir.join("in/file"), "lower")?;
    enter::sandbox(&dir, &dir.join("at"), true)?;
    let written = fs::write(dir.join("at/file"), "upper");
    unmount(dir.join("at"), UnmountFlags::DETACH)?;
    written?;
    anyhow::ensure!(fs::read(dir.join("in/file"))? == b"lower", "the overlay writes through");
    Ok(())
}

fn worker(socket: &OwnedFd, all: &[OwnedFd], stage: &Path) -> i32 {
    let Ok(socket) = socket.try_clone() else { return 1 };
    // A copy of another worker's socket would keep that worker alive.
    for other in all {
        drop_quietly(other);
    }
    let mut socket = UnixStream::from(socket);
    let Ok(reading) = socket.try_clone() else { return 1 };
    let mut reading = BufReader::new(reading);
    while let Ok(Some(request)) = receive::<Request>(&mut reading) {
        let reply = run(request, stage, &socket);
        if reply == Ended::Abandoned || send(&mut socket, &reply).is_err() {
            break;
        }
    }
    0
}

/// Closes a descriptor whose owner lives on in the parent's copy of this memory.
#[expect(
    unsafe_code,
    reason = "the owner cannot be dropped, it is borrowed by the caller of fork"
)]
fn drop_quietly(fd: &OwnedFd) {
    use std::os::fd::AsRawFd;
    // SAFETY: this process leaves through `exit` without running the owner's destructor, and uses it nowhere else.
    unsafe { libc::close(fd.as_raw_fd()) };
}

fn run(request: Request, stage: &Path, asker: &UnixStream) -> Reply {
    let [program, arguments @ ..] = &request.argv[..] else {
        return Ended::NotStarted("the command is empty".to_owned());
    };
    let program = program.clone();
    let mut command = Command::new(&program);
    command
        .args(arguments)
        .env_clear()
        .envs(request.env.iter().map(|(name, value)| (name, value)));
    let dir = request.dir.clone();
    let (stdout, stderr) = match capture(&dir) {
        Ok(files) => files,
        Err(error) => return Ended::NotStarted(format!("{error:#}")),
    };
    command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
    signals::reset_in(&mut command);
    let timeout = request.timeout_millis.map(Duration::from_millis);
    let trouble = dir.join("trouble");
    let stage = stage.to_owned();
    let note = fs::File::create(&trouble);
    let prepare = move || {
        enter::enter(&request, &stage).map_err(|error| {
            if let Ok(mut note) = note.as_ref() {
                let _ = io::Write::write_all(&mut note, format!("{error:#}").as_bytes());
            }
            io::Error::from(io::ErrorKind::Unsupported)
        })
    };
    #[expect(unsafe_code, reason = "the mounts belong into the child")]
    // SAFETY: this process has one thread, so the child may allocate and lock.
    unsafe {
        command.pre_exec(prepare);
    }
    let ended = command
        .spawn()
        .and_then(|mut child| wait(&mut child, timeout, Some(asker.as_fd())));
    ended.unwrap_or_else(|error| match fs::read_to_string(&trouble) {
        Ok(text) if !text.is_empty() => Ended::NotStarted(format!("the sandbox cannot be entered: {text}")),
        _ => Ended::NotStarted(not_started(&program, &error)),
    })
}
