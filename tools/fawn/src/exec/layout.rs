//! Where fawn keeps what, below `buck-out/fawn`.

use std::path::{Path, PathBuf};

/// The folder of everything below the project root, as actions see it.
pub const OUT: &str = "buck-out/fawn";

/// The places below one project root.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    out: PathBuf,
}

impl Layout {
    /// The layout of the project at the absolute path `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            out: root.join(OUT),
        }
    }

    /// The project root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everything of fawn.
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// Contents by digest, and results by key.
    pub fn cache(&self) -> PathBuf {
        self.out.join("cache")
    }

    /// What fawn remembers about files between commands.
    pub fn state(&self) -> PathBuf {
        self.out.join("state")
    }

    /// Which outputs stand where.
    pub fn outputs(&self) -> PathBuf {
        self.state().join("outputs")
    }

    /// What builds came of that found nothing to do.
    pub fn unchanged(&self) -> PathBuf {
        self.state().join("unchanged")
    }

    /// Directories that actions run in; none survives its command.
    pub fn sandboxes(&self) -> PathBuf {
        self.out.join("sandbox")
    }

    /// Directories of failed actions, kept to try again by hand.
    pub fn failed(&self) -> PathBuf {
        self.out.join("failed")
    }

    /// What earlier commands ran.
    pub fn logs(&self) -> PathBuf {
        self.out.join("log")
    }

    /// Held while a command changes anything here.
    pub fn lock(&self) -> PathBuf {
        self.out.join("lock")
    }
}
