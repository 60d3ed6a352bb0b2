use std::fs;
use std::path::Path;
use std::sync::Arc;

use digest::Sha256;

use crate::Error;
use crate::frame::LauncherFacts;

/// The program that begins a package. Its bytes are embedded and never run by the builder.
#[derive(Clone, Debug)]
pub struct Launcher {
    bytes: Arc<[u8]>,
}

impl Launcher {
    /// Takes a launcher from memory.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into().into(),
        }
    }

    /// Reads a launcher. Many packages can share one.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        Ok(Self::from_bytes(
            fs::read(path).map_err(Error::file("read the launcher", path))?,
        ))
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn facts(&self) -> LauncherFacts {
        LauncherFacts {
            size: self.bytes.len() as u64,
            digest: Sha256::of(&self.bytes),
        }
    }
}
