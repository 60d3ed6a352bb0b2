//! Programs of targets, started outside the sandbox: by `run` and `test`.

use crate::session::{Arg, Command, Piece};
use std::path::Path;

/// One argument as text; artifacts become absolute paths below `root`, or stay project-relative without it.
fn text(arg: &Arg, root: Option<&Path>) -> String {
    arg.pieces
        .iter()
        .map(|piece| match (piece, root) {
            (Piece::Text(text), _) => text.clone(),
            (Piece::Path(artifact), Some(root)) => root.join(&**artifact.path()).to_string_lossy().into_owned(),
            (Piece::Path(artifact), None) => artifact.path().to_string(),
        })
        .collect()
}

/// Program and arguments.
pub fn argv(command: &Command, root: Option<&Path>) -> Vec<String> {
    command.argv.iter().map(|arg| text(arg, root)).collect()
}

/// The variables that the rule sets.
pub fn env(command: &Command, root: Option<&Path>) -> Vec<(String, String)> {
    command
        .env
        .iter()
        .map(|(name, arg)| (name.clone(), text(arg, root)))
        .collect()
}

/// What `FAWN` is for the program: how it can call this engine again.
pub fn fawn() -> Option<std::ffi::OsString> {
    std::env::var_os("FAWN")
        .filter(|path| !path.is_empty())
        .or_else(|| Some(std::env::current_exe().ok()?.into()))
}
