//! Waits for a program that leads its own process group, and leaves nothing of the group alive.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// With this exit code.
    Exited(i32),
    /// By this signal.
    Signaled(i32),
    /// It was killed because its time was over.
    TimedOut,
    /// It could not be started; why, as one sentence.
    NotStarted(String),
    /// Whoever asked for it went away.
    Abandoned,
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        match status.code() {
            Some(code) => Ended::Exited(code),
            None => Ended::Signaled(status.signal().unwrap_or(0)),
        }
    }
}

/// Waits until the program ends, `timeout` is over, or `asker` hangs up; then kills the rest of its group.
///
/// # Errors
/// The operating system's.
pub fn wait(child: &mut Child, timeout: Option<Duration>, asker: Option<BorrowedFd<'_>>) -> io::Result<Ended> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let end = timeout.map(|timeout| Instant::now() + timeout);
    let stopped = watch(child, group, end, asker)?;
    if let Some(group) = group {
        // The group may be gone already.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let status = child.wait()?;
    Ok(stopped.unwrap_or_else(|| status.into()))
}

/// Why the program must be killed, or `None` when it ended by itself.
fn watch(
    child: &mut Child,
    pid: Option<Pid>,
    end: Option<Instant>,
    asker: Option<BorrowedFd<'_>>,
) -> io::Result<Option<Ended>> {
    let Some(handle) = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else {
        return poll_slowly(child, end);
    };
    loop {
        let mut events = vec![PollFd::new(&handle, PollFlags::IN)];
        events.extend(
            asker
                .as_ref()
                .map(|asker| PollFd::new(asker, PollFlags::IN | PollFlags::HUP)),
        );
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(Some(Ended::TimedOut));
        }
        let left = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        match poll(&mut events, left.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if !events[0].revents().is_empty() {
            return Ok(None);
        }
        if events.get(1).is_some_and(|asker| !asker.revents().is_empty()) {
            return Ok(Some(Ended::Abandoned));
        }
    }
}

/// For kernels without process handles.
fn poll_slowly(child: &mut Child, end: Option<Instant>) -> io::Result<Option<Ended>> {
    loop {
        if child.try_wait()?.is_some() {
            return Ok(None);
        }
        if end.is_some_and(|end| Instant::now() >= end) {
            return Ok(Some(Ended::TimedOut));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    fn run(script: &str, timeout: Option<Duration>) -> Ended {
        let mut child = Command::new("/bin/sh")
            .args(["-c", script])
            .process_group(0)
            .spawn()
            .unwrap();
        wait(&mut child, timeout, None).unwrap()
    }

    #[test]
    fn every_end_is_told_apart() {
        assert_eq!(run("exit 3", None), Ended::Exited(3));
        assert_eq!(run("kill -9 $$", None), Ended::Signaled(9));
        assert_eq!(run("sleep 60", Some(Duration::from_millis(50))), Ended::TimedOut);
    }

    #[test]
    fn what_it_left_running_is_killed() {
        let world = tempfile::tempdir().unwrap();
        let file = world.path().join("late");
        assert_eq!(
            run(&format!("(sleep 0.3; touch {}) & exit 0", file.display()), None),
            Ended::Exited(0)
        );
        std::thread::sleep(Duration::from_millis(600));
        assert!(!file.exists());
    }
}
