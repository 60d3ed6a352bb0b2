use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Lets the tree be removed: gives the owner all rights to every directory of the tree, parents first.
pub fn open_up(top: &Path) -> io::Result<()> {
    // A list instead of recursion: a tree may be deeper than the stack.
    let mut waiting = vec![top.to_owned()];
    while let Some(directory) = waiting.pop() {
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700))?;
        for child in fs::read_dir(&directory)? {
            let child = child?;
            if child.file_type()?.is_dir() {
                waiting.push(child.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remove_tree;

    #[test]
    fn closed_directories_and_links_go_and_what_they_point_to_stays() {
        let world = tempfile::tempdir().unwrap();
        let (kept, top) = (world.path().join("kept"), world.path().join("top"));
        fs::create_dir_all(top.join("closed/inner")).unwrap();
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("file"), "").unwrap();
        std::os::unix::fs::symlink(&kept, top.join("closed/link")).unwrap();
        fs::set_permissions(top.join("closed"), fs::Permissions::from_mode(0o500)).unwrap();
        remove_tree(&top).unwrap();
        assert!(!top.exists());
        assert!(kept.join("file").exists());
        remove_tree(&top).unwrap();
    }
}
