//! The package that this launcher begins: its own file, opened once.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::failure::{Code, Failure};
use crate::system;

/// The launcher's own file. Everything is read through this one descriptor, so that what was checked is what is used
/// even while somebody replaces the file.
#[derive(Debug)]
pub struct Own {
    /// The open file.
    pub file: File,
    /// Its path without links.
    pub path: PathBuf,
    /// The arguments, the name it was called by first.
    pub args: Vec<OsString>,
}

impl Own {
    /// Opens the running program.
    ///
    /// # Errors
    /// A program that cannot find or read itself.
    pub fn open(args: Vec<OsString>) -> Result<Self, Failure> {
        let path = std::env::current_exe();
        let file = match system::own_file() {
            Some(file) => Ok(file),
            None => path.as_ref().map_err(copy).and_then(File::open),
        };
        let path = path.unwrap_or_else(|_| args.first().map(PathBuf::from).unwrap_or_default());
        match file {
            Ok(file) => Ok(Own { file, path, args }),
            Err(error) => {
                let what = format!("cannot read the package {}; may this user read it?", path.display());
                Err(Failure::caused(Code::Io, what, &error))
            }
        }
    }

    /// The last part of the name it was called by, so that links with other names reach the program.
    pub fn name(&self) -> &OsStr {
        let called = self.args.first().map(Path::new).and_then(Path::file_name);
        called.or_else(|| self.path.file_name()).unwrap_or_default()
    }

    /// The arguments that are the program's.
    pub fn program_args(&self) -> &[OsString] {
        self.args.get(1..).unwrap_or_default()
    }
}

fn copy(error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(error.kind(), error.to_string())
}
