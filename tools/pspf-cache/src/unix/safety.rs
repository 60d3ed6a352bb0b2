use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

use crate::Flaw;
use crate::error::{CacheError, IoContext};

/// The user whose rights this process has.
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Checks owner and mode of every component of the absolute path `path`, links included, and returns the path
/// without links. Missing components end the walk: whoever creates them checks the path again.
///
/// A component must belong to root, to `user` or to the owner of `/`, and be writable by its owner alone, unless it is
/// sticky as `/tmp` is (then the next component is judged by its owner). A group that carries the user's own number is
/// the user's alone by long convention, so its write bit is accepted.
///
/// Whoever owns `/` can exchange everything below it. That is root, but for a user namespace that has no number for
/// root: there it is the number of all who have none, and the kernel does not tell them apart.
///
/// # Errors
/// [`CacheError::Unsafe`] names the component; [`CacheError::LinkLoop`] after 40 links.
pub fn check_path(path: &Path, user: u32) -> Result<PathBuf, CacheError> {
    let refuse = |component: &Path, flaw| {
        Err(CacheError::Unsafe {
            cache: path.to_owned(),
            component: component.to_owned(),
            flaw,
        })
    };
    let mut links = 0;
    let mut done = PathBuf::from("/");
    let owners = [0, user, fs::metadata(&done).context("look at", &done)?.uid()];
    let mut rest = parts(path);
    while let Some(part) = rest.pop() {
        if part == ".." {
            done.pop();
            continue;
        }
        let here = done.join(&part);
        let found = match fs::symlink_metadata(&here) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                done = here;
                done.extend(rest.iter().rev());
                return Ok(done);
            }
            Err(error) => return Err(error).context("look at", &here),
        };
        if !owners.contains(&found.uid()) {
            return refuse(
                &here,
                Flaw::Owner {
                    owner: found.uid(),
                    user,
                },
            );
        }
        if found.is_symlink() {
            links += 1;
            if links > 40 {
                return Err(CacheError::LinkLoop { path: path.to_owned() });
            }
            let target = fs::read_link(&here).context("read link", &here)?;
            if target.is_absolute() {
                done = PathBuf::from("/");
            }
            rest.extend(parts(&target));
            continue;
        }
        if !found.is_dir() {
            return refuse(&here, Flaw::NoDirectory);
        }
        let mode = found.mode() & 0o7777;
        let own_group = found.uid() == user && found.gid() == user;
        let foreign_write = mode & 0o002 != 0 || (mode & 0o020 != 0 && !own_group);
        if foreign_write && mode & 0o1000 == 0 {
            return refuse(&here, Flaw::Writable { mode });
        }
        done = here;
    }
    Ok(done)
}

/// The components of `path`, last first, without the root and without `.`.
fn parts(path: &Path) -> Vec<std::ffi::OsString> {
    let named = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    let mut parts: Vec<_> = path.components().filter_map(named).collect();
    parts.reverse();
    parts
}

/// Makes a directory and its parents, closed to everybody else.
pub fn make_private_path(path: &Path) -> Result<(), CacheError> {
    // The umask can only take bits away from 0700, and a cache without its owner's bits fails at once.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .context("create directory", path)
}

/// Checks that the directory itself belongs to `user` and is closed to others.
pub fn check_private(path: &Path, user: u32) -> Result<(), CacheError> {
    let refuse = |flaw| {
        Err(CacheError::Unsafe {
            cache: path.to_owned(),
            component: path.to_owned(),
            flaw,
        })
    };
    let found = fs::symlink_metadata(path).context("look at", path)?;
    if !found.is_dir() {
        return refuse(Flaw::NoDirectory);
    }
    if found.uid() != user {
        return refuse(Flaw::Owner {
            owner: found.uid(),
            user,
        });
    }
    let mode = found.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return refuse(Flaw::Open { mode });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::create_private_path;

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn world() -> (tempfile::TempDir, PathBuf) {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().canonicalize().unwrap();
        (world, path)
    }

    #[test]
    fn creates_every_missing_component_closed_to_others() {
        let (_world, path) = world();
        let made = create_private_path(&path.join("a/b/buckpack"), effective_user()).unwrap();
        for directory in [path.join("a"), path.join("a/b"), made] {
            assert_eq!(
                fs::metadata(&directory).unwrap().mode() & 0o7777,
                0o700,
                "{}",
                directory.display()
            );
        }
    }

    #[test]
    fn a_world_writable_component_is_refused() {
        let (_world, path) = world();
        fs::create_dir(path.join("shared")).unwrap();
        chmod(&path.join("shared"), 0o777);
        let error = create_private_path(&path.join("shared/buckpack"), effective_user()).unwrap_err();
        assert!(
            error.to_string().contains("shared can be written by others (mode 0777"),
            "{error}"
        );
        assert!(!path.join("shared/buckpack").exists());
    }

    #[test]
    fn a_sticky_component_is_accepted() {
        let (_world, path) = world();
        fs::create_dir(path.join("tmp")).unwrap();
        chmod(&path.join("tmp"), 0o1777);
        create_private_path(&path.join("tmp/buckpack"), effective_user()).unwrap();
    }

    #[test]
    fn a_cache_open_to_others_is_refused() {
        let (_world, path) = world();
        fs::create_dir(path.join("buckpack")).unwrap();
        chmod(&path.join("buckpack"), 0o755);
        let error = create_private_path(&path.join("buckpack"), effective_user()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("is open to others (mode 0755, expected 0700)"),
            "{error}"
        );
    }

    #[test]
    fn a_cache_of_another_user_is_refused() {
        let (_world, path) = world();
        fs::create_dir(path.join("buckpack")).unwrap();
        chmod(&path.join("buckpack"), 0o700);
        let stranger = effective_user() + 1;
        // Seen by a stranger the directories belong to somebody else (to root, where the tests run as root,
        // which is accepted above the cache and never for the cache itself).
        let error = create_private_path(&path.join("buckpack"), stranger).unwrap_err();
        assert!(error.to_string().contains(&format!("expected {stranger}")), "{error}");
    }

    #[test]
    fn links_are_followed_and_their_targets_judged() {
        let (_world, path) = world();
        fs::create_dir(path.join("open")).unwrap();
        chmod(&path.join("open"), 0o777);
        symlink("open", path.join("link")).unwrap();
        let error = check_path(&path.join("link/buckpack"), effective_user()).unwrap_err();
        assert!(error.to_string().contains("open can be written by others"), "{error}");
        chmod(&path.join("open"), 0o755);
        assert_eq!(
            check_path(&path.join("link/./x/../y"), effective_user()).unwrap(),
            path.join("open/x/../y")
        );
    }

    #[test]
    fn a_loop_of_links_ends() {
        let (_world, path) = world();
        symlink("b", path.join("a")).unwrap();
        symlink("a", path.join("b")).unwrap();
        assert!(matches!(
            check_path(&path.join("a"), effective_user()),
            Err(CacheError::LinkLoop { .. })
        ));
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let (_world, path) = world();
        fs::write(path.join("file"), "").unwrap();
        let error = create_private_path(&path.join("file/buckpack"), effective_user()).unwrap_err();
        assert!(error.to_string().contains("file is not a directory"), "{error}");
    }
}
