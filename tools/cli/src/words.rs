//! Words beside the result: what is under way, and what was done.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is over sooner than this says nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where a command's words go: to stderr, or with `--quiet` nowhere. Errors and warnings are always told.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    tool: &'static str,
    quiet: bool,
}

impl Words {
    /// The words of `tool`.
    pub fn new(tool: &'static str, quiet: bool) -> Self {
        Self { tool, quiet }
    }

    /// Something that was done.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            // Nobody there to read it is no reason to fail.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// Says what is under way if it takes longer than a second: a moving line on a terminal, which goes when the result is
    /// dropped; one plain line elsewhere.
    pub fn progress(&self, what: impl Into<String>) -> Progress {
        if self.quiet {
            return Progress { running: None };
        }
        let (what, tool) = (what.into(), self.tool);
        let (stop, stopped) = channel::<()>();
        let show = move || {
            if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            if !std::io::stderr().is_terminal() {
                let _ = writeln!(std::io::stderr(), "{tool}: {what}");
                return;
            }
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
            line.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            let line = line.with_elapsed(PATIENCE).with_message(what);
            line.enable_steady_tick(Duration::from_millis(100));
            let _ = stopped.recv();
            line.finish_and_clear();
        };
        // Without a thread there is no progress, and the work goes on.
        let thread = std::thread::Builder::new().name("progress".into()).spawn(show);
        Progress {
            running: thread.ok().map(|thread| (stop, thread)),
        }
    }
}

/// A line about work under way; it goes when this is dropped.
#[derive(Debug)]
#[must_use = "the line goes when this is dropped"]
pub struct Progress {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
