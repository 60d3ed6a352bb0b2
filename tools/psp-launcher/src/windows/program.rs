//! A program with its arguments and environment, as `CreateProcessW` takes them.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Foundation::{
    ERROR_BAD_EXE_FORMAT, ERROR_ELEVATION_REQUIRED, ERROR_EXE_MACHINE_TYPE_MISMATCH, ERROR_FILENAME_EXCED_RANGE,
};

use super::wide_path;
use crate::command_line;
use crate::environ::Environment;
use crate::failure::{Code, Failure};
use crate::windows_program::is_batch;

/// A program, ready to be run.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    /// The path, ended by a zero.
    pub(super) application: Vec<u16>,
    /// The command line, ended by a zero.
    pub(super) line: Vec<u16>,
    /// `NAME=VALUE` and a zero for each variable, in order, and one more zero.
    pub(super) environment: Vec<u16>,
}

impl Program {
    /// A program at `path`; the first of `args` is the name that it sees.
    ///
    /// # Errors
    /// A zero in a word of the command, a command that is too long, a batch file.
    pub fn new(path: &Path, args: Vec<OsString>, environment: &Environment) -> Result<Self, Failure> {
        if is_batch(&path.to_string_lossy()) {
            let what = format!("cannot run {}: it is a batch file", path.display());
            return Err(Failure::new(Code::Execution, what));
        }
        let words: Vec<Vec<u16>> = args.iter().map(|word| word.encode_wide().collect()).collect();
        if words.iter().flatten().any(|unit| *unit == 0) {
            return Err(Failure::new(Code::Execution, "the command holds a zero"));
        }
        let mut line = command_line::join(&words);
        line.push(0);
        if line.len() > command_line::MAX_LEN {
            let what = format!(
                "cannot run {}: its arguments take {} characters together, expected at most {}",
                path.display(),
                line.len() - 1,
                command_line::MAX_LEN - 1,
            );
            return Err(Failure::new(Code::Execution, what));
        }
        Ok(Program {
            path: path.to_owned(),
            application: wide_path(path),
            line,
            environment: block(environment),
        })
    }

    /// The failure that an error of a start means.
    pub fn failure(&self, error: &io::Error) -> Failure {
        let what = match error.raw_os_error().map(i32::cast_unsigned) {
            Some(ERROR_BAD_EXE_FORMAT) => "it is no program for Windows",
            Some(ERROR_EXE_MACHINE_TYPE_MISMATCH) => "it is a program for another kind of machine",
            Some(ERROR_ELEVATION_REQUIRED) => "it asks for an administrator's rights; start the package with them",
            Some(ERROR_FILENAME_EXCED_RANGE) => "its path or its arguments are too long",
            _ => "the system refused",
        };
        let what = format!("cannot run {}: {what}", self.path.display());
        Failure::caused(Code::Execution, what, error)
    }
}

/// The environment as one block, ordered by name as the system wants it.
fn block(environment: &Environment) -> Vec<u16> {
    let upper = |name: &OsStr| name.to_string_lossy().to_uppercase();
    let mut pairs: Vec<_> = environment.pairs().iter().collect();
    pairs.sort_by_cached_key(|(name, _)| upper(name));
    let mut block = Vec::new();
    for (name, value) in pairs {
        block.extend(name.encode_wide());
        block.push(u16::from(b'='));
        block.extend(value.encode_wide());
        block.push(0);
    }
    // An empty block, too, ends with two.
    if block.is_empty() {
        block.push(0);
    }
    block.push(0);
    block
}
