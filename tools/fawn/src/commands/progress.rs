//! Tells what goes on: one moving line on a terminal, one plain line per started action elsewhere.

use crate::action::Action;
use crate::exec::{Reporter, title};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where progress goes.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    running: Mutex<BTreeMap<String, Instant>>,
}

impl Progress {
    /// On a terminal the line moves; `quiet` silences both forms.
    pub fn new(quiet: bool) -> Self {
        let moving = !quiet && std::io::stderr().is_terminal();
        let bar = moving.then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} [{pos}/{len}] {elapsed} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self {
            bar,
            quiet,
            running: Mutex::default(),
        }
    }

    /// Says what the command does now, before any action runs.
    pub fn phase(&self, text: &'static str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        }
    }

    /// Takes the moving line away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Words that come even with `quiet`.
    pub fn print(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprint!("{text}")),
            None => eprint!("{text}"),
        }
    }

    fn show(&self, running: &BTreeMap<String, Instant>) {
        let Some(bar) = &self.bar else { return };
        let oldest = running.iter().min_by_key(|(_, start)| **start);
        bar.set_message(match oldest {
            Some((name, _)) if running.len() > 1 => format!("{name} and {} more", running.len() - 1),
            Some((name, _)) => name.clone(),
            None => String::new(),
        });
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

impl Reporter for Progress {
    fn started(&self, action: &Action) {
        let name = name(action);
        if self.bar.is_none() && !self.quiet {
            eprintln!("running {name}");
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(name, Instant::now());
        self.show(&running);
    }

    fn finished(&self, action: &Action, _took: Duration, _ok: bool) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&name(action));
        self.show(&running);
    }

    fn failed(&self, error: &anyhow::Error) {
        self.print(&super::exit::story(error));
    }

    fn progress(&self, done: usize, known: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(known as u64);
            bar.set_position(done as u64);
        }
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            self.print(&format!("fawn: {text}\n"));
        }
    }
}

/// The target without its configuration, and the work.
fn name(action: &Action) -> String {
    let owner = action.owner.split(" (").next().unwrap_or(&action.owner);
    format!("{owner} ({})", title(action))
}
