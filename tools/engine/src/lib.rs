//! The build engine that is in use, Buck2 or fawn, as programs for people drive it: found, started, and believed only by what
//! it writes for machines.

#![forbid(unsafe_code)]

mod find;
mod report;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

pub use report::{Built, Report};
pub use settings::Settings;

/// An engine.
#[derive(Clone, Debug)]
pub struct Engine {
    program: PathBuf,
    folder: Option<PathBuf>,
    variables: Vec<(String, String)>,
}

/// Why the engine is of no help.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is none.
    #[error(
        "no build engine found: FAWN is not set, buck2 is not on PATH, and no folder from here upward has a program `fawn`; name one with --engine"
    )]
    None,
    /// It does not start.
    #[error("cannot start {}", program.display())]
    Start {
        /// The engine.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It ended badly; its own words are on standard error.
    #[error("{} {command} ended with {code}; its words are above", program.display())]
    Failed {
        /// The engine.
        program: PathBuf,
        /// What it was asked for.
        command: String,
        /// How it ended.
        code: String,
    },
    /// Its answer is not what engines answer.
    #[error("cannot use what {} wrote for {command}: {why}", program.display())]
    Answer {
        /// The engine.
        program: PathBuf,
        /// What it was asked for.
        command: String,
        /// What is wrong with it.
        why: String,
    },
    /// No place for its report.
    #[error("cannot make a temporary file")]
    Temporary(#[source] io::Error),
}

impl Engine {
    /// The engine to use: the one that is named, else the one that started us (`fawn run` sets `FAWN`), else `buck2` on `PATH`,
    /// else a program `fawn` in the current folder or one above.
    ///
    /// # Errors
    /// There is none.
    pub fn find(named: Option<&Path>) -> Result<Self, EngineError> {
        let program = find::find(named).ok_or(EngineError::None)?;
        // Also from another folder.
        let program = if program.components().count() > 1 {
            std::path::absolute(&program).unwrap_or(program)
        } else {
            program
        };
        Ok(Self {
            program,
            folder: None,
            variables: Vec::new(),
        })
    }

    /// The same engine in another folder, with further variables.
    #[must_use]
    pub fn at(&self, folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self {
            program: self.program.clone(),
            folder: Some(folder.to_owned()),
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// Ends the engine's daemon for this folder; engines without one do nothing.
    pub fn stop(&self) {
        // There may be none, and nothing depends on it.
        let _ = self
            .command(&["kill"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }

    /// Its program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).stdin(Stdio::null());
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    /// What it prints; its words for people go to standard error.
    fn ask(&self, arguments: &[&str]) -> Result<String, EngineError> {
        let output = self
            .command(arguments)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| self.start_error(source))?;
        if !output.status.success() {
            return Err(EngineError::Failed {
                program: self.program.clone(),
                command: arguments.first().copied().unwrap_or_default().to_owned(),
                code: output.status.to_string(),
            });
        }
        String::from_utf8(output.stdout).map_err(|_| self.answer(arguments, "it is no text"))
    }

    fn start_error(&self, source: io::Error) -> EngineError {
        let program = self.program.clone();
        EngineError::Start { program, source }
    }

    fn answer(&self, arguments: &[&str], why: impl ToString) -> EngineError {
        EngineError::Answer {
            program: self.program.clone(),
            command: arguments.first().copied().unwrap_or_default().to_owned(),
            why: why.to_string(),
        }
    }

    /// The targets that patterns match, by label without configuration, with the names of their sub-targets; targets without
    /// sub-targets are not among them.
    ///
    /// # Errors
    /// A pattern that matches nothing, a target that cannot be analysed.
    pub fn sub_targets(&self, patterns: &[String]) -> Result<BTreeMap<String, BTreeSet<String>>, EngineError> {
        let mut arguments = vec!["audit", "subtargets"];
        arguments.extend(patterns.iter().map(String::as_str));
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in self.ask(&arguments)?.lines() {
            let label = line.split(" (").next().unwrap_or_default();
            if let Some((target, rest)) = label.split_once('[') {
                let sub = rest.trim_end_matches(']').to_owned();
                found.entry(target.to_owned()).or_default().insert(sub);
            }
        }
        Ok(found)
    }

    /// The attribute of every target that patterns match and that has it as a plain text.
    ///
    /// # Errors
    /// A pattern that matches nothing, an answer that cannot be used.
    pub fn attribute(&self, patterns: &[String], attribute: &str) -> Result<BTreeSet<String>, EngineError> {
        let mut arguments = vec!["targets", "--json"];
        arguments.extend(patterns.iter().map(String::as_str));
        let text = self.ask(&arguments)?;
        let targets: Vec<Json> = serde_json::from_str(&text).map_err(|error| self.answer(&arguments, error))?;
        Ok(targets
            .iter()
            .filter_map(|target| target[attribute].as_str().map(str::to_owned))
            .collect())
    }

    /// Builds targets in one go and reads the engine's report. A target that fails is a failed entry of the report.
    ///
    /// # Errors
    /// The engine wrote no report: it did not get as far as building.
    pub fn build(&self, targets: &[String], options: &[OsString]) -> Result<Report, EngineError> {
        let folder = tempfile::tempdir().map_err(EngineError::Temporary)?;
        self.build_with_report(targets, options, &folder.path().join("report.json"))
    }

    /// As [`Engine::build`], and the report stays in `file`, which is not there yet.
    ///
    /// # Errors
    /// As [`Engine::build`].
    pub fn build_with_report(
        &self,
        targets: &[String],
        options: &[OsString],
        file: &Path,
    ) -> Result<Report, EngineError> {
        let status = self
            .command(&["build"])
            .args(targets)
            .args(options)
            .arg("--build-report")
            .arg(file)
            .stdout(Stdio::null())
            .status()
            .map_err(|source| self.start_error(source))?;
        let Ok(text) = std::fs::read(file) else {
            return Err(EngineError::Failed {
                program: self.program.clone(),
                command: "build".into(),
                code: status.to_string(),
            });
        };
        Report::parse(&text).map_err(|why| self.answer(&["build"], why))
    }
}
