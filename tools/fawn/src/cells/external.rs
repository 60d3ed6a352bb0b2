//! Cells whose files come from a git repository.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// Where checked-out cells go, from the project root.
const FOLDER: &str = "buck-out/fawn/external_cells/git";

/// Checks out the commit that `[external_cell_<name>]` pins, unless it is there, and gives its project path.
pub(super) fn git_cell(root: &Path, name: &str, config: &Config) -> Result<String> {
    let section = format!("external_cell_{name}");
    let setting = |key: &str| {
        let value = config.get(&section, key);
        value.with_context(|| format!("`[{section}] {key}` is missing; the git cell `{name}` needs it"))
    };
    let origin = setting("git_origin")?;
    let commit = setting("commit_hash")?;
    if commit.len() != 40 || !commit.bytes().all(|b| b.is_ascii_hexdigit()) {
        bail!("`[{section}] commit_hash` must be 40 hex digits, found `{commit}`");
    }
    let path = format!("{FOLDER}/{commit}");
    let place = root.join(&path);
    if !place.is_dir() {
        check_out(root, origin, commit, &place)
            .with_context(|| format!("cannot check out the cell `{name}` at {commit} from {origin}"))?;
    }
    Ok(path)
}

fn check_out(root: &Path, origin: &str, commit: &str, place: &Path) -> Result<()> {
    let parent = root.join(FOLDER);
    std::fs::create_dir_all(&parent)?;
    let work = tempfile::Builder::new().prefix(".clone-").tempdir_in(&parent)?;
    let folder = work.path();
    git(folder, &["init", "--quiet"])?;
    // A server may refuse a bare commit; then everything it has is fetched.
    if git(folder, &["fetch", "--quiet", "--depth=1", origin, commit]).is_err() {
        git(folder, &["fetch", "--quiet", origin, "+refs/*:refs/remotes/origin/*"])?;
    }
    git(folder, &["checkout", "--quiet", "--detach", commit])?;
    std::fs::remove_dir_all(folder.join(".git"))?;
    let folder = work.keep();
    match std::fs::rename(&folder, place) {
        Ok(()) => Ok(()),
        Err(_) if place.is_dir() => Ok(std::fs::remove_dir_all(&folder)?), // Another fawn was faster.
        Err(error) => Err(error.into()),
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("git");
    // Without these, a git hook that runs fawn would make git work on the outer repository.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(variable);
    }
    let output = command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .context("cannot start `git`; install it or check the cell out by hand and set its origin to `disabled`")?;
    if !output.status.success() {
        bail!(
            "git {}: {}",
            arguments[0],
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}
