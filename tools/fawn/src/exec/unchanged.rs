//! Whether a build would find nothing to do: everything that decided about the last one with the same words, remembered.
//!
//! A process that starts anew has to read, configure and analyse everything before it knows that nothing is to be done. A
//! build that ran no action therefore leaves a record: each path that was looked at, with one digest of how they all looked,
//! and the outputs. While all of them still look the same, the answer is the same, and looking is all that is done.

use super::engine::{Engine, Reporter, take_lock};
use super::layout::Layout;
use super::log::Log;
use super::outputs::Outputs;
use super::{environment, files, identity, stamp};
use anyhow::{Context, Result};
use digest::{Hasher, Sha256};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// For how long a record counts. After that the build asks for its results in the cache again, where those that nobody has
/// asked for go first.
const AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// A file that changed this close before the command began may change again without a new time stamp.
const RACY: Duration = Duration::from_millis(50);

/// What a build said.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Lines for the user.
    pub said: Vec<String>,
    /// The text on stdout.
    pub results: String,
}

/// A question to the machine, see [`identity`], with its answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) category: String,
    pub(super) argv: Vec<String>,
    pub(super) host: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    question: Vec<String>,
    looked: Vec<PathBuf>,
    look: Sha256,
    asked: Vec<Asked>,
    outputs: Vec<(String, Sha256)>,
    answer: Answer,
}

/// The answer of the last build with this command line, in the folder `cwd` of the project at `root`, if everything that it
/// came of looks the same; as many `threads` look. Without one the build has to find out.
///
/// # Errors
/// The operating system's.
pub fn find(
    root: &Path,
    cwd: &Path,
    command: &[String],
    threads: usize,
    reporter: &dyn Reporter,
) -> Result<Option<Answer>> {
    let (layout, question) = (Layout::new(root), question(cwd, command));
    let file = place(&layout, &question);
    if !file.exists() {
        return Ok(None);
    }
    let _lock = take_lock(&layout, command, reporter)?;
    let Some(record) = read(&file).filter(|record| record.question == question) else {
        return Ok(None);
    };
    let outputs = Outputs::load(root, layout.outputs(), layout.sandboxes());
    let same = look(&record.looked).0 == record.look
        && record.asked.iter().all(Asked::is_same)
        && outputs.stand(&record.outputs, threads);
    if !same {
        return Ok(None);
    }
    Log::start(&layout.logs(), command.to_vec())?;
    Ok(Some(record.answer))
}

impl Engine<'_> {
    /// Remembers for [`find`] what a build that ran nothing came of: `looked` are the paths that decided what is to be built,
    /// `started` is when the first of them was looked at.
    ///
    /// # Errors
    /// The operating system's.
    pub fn remember(
        &self,
        cwd: &Path,
        command: &[String],
        started: SystemTime,
        mut looked: Vec<PathBuf>,
        answer: Answer,
    ) -> Result<()> {
        looked.extend(self.sources.looked());
        looked.extend(std::env::current_exe().ok());
        // By bytes: comparing paths part by part takes several times as long.
        looked.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        looked.dedup_by(|a, b| a.as_os_str() == b.as_os_str());
        let (look, youngest) = look(&looked);
        // Whatever changed since may have been read before or after the change.
        if youngest + RACY >= started {
            return Ok(());
        }
        let question = question(cwd, command);
        let file = place(&self.layout, &question);
        let record = Record {
            question,
            looked,
            look,
            asked: self.take_asked(),
            outputs: self.outputs.shown(),
            answer,
        };
        // A path that is no text is not remembered, and the next build finds out.
        let Ok(text) = serde_json::to_vec(&record) else {
            return Ok(());
        };
        forget_old(&self.layout)?;
        files::write_atomically(&file, &text)
    }
}

/// Removes the records that count no more.
fn forget_old(layout: &Layout) -> Result<()> {
    let Ok(records) = fs::read_dir(layout.unchanged()) else {
        return Ok(());
    };
    for record in records {
        let path = record.context("cannot list the records of builds")?.path();
        if !is_young(&path) {
            files::remove(&path)?;
        }
    }
    Ok(())
}

fn is_young(file: &Path) -> bool {
    let written = fs::metadata(file).and_then(|metadata| metadata.modified());
    written.is_ok_and(|time| time.elapsed().is_ok_and(|age| age < AGE))
}

fn read(file: &Path) -> Option<Record> {
    is_young(file).then_some(())?;
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn place(layout: &Layout, question: &[String]) -> PathBuf {
    let mut hasher = Hasher::new();
    for word in question {
        hasher.update(&(word.len() as u64).to_le_bytes());
        hasher.update(word.as_bytes());
    }
    layout.unchanged().join(hasher.finish().to_string())
}

/// The command line, where it was typed, and what of the environment reaches actions and settings.
fn question(cwd: &Path, command: &[String]) -> Vec<String> {
    let environment = environment::inherited(true, true, &|name| std::env::var(name).ok());
    let environment = environment.iter().map(|(name, value)| format!("{name}={value}"));
    let mut question = vec![cwd.display().to_string()];
    question.extend(environment);
    question.push("--".to_owned());
    question.extend_from_slice(command);
    question
}

impl Asked {
    fn is_same(&self) -> bool {
        identity::of(&self.category, &self.argv, &|name| std::env::var(name).ok()) == self.host
    }
}

/// A digest of how the paths look, through links, and when the youngest of what stands there was changed.
fn look(paths: &[PathBuf]) -> (Sha256, SystemTime) {
    let mut hasher = Hasher::new();
    let mut youngest = SystemTime::UNIX_EPOCH;
    for path in paths {
        let itself = fs::symlink_metadata(path);
        let is_link = itself.as_ref().is_ok_and(fs::Metadata::is_symlink);
        let behind = is_link.then(|| fs::metadata(path));
        for found in [Some(itself), behind].into_iter().flatten() {
            match found {
                Ok(metadata) => {
                    stamp::add(&mut hasher, &metadata);
                    youngest = youngest.max(changed(&metadata));
                }
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    hasher.update(b"nothing");
                }
                Err(error) => hasher.update(error.to_string().as_bytes()),
            }
        }
    }
    (hasher.finish(), youngest)
}

/// The time that nobody can set.
fn changed(metadata: &fs::Metadata) -> SystemTime {
    let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
    let nanos = u32::try_from(metadata.ctime_nsec()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
}
