//! Words for people, on stderr or in a file. Quiet unless something is wrong or somebody asked.
//!
//! Messages carry names and numbers, never values of the environment or arguments: those hold secrets.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::options::{LogLevel, Options};
use crate::system;

/// Where messages go.
#[derive(Debug)]
pub struct Say {
    level: LogLevel,
    json: bool,
    file: Option<File>,
}

impl Say {
    /// Messages as the options ask for. A log file that cannot be opened is said on stderr, which takes its place.
    pub fn new(options: &Options) -> Self {
        let mut say = Say {
            level: options.log_level,
            json: options.log_json,
            file: None,
        };
        if let Some(path) = &options.log_path {
            match system::open_log(path, false) {
                Ok(file) => say.file = Some(file),
                Err(error) => say.warn(&format!("cannot open the log file {}: {error}", path.display())),
            }
        }
        say
    }

    /// The failure that ends this start.
    pub fn error(&self, message: &str) {
        self.message(LogLevel::Error, "error", message);
    }

    /// Something that did not stop the start and should be known.
    pub fn warn(&self, message: &str) {
        self.message(LogLevel::Warn, "warning", message);
    }

    /// What was done.
    pub fn info(&self, message: &str) {
        self.message(LogLevel::Info, "info", message);
    }

    /// How it was done.
    pub fn debug(&self, message: &str) {
        self.message(LogLevel::Debug, "debug", message);
    }

    fn message(&self, level: LogLevel, name: &str, message: &str) {
        if level > self.level {
            return;
        }
        let line = if self.json {
            let object = serde_json::json!({ "level": name, "logger": "psp-launcher", "message": message });
            pspf_format::strict_json::write(&object) + "\n"
        } else {
            format!("psp-launcher: {name}: {message}\n")
        };
        // A closed stderr is no reason not to start a program.
        let _ = match &self.file {
            Some(file) => (&*file).write_all(line.as_bytes()),
            None => std::io::stderr().write_all(line.as_bytes()),
        };
    }

    /// A progress line for work of `total` bytes; it appears on a terminal, after a second.
    pub fn progress(&self, what: String, total: u64) -> Progress {
        let shown = self.level > LogLevel::Off && std::io::stderr().is_terminal();
        let next = Mutex::new(Instant::now() + Duration::from_secs(1));
        Progress {
            what,
            total,
            done: AtomicU64::new(0),
            shown,
            next,
            visible: AtomicU64::new(0),
        }
    }
}

/// The state of a progress line. It is wiped when dropped.
#[derive(Debug)]
pub struct Progress {
    what: String,
    total: u64,
    done: AtomicU64,
    shown: bool,
    /// When to draw next.
    next: Mutex<Instant>,
    visible: AtomicU64,
}

impl Progress {
    /// Counts `bytes` more.
    pub fn add(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if !self.shown {
            return;
        }
        let Ok(mut next) = self.next.try_lock() else { return };
        let now = Instant::now();
        if now < *next {
            return;
        }
        *next = now + Duration::from_millis(200);
        let percent = done.saturating_mul(100).checked_div(self.total).unwrap_or(100).min(100);
        self.visible.store(1, Ordering::Relaxed);
        let _ = write!(std::io::stderr(), "{}{}: {percent} %", system::CLEAR_LINE, self.what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.visible.load(Ordering::Relaxed) != 0 {
            let _ = write!(std::io::stderr(), "{}", system::CLEAR_LINE);
        }
    }
}
