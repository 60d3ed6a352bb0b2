//! Removes everything that fawn made in a project.

use super::layout::Layout;
use super::{files, lock};
use anyhow::{Context, Result};
use std::path::Path;

/// What stays: the lock is held right now, and the engine may be what is running.
const STAYS: [&str; 2] = ["lock", "engine"];

/// Takes the lock of the project at `root` and removes outputs, cache, state and logs.
///
/// # Errors
/// The operating system's.
pub fn wipe(root: &Path, waiting: &mut dyn FnMut(&str)) -> Result<()> {
    let layout = Layout::new(root);
    if !layout.out().exists() {
        return Ok(());
    }
    let _lock = lock::take(
        &layout.lock(),
        &format!("process {}: clean", std::process::id()),
        waiting,
    )?;
    for entry in std::fs::read_dir(layout.out()).with_context(|| format!("cannot list {}", layout.out().display()))? {
        let entry = entry?;
        if !STAYS.iter().any(|name| entry.file_name() == *name) {
            files::remove(&entry.path())?;
        }
    }
    Ok(())
}
