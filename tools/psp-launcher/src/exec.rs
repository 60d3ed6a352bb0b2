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
    args: Vec<CString>,
    environment: Vec<CString>,
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
            args: args?,
            environment: environment?,
        })
    }

    /// Replaces this process; returns only if that fails.
    pub fn exec(&self) -> std::io::Error {
        let pointers = |strings: &[CString]| {
            strings
                .iter()
                .map(|text| text.as_ptr())
                .chain([std::ptr::null()])
                .collect::<Vec<_>>()
        };
        let (args, environment) = (pointers(&self.args), pointers(&self.environment));
        crate::signals::restore();
        // SAFETY: both lists end with a null pointer, and all strings outlive the call.
        unsafe { libc::execve(self.path.as_ptr(), args.as_ptr(), environment.as_ptr()) };
        std::io::Error::last_os_error()
    }

    /// The failure that an error of [`Program::exec`] means.
    pub fn failure(&self, error: &std::io::Error) -> Failure {
        let path = Path::new(OsStr::from_bytes(self.path.as_bytes()));
        let what = match error.raw_os_error() {
            Some(libc::ENOEXEC) => {
                "it is neither a program for this system nor a script that names its interpreter (`#!/bin/sh`)".into()
            }
            Some(libc::ENOENT) => "the interpreter or loader that it names does not exist here".into(),
            Some(libc::E2BIG) => "arguments and environment are too long together".into(),
            Some(libc::EACCES) if is_noexec(path) => no_execution(path),
            _ => "the system refused".to_owned(),
        };
        Failure::caused(Code::Execution, format!("cannot run {}: {what}", path.display()), error)
    }
}

fn c_string(bytes: Vec<u8>) -> Result<CString, Failure> {
    CString::new(bytes).map_err(|_| Failure::new(Code::Execution, "the command holds a zero byte"))
}

/// Whether programs cannot be run from the file system that holds `path`.
pub fn is_noexec(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|status| status.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
}

/// What to do about a cache directory from which nothing can be run.
pub fn no_execution(path: &Path) -> String {
    format!(
        "no program can be run from {}, whose file system is mounted `noexec`; set FLAVOR_CACHE_DIR to a directory on \
         another file system",
        path.display()
    )
}
