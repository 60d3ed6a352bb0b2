//! An action that failed, told so that its author can act.

use crate::action::Action;
use std::fmt;
use std::path::PathBuf;

/// Everything known about a failed action.
#[derive(Debug, Default)]
pub struct Failure {
    /// `cell//package:name (configuration#hash)`.
    pub owner: String,
    /// Category and, if any, identifier.
    pub action: String,
    /// What happened, such as `exit code 2`.
    pub what: String,
    /// The command, for a shell.
    pub command: Option<String>,
    /// Its words, whole.
    pub stdout: String,
    /// Its complaints, whole.
    pub stderr: String,
    /// What the rule's error handler says, `category: message`.
    pub explained: Vec<String>,
    /// What may have caused it.
    pub hints: Vec<String>,
    /// A script that repeats it in its kept sandbox.
    pub repeat: Option<PathBuf>,
}

impl Failure {
    /// A failure of `action` that is told by one sentence.
    pub fn new(action: &Action, what: impl Into<String>) -> Self {
        Self {
            owner: action.owner.to_string(),
            action: title(action),
            what: what.into(),
            ..Self::default()
        }
    }
}

/// `category identifier`.
pub fn title(action: &Action) -> String {
    match &action.identifier {
        Some(identifier) => format!("{} {identifier}", action.category),
        None => action.category.to_string(),
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "action `{}` of {} failed: {}", self.action, self.owner, self.what)?;
        for hint in self.explained.iter().chain(&self.hints) {
            write!(f, "\n  {hint}")?;
        }
        if let Some(command) = &self.command {
            write!(f, "\n  command: {command}")?;
        }
        if let Some(repeat) = &self.repeat {
            write!(
                f,
                "\n  repeat it in its sandbox: sh {}",
                super::shell::quote(&repeat.to_string_lossy())
            )?;
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.trim().is_empty() {
                write!(f, "\n  {name}:\n{}", text.trim_end_matches('\n'))?;
            }
        }
        Ok(())
    }
}
