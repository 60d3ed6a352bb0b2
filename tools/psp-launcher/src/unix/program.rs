//! Running the program in place of this process.

#![allow(unsafe_code, reason = "system calls that nothing wraps")]

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use crate::environ::Environment;
use crate::failure::{Code, Failure};

/// A program with its arguments and environment, ready to be run.
#[derive(Debug)]
pub struct Program {
    path: CString,
    args: Strings,
    environment: Strings,
}

/// Strings as the system takes them. Made beforehand, because a child may not allocate between fork and exec.
#[derive(Debug)]
struct Strings {
    /// Point into `_owned`, and end with a null pointer.
    pointers: Vec<*const libc::c_char>,
    _owned: Vec<CString>,
}

impl Strings {
    fn new(owned: Vec<CString>) -> Self {
        let pointers = owned.iter().map(|text| text.as_ptr());
        let pointers = pointers.chain([std::ptr::null()]).collect();
        Strings {
            pointers,
            _owned: owned,
        }
    }
}

impl Program {
    /// A program at `path`; the first of `args` is the name that it sees.
    ///
    /// # Errors
    /// A zero byte in a word of the command.
    pub fn new(path: &Path, args: Vec<OsString>, environment: &Environment) -> Result<Self, Failure> {
        let args: Result<_, Failure> = args.into_iter().map(|word| c_string(word.into_vec())).collect();
        let line = |(name, value): &(OsString, OsString)| c_string([name.as_bytes(), b"=", value.as_bytes()].concat());
        let environment: Result<_, Failure> = environment.pairs().iter().map(line).collect();
        Ok(Program {
            path: c_string(path.as_os_str().as_bytes().to_vec())?,
            args: Strings::new(args?),
            environment: Strings::new(environment?),
        })
    }

    /// Replaces this process; returns only if that fails.
    pub fn exec(&self) -> std::io::Error {
        super::signals::restore();
        // SAFETY: both lists end with a null pointer, and their strings live as long as they.
        unsafe {
            libc::execve(
                self.path.as_ptr(),
                self.args.pointers.as_ptr(),
                self.environment.pointers.as_ptr(),
            );
        }
        std::io::Error::last_os_error()
    }

    /// The failure that an error of [`Program::exec`] means.
    pub fn failure(&self, error: &std::io::Error) -> Failure {
        let path = Path::new(OsStr::from_bytes(self.path.as_bytes()));
        let refused = || "the system refused".to_owned();
        let what = match error.raw_os_error() {
            Some(libc::ENOEXEC) => {
                "it is neither a program for this system nor a script that names its interpreter (`#!/bin/sh`)".into()
            }
            Some(libc::ENOENT) => "the interpreter or loader that it names does not exist here".into(),
            Some(libc::E2BIG) => "arguments and environment are too long together".into(),
            Some(libc::EACCES) => super::no_execution(path).unwrap_or_else(refused),
            _ => refused(),
        };
        Failure::caused(Code::Execution, format!("cannot run {}: {what}", path.display()), error)
    }
}

fn c_string(bytes: Vec<u8>) -> Result<CString, Failure> {
    CString::new(bytes).map_err(|_| Failure::new(Code::Execution, "the command holds a zero byte"))
}
