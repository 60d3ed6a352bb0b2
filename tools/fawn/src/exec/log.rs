//! The record of what a command ran: one JSON text a line, written as the actions end.

use super::{files, shell};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Records of this many commands are kept.
const KEPT: usize = 20;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub struct Header {
    /// The command line.
    pub command: Vec<String>,
}

/// One program that was started.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ran {
    /// `build` or `test`.
    pub reason: String,
    /// The configured target, then category and identifier in brackets.
    pub identity: String,
    /// Program and arguments.
    pub command: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// How long it ran.
    pub seconds: f64,
    /// Whether it failed.
    pub failed: bool,
    /// Its complaints.
    pub stderr: String,
}

impl Ran {
    /// A line to run it again by hand in the project root.
    pub fn reproducer(&self) -> String {
        let assignments = self
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>();
        let words = assignments.iter().chain(&self.command);
        format!("env -C \"$({ROOT_COMMAND})\" -i -- {}", shell::join(words))
    }
}

const ROOT_COMMAND: &str = "fawn root";

/// The record of this command. It appears with the first line; a command that runs nothing still leaves one.
pub struct Log {
    file: Mutex<File>,
}

impl Log {
    /// Starts a record in `directory`, and drops the oldest ones.
    ///
    /// # Errors
    /// The operating system's.
    pub fn start(directory: &Path, command: Vec<String>) -> Result<Self> {
        files::make_dir(directory)?;
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let path = directory.join(files::unique(&format!("{:020}-", now.as_nanos())));
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let log = Self { file: Mutex::new(file) };
        log.write(&Header { command })?;
        for old in all(directory)?.iter().rev().skip(KEPT) {
            files::remove(old)?;
        }
        Ok(log)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// The operating system's.
    pub fn write<T: Serialize>(&self, line: &T) -> Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())
            .context("cannot write the log of this command")
    }
}

/// All records, oldest first.
fn all(directory: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Ok(Vec::new());
    };
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The newest record; a line that was not finished is left out.
///
/// # Errors
/// No record yet, or the operating system's.
pub fn last(directory: &Path) -> Result<(Header, Vec<Ran>)> {
    let path = all(directory)?
        .pop()
        .context("there is no log yet; run a build or test first")?;
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = text.lines();
    let header = lines.next().and_then(|line| serde_json::from_str(line).ok());
    let header = header.with_context(|| format!("the log {} is damaged", path.display()))?;
    Ok((
        header,
        lines.filter_map(|line| serde_json::from_str(line).ok()).collect(),
    ))
}

/// Seconds for a record.
pub fn seconds(took: Duration) -> f64 {
    took.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_found_and_old_ones_go() {
        let world = tempfile::tempdir().unwrap();
        assert!(last(world.path()).is_err());
        for number in 0..KEPT + 3 {
            let log = Log::start(world.path(), vec![number.to_string()]).unwrap();
            let ran = Ran {
                reason: "build".into(),
                identity: "t (c)".into(),
                command: vec!["sh".into(), "a b".into()],
                env: BTreeMap::from([("A".into(), "1 2".into())]),
                seconds: 0.5,
                failed: false,
                stderr: String::new(),
            };
            log.write(&ran).unwrap();
        }
        assert_eq!(all(world.path()).unwrap().len(), KEPT);
        let (header, ran) = last(world.path()).unwrap();
        assert_eq!(header.command, [(KEPT + 2).to_string()]);
        assert_eq!(ran[0].reproducer(), "env -C \"$(fawn root)\" -i -- 'A=1 2' sh 'a b'");
    }
}
