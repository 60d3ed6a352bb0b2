use std::fs;
use std::io;
use std::path::Path;

/// Lets the tree be removed: takes the attribute "read-only" off everything in it.
pub fn open_up(top: &Path) -> io::Result<()> {
    // A list instead of recursion: a tree may be deeper than the stack.
    let mut waiting = vec![top.to_owned()];
    while let Some(path) = waiting.pop() {
        let found = fs::symlink_metadata(&path)?;
        if found.is_symlink() {
            continue;
        }
        let mut permissions = found.permissions();
        if permissions.readonly() {
            #[allow(
                clippy::permissions_set_readonly_false,
                reason = "it is one attribute on this system"
            )]
            permissions.set_readonly(false);
            fs::set_permissions(&path, permissions)?;
        }
        if found.is_dir() {
            for child in fs::read_dir(&path)? {
                waiting.push(child?.path());
            }
        }
    }
    Ok(())
}
