//! Which files make up the configuration of a cell.

use super::ConfigError;
use std::path::{Path, PathBuf};

/// The configuration files of a cell.
#[derive(Default)]
pub(super) struct Sources {
    /// Those that exist, weakest first.
    pub(super) files: Vec<PathBuf>,
    /// Every path where one might be.
    pub(super) looked: Vec<PathBuf>,
}

impl Sources {
    /// Looks for the files of the cell in a directory.
    pub(super) fn find(cell: &Path) -> Result<Self, ConfigError> {
        let mut found = Self::default();
        found.folder(PathBuf::from("/etc/buckconfig.d"))?;
        found.file(PathBuf::from("/etc/buckconfig"));
        if let Some(home) = std::env::var_os("HOME").filter(|home| Path::new(home).is_absolute()) {
            let home = Path::new(&home);
            found.folder(home.join(".buckconfig.d"))?;
            found.file(home.join(".buckconfig.local"));
        }
        found.folder(cell.join(".buckconfig.d"))?;
        found.file(cell.join(".buckconfig"));
        found.file(cell.join(".buckconfig.local"));
        Ok(found)
    }

    fn file(&mut self, path: PathBuf) {
        self.looked.push(path.clone());
        if path.is_file() {
            self.files.push(path);
        }
    }

    /// Every file below a folder, by name; a missing folder holds none.
    fn folder(&mut self, path: PathBuf) -> Result<(), ConfigError> {
        if !path.is_dir() {
            self.looked.push(path);
            return Ok(());
        }
        for entry in walkdir::WalkDir::new(&path).follow_links(true).sort_by_file_name() {
            let entry = entry.map_err(|error| ConfigError::Read {
                path: path.clone(),
                source: error.into(),
            })?;
            self.looked.push(entry.path().to_owned());
            if entry.file_type().is_file() {
                self.files.push(entry.into_path());
            }
        }
        Ok(())
    }
}
