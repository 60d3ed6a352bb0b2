//! Patches: unified differences, applied exactly or not at all.
//!
//! No line may differ and no hunk may stand elsewhere than it says: a patch that fits somehow is one that nobody has read
//! against these sources. Renames, copies and binary changes are refused.

mod hunk;
mod parse;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use parse::{Change, parse};

/// Applies a patch to the tree in `dir`; names in the patch have one leading folder, as `a/` and `b/`.
///
/// # Errors
/// What is wrong with the patch or does not fit, by file and line; files that came earlier in the patch are changed then.
pub fn apply(patch: &[u8], dir: &Path) -> Result<()> {
    for file in parse(patch)? {
        let path = dir.join(file.name.as_path());
        let name = file.name.as_path().display();
        // A link in the sources may point anywhere.
        let through = file
            .name
            .as_path()
            .ancestors()
            .filter(|part| !part.as_os_str().is_empty());
        if let Some(link) = through.map(|part| dir.join(part)).find(|part| part.is_symlink()) {
            bail!("{name}: expected a file, found the link {}", link.display());
        }
        let before = match file.change {
            Change::Create { .. } if path.exists() => bail!("{name}: expected no such file, found one"),
            Change::Create { .. } => Vec::new(),
            Change::Edit | Change::Delete => fs::read(&path).with_context(|| format!("{name}: cannot read it"))?,
        };
        let after = hunk::apply(&before, &file.hunks).with_context(|| format!("{name}"))?;
        match file.change {
            Change::Delete if after.is_empty() => fs::remove_file(&path),
            Change::Delete => bail!("{name}: expected nothing to be left of it, found {} bytes", after.len()),
            Change::Edit => fs::write(&path, after),
            Change::Create { executable } => create(&path, &after, executable),
        }
        .with_context(|| format!("{name}: cannot write it"))?;
    }
    Ok(())
}

fn create(path: &Path, bytes: &[u8], executable: bool) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)?;
    let mode = if executable { 0o755 } else { 0o644 };
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
