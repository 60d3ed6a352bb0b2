//! How work goes on, for whoever watches: bars on a terminal, one line for each finished file elsewhere, JSON for programs.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use digest::Sha256;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use install::Event;
use mirror::download::{DownloadError, Events, Wanted};
use serde_json::json;

use crate::out;

/// What is told, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing but warnings.
    Quiet,
    /// A line for each file.
    Lines,
    /// A bar for each transfer, and one for all of them.
    Bars,
    /// An event a line, on standard output.
    Json,
}

impl Mode {
    /// The mode for the options.
    pub(crate) fn new(quiet: bool, json: bool) -> Self {
        match (json, quiet) {
            (true, _) => Self::Json,
            (_, true) => Self::Quiet,
            _ if std::io::stderr().is_terminal() => Self::Bars,
            _ => Self::Lines,
        }
    }
}

/// Hears of transfers, from several threads.
pub(crate) struct Reporter {
    mode: Mode,
    state: Mutex<State>,
    bars: MultiProgress,
    total: ProgressBar,
}

#[derive(Default)]
struct State {
    /// Mirrors that send files, by digest.
    mirrors: BTreeMap<Sha256, String>,
    /// Bytes that are here, by digest.
    there: BTreeMap<Sha256, u64>,
    bars: BTreeMap<Sha256, ProgressBar>,
}

const TOTAL: &str = "{msg:32} {bar:24} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
const ONE: &str = "  {msg:30} {bar:24} {bytes}/{total_bytes}";

impl Reporter {
    /// Tells in this way.
    pub(crate) fn new(mode: Mode) -> Self {
        let target = match mode {
            Mode::Bars => ProgressDrawTarget::stderr(),
            _ => ProgressDrawTarget::hidden(),
        };
        Self {
            mode,
            state: Mutex::default(),
            bars: MultiProgress::with_draw_target(target),
            total: ProgressBar::hidden(),
        }
    }

    /// The way.
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// So many bytes in so many files are about to come.
    pub(crate) fn expect(&mut self, files: usize, size: u64) {
        if self.mode == Mode::Bars && files > 0 {
            self.total = self.bars.add(ProgressBar::new(size).with_style(style(TOTAL)));
            self.total
                .set_message(format!("{files} file{}", if files == 1 { "" } else { "s" }));
        }
    }

    /// Who hears how far an installation is: one bar for all files, or an event for each package and one for the moment from which
    /// on it can only go forward.
    pub(crate) fn installing(&self) -> impl FnMut(Event<'_>) + '_ {
        let mut bar: Option<ProgressBar> = None;
        move |event| match (self.mode, event) {
            (Mode::Json, Event::Preparing { package, bytes }) => {
                self.event(&json!({"event": "preparing", "package": package, "bytes": bytes}));
            }
            (Mode::Json, Event::Committing) => self.event(&json!({"event": "committing"})),
            (Mode::Bars, Event::Preparing { package, bytes }) => {
                let bar = bar.get_or_insert_with(|| self.bars.add(ProgressBar::new(0).with_style(style(ONE))));
                bar.inc_length(bytes);
                bar.set_message(package.to_string());
            }
            (Mode::Bars, Event::Prepared(bytes)) => bar.iter().for_each(|bar| bar.inc(bytes)),
            (Mode::Bars, Event::Committing) => bar.iter().for_each(ProgressBar::finish_and_clear),
            (Mode::Quiet | Mode::Lines, _) | (Mode::Json, Event::Prepared(_)) => {}
        }
    }

    /// Nothing more comes: the bars go.
    pub(crate) fn end(&self) {
        self.total.finish_and_clear();
        let _ = self.bars.clear();
    }

    /// Something that may surprise; always told.
    pub(crate) fn warn(&self, text: &str) {
        self.bars.suspend(|| eprintln!("install-binary: warning: {text}"));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked with it left counters, which are still good enough.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn event(&self, value: &serde_json::Value) {
        // A reader that went away is found out by whoever prints the result.
        let _ = out::print_json(value);
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

impl Events for Reporter {
    fn started(&self, file: &Wanted, mirror: &str, from: u64) {
        let mut state = self.state();
        state.mirrors.insert(file.sha256, mirror.to_owned());
        match self.mode {
            Mode::Bars => {
                let bar = state.bars.entry(file.sha256).or_insert_with(|| {
                    let bar = ProgressBar::new(file.size).with_style(style(ONE));
                    self.bars
                        .insert_before(&self.total, bar)
                        .with_message(file.words.clone())
                });
                bar.set_position(from);
            }
            Mode::Json => {
                self.event(
                    &json!({"event": "started", "file": file.words, "size": file.size, "mirror": mirror, "from": from}),
                );
            }
            Mode::Quiet | Mode::Lines => {}
        }
    }

    fn moved(&self, file: &Wanted, there: u64) {
        if self.mode != Mode::Bars {
            return;
        }
        let mut state = self.state();
        if let Some(bar) = state.bars.get(&file.sha256) {
            bar.set_position(there);
        }
        state.there.insert(file.sha256, there);
        self.total.set_position(state.there.values().sum());
    }

    fn warned(&self, _: &Wanted, text: &str) {
        self.warn(text);
    }

    fn finished(&self, file: &Wanted, _: &Path) {
        let mirror = self.state().mirrors.remove(&file.sha256);
        match (self.mode, mirror) {
            (Mode::Json, mirror) => {
                self.event(&json!({"event": "fetched", "file": file.words, "size": file.size, "mirror": mirror}));
            }
            (Mode::Lines, Some(mirror)) => {
                eprintln!("fetched    {}, {} from {mirror}", file.words, out::bytes(file.size));
            }
            (Mode::Lines, None) => eprintln!("in cache   {}", file.words),
            (Mode::Bars, _) => {
                let mut state = self.state();
                if let Some(bar) = state.bars.remove(&file.sha256) {
                    bar.finish_and_clear();
                }
                state.there.insert(file.sha256, file.size);
                self.total.set_position(state.there.values().sum());
            }
            (Mode::Quiet, _) => {}
        }
    }

    fn failed(&self, file: &Wanted, _: &DownloadError) {
        if let Some(bar) = self.state().bars.remove(&file.sha256) {
            bar.finish_and_clear();
        }
    }
}
