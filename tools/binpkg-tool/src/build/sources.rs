//! The source directory: archives unpacked, files and trees copied, patches applied.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use archive::RelativePath;
use binpkg::recipe::{Recipe, Source};

use super::inputs::Inputs;
use super::patch;
use crate::unpack;

/// Makes the directory; later sources lie over earlier ones.
///
/// # Errors
/// A source that cannot be unpacked, a destination outside, a patch that does not fit.
pub fn prepare(recipe: &Recipe, inputs: &Inputs, dir: &Path) -> Result<()> {
    std::fs::create_dir(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    for (source, path) in recipe.sources.iter().zip(&inputs.sources) {
        place(source, path, dir).with_context(|| format!("cannot use the source {}", path.display()))?;
    }
    for file in &inputs.patches {
        let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        patch::apply(&text, dir).with_context(|| format!("the patch {} does not apply", file.display()))?;
    }
    // One time for all: whatever is made from another file here is neither older nor newer than it, so nothing is made again.
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(recipe.source_date_epoch()?);
    set_times(dir, time)
}

fn set_times(dir: &Path, time: SystemTime) -> Result<()> {
    let context = || format!("cannot set the times in {}", dir.display());
    for entry in std::fs::read_dir(dir).with_context(context)? {
        let entry = entry.with_context(context)?;
        let kind = entry.file_type().with_context(context)?;
        if kind.is_dir() {
            set_times(&entry.path(), time)?;
        } else if kind.is_file() {
            File::open(entry.path())
                .and_then(|file| file.set_modified(time))
                .with_context(context)?;
        }
    }
    Ok(())
}

fn place(source: &Source, path: &Path, dir: &Path) -> Result<()> {
    let dest = destination(&source.dest, dir)?;
    let strip = source.strip as usize;
    if path.is_dir() {
        ensure!(strip == 0, "`strip` is {strip}, but it is a directory; expected 0");
        return copy_tree(path, &dest);
    }
    if unpack::is_archive(path)? {
        let staging = tempfile::tempdir_in(dir.parent().unwrap_or(dir)).context("cannot write beside the sources")?;
        let tree = unpack::unpacked(path, strip, staging.path())?;
        return move_tree(&tree, &dest);
    }
    ensure!(strip == 0, "`strip` is {strip}, but it is no archive; expected 0");
    // A plain file goes to its destination, which must name it: the recipe does not know what the file is called here.
    ensure!(
        !source.dest.is_empty(),
        "it is no archive, and `dest` is empty; expected the path that it should have among the sources"
    );
    parent(&dest)?;
    copy_file(path, &dest)
}

fn destination(dest: &str, dir: &Path) -> Result<PathBuf> {
    if dest.is_empty() {
        return Ok(dir.to_owned());
    }
    let relative = RelativePath::parse(dest).with_context(|| format!("`dest` is `{}`", dest.escape_debug()))?;
    Ok(dir.join(relative.as_path()))
}

fn parent(path: &Path) -> Result<()> {
    let parent = path.parent().context("a destination without a parent")?;
    std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))
}

/// Copies bytes and the executable bit.
fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let context = || format!("cannot copy {} to {}", from.display(), to.display());
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(context),
        _ => {}
    }
    std::fs::copy(from, to).with_context(context)?;
    let executable = is_executable(from).with_context(context)?;
    let mode = if executable { 0o755 } else { 0o644 };
    std::fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(mode)).with_context(context)
}

fn is_executable(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(path.metadata()?.permissions().mode() & 0o111 != 0)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    over(from, to, &|from, to| {
        if from.is_symlink() {
            let target = std::fs::read_link(from)?;
            return std::os::unix::fs::symlink(target, to)
                .with_context(|| format!("cannot write the link {}", to.display()));
        }
        copy_file(from, to)
    })
}

fn move_tree(from: &Path, to: &Path) -> Result<()> {
    over(from, to, &|from, to| {
        std::fs::rename(from, to).with_context(|| format!("cannot write {}", to.display()))
    })
}

/// Lays a tree over another: directories are joined, other entries put in place of what was there.
fn over(from: &Path, to: &Path, put: &dyn Fn(&Path, &Path) -> Result<()>) -> Result<()> {
    // An earlier source must not lead a later one out of the directory.
    if to.is_symlink() {
        std::fs::remove_file(to).with_context(|| format!("cannot replace the link {}", to.display()))?;
    }
    std::fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    let context = || format!("cannot list {}", from.display());
    for entry in std::fs::read_dir(from).with_context(context)? {
        let entry = entry.with_context(context)?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let folder = entry.file_type().with_context(context)?.is_dir();
        if folder {
            over(&from, &to, put)?;
            continue;
        }
        if to.is_symlink() || to.is_file() {
            std::fs::remove_file(&to).with_context(|| format!("cannot replace {}", to.display()))?;
        }
        put(&from, &to)?;
    }
    Ok(())
}
