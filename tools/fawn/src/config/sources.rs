//! Which files make up the configuration of a cell.

use super::ConfigError;
use std::path::{Path, PathBuf};

/// All configuration files of a cell that exist, weakest first.
pub(super) fn files(cell: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let mut files = Vec::new();
    folder(Path::new("/etc/buckconfig.d"), &mut files)?;
    file(PathBuf::from("/etc/buckconfig"), &mut files);
    if let Some(home) = std::env::var_os("HOME").filter(|home| Path::new(home).is_absolute()) {
        let home = Path::new(&home);
        folder(&home.join(".buckconfig.d"), &mut files)?;
        file(home.join(".buckconfig.local"), &mut files);
    }
    folder(&cell.join(".buckconfig.d"), &mut files)?;
    file(cell.join(".buckconfig"), &mut files);
    file(cell.join(".buckconfig.local"), &mut files);
    Ok(files)
}

fn file(path: PathBuf, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path);
    }
}

/// Every file below a folder, by name; a missing folder holds none.
fn folder(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), ConfigError> {
    if !path.is_dir() {
        return Ok(());
    }
    for entry in walkdir::WalkDir::new(path).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| ConfigError::Read {
            path: path.to_owned(),
            source: error.into(),
        })?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(())
}
