//! Files that appear complete: written beside and renamed, so that a name never stands for half a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

/// A file in the making.
pub struct Output<'a> {
    path: &'a Path,
    beside: BufWriter<NamedTempFile>,
}

impl<'a> Output<'a> {
    /// Begins the file `path`.
    ///
    /// # Errors
    /// Its directory cannot be written.
    pub fn create(path: &'a Path) -> Result<Self> {
        let parent = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let beside = NamedTempFile::new_in(parent).with_context(|| format!("cannot write in {}", parent.display()))?;
        Ok(Self {
            path,
            beside: BufWriter::with_capacity(256 << 10, beside),
        })
    }

    /// Puts the file in place.
    ///
    /// # Errors
    /// What is left cannot be written, or the name is taken by a directory.
    pub fn finish(self) -> Result<()> {
        let context = || format!("cannot write {}", self.path.display());
        let beside = self
            .beside
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .with_context(context)?;
        // A temporary file is private; an output is for everybody.
        #[cfg(unix)]
        std::fs::set_permissions(beside.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .with_context(context)?;
        beside.persist(self.path).map(drop).with_context(context)
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.beside.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.beside.flush()
    }
}

/// Writes a text.
///
/// # Errors
/// It cannot be written.
pub fn text(path: &Path, text: &str) -> Result<()> {
    let mut output = Output::create(path)?;
    output
        .write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    output.finish()
}

/// Copies a file.
///
/// # Errors
/// It cannot be read or written.
pub fn copy(file: &Path, path: &Path) -> Result<()> {
    let mut source = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut output = Output::create(path)?;
    io::copy(&mut source, &mut output).with_context(|| format!("cannot copy {}", file.display()))?;
    output.finish()
}
