use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::source::{PackError, Planned, PlannedKind, SymlinkRule};
use crate::RelativePath;

/// Directory entries for a prefix, outermost first.
pub(super) fn parents(prefix: &RelativePath) -> Vec<Planned> {
    let mut name = PathBuf::new();
    let directory = |part| {
        name.push(part);
        Planned {
            name: name.clone(),
            kind: PlannedKind::Directory,
        }
    };
    prefix.as_path().iter().map(directory).collect()
}

/// The directory part of a name.
pub(super) fn parent(name: &RelativePath) -> Result<RelativePath, PackError> {
    let parent = name.as_path().parent().unwrap_or(Path::new(""));
    Ok(RelativePath::from_bytes(parent.as_os_str().as_encoded_bytes())?)
}

/// Plans one regular file; a symlink to one counts as the file.
pub(super) fn plan_file(path: &Path, name: &Path) -> Result<Planned, PackError> {
    let found = fs::metadata(path).map_err(PackError::file("read", path))?;
    if !found.is_file() {
        return Err(PackError::Kind { path: path.to_owned() });
    }
    let kind = PlannedKind::File {
        path: path.to_owned(),
        size: found.len(),
        executable: is_executable(&found, path),
    };
    Ok(Planned {
        name: name.to_owned(),
        kind,
    })
}

/// Plans everything below `root`, sorted by name.
pub(super) fn collect(
    root: &Path,
    prefix: &Path,
    symlinks: SymlinkRule,
    entries: &mut Vec<Planned>,
) -> Result<(), PackError> {
    let root = fs::canonicalize(root).map_err(PackError::file("find", root))?;
    let mut walk = Walk {
        root: &root,
        symlinks,
        entries,
        open: vec![root.clone()],
    };
    walk.directory(&root, prefix)
}

struct Walk<'a> {
    /// The tree, without any symlink in its path.
    root: &'a Path,
    symlinks: SymlinkRule,
    entries: &'a mut Vec<Planned>,
    /// Directories being visited, without any symlink in their paths: a link back to one is a circle.
    open: Vec<PathBuf>,
}

impl Walk<'_> {
    fn directory(&mut self, path: &Path, name: &Path) -> Result<(), PackError> {
        let mut names = fs::read_dir(path)
            .and_then(|list| {
                list.map(|item| item.map(|item| item.file_name()))
                    .collect::<Result<Vec<_>, _>>()
            })
            .map_err(PackError::file("list", path))?;
        names.sort_by(|a, b| a.as_encoded_bytes().cmp(b.as_encoded_bytes()));
        names
            .into_iter()
            .try_for_each(|item| self.visit(&path.join(&item), &name.join(&item)))
    }

    fn visit(&mut self, path: &Path, name: &Path) -> Result<(), PackError> {
        let found = fs::symlink_metadata(path).map_err(PackError::file("look at", path))?;
        if found.is_symlink() {
            return match self.symlinks {
                SymlinkRule::Keep => self.keep_link(path, name),
                SymlinkRule::Follow => self.follow_link(path, name),
            };
        }
        self.plain(path, name, &found)
    }

    fn plain(&mut self, path: &Path, name: &Path, found: &Metadata) -> Result<(), PackError> {
        if found.is_dir() {
            self.entries.push(Planned {
                name: name.to_owned(),
                kind: PlannedKind::Directory,
            });
            return self.directory(path, name);
        }
        if !found.is_file() {
            return Err(PackError::Kind { path: path.to_owned() });
        }
        self.entries.push(plan_file(path, name)?);
        Ok(())
    }

    fn follow_link(&mut self, path: &Path, name: &Path) -> Result<(), PackError> {
        let Some(target) = fs::canonicalize(path)
            .ok()
            .filter(|target| target.starts_with(self.root))
        else {
            return Err(self.link_error(path));
        };
        if self.open.iter().any(|open| open.starts_with(&target)) {
            return Err(self.link_error(path));
        }
        let found = fs::metadata(&target).map_err(PackError::file("look at", &target))?;
        self.open.push(target.clone());
        self.plain(&target, name, &found)?;
        self.open.pop();
        Ok(())
    }

    /// Keeps a link that says itself, component by component, that it stays inside: what the reading
    /// half accepts.
    fn keep_link(&mut self, path: &Path, name: &Path) -> Result<(), PackError> {
        let target = fs::read_link(path).map_err(PackError::file("read the link", path))?;
        let link = RelativePath::from_bytes(name.as_os_str().as_encoded_bytes())?;
        if !crate::walk::stays_inside(target.as_os_str().as_encoded_bytes(), &link) {
            return Err(self.link_error(path));
        }
        self.entries.push(Planned {
            name: name.to_owned(),
            kind: PlannedKind::Symlink { target },
        });
        Ok(())
    }

    fn link_error(&self, path: &Path) -> PackError {
        let target = fs::read_link(path).map_or_else(|_| "nothing".into(), |target| target.display().to_string());
        PackError::Link {
            path: path.to_owned(),
            target,
            root: self.root.to_owned(),
        }
    }
}

#[cfg(unix)]
fn is_executable(found: &Metadata, _: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    found.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata, path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("exe"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::{Limits, Symlinks, TarSource, unpack};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn world() -> tempfile::TempDir {
        let world = tempfile::tempdir().unwrap();
        fs::create_dir_all(world.path().join("t/bin")).unwrap();
        fs::write(world.path().join("t/bin/run"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(world.path().join("t/bin/run"), fs::Permissions::from_mode(0o4700)).unwrap();
        fs::write(world.path().join("t/a-file"), "a").unwrap();
        world
    }

    fn pack(world: &Path, symlinks: SymlinkRule) -> Result<Vec<u8>, String> {
        let source = TarSource::directory(&world.join("t"), &RelativePath::parse("").unwrap(), symlinks);
        let mut bytes = Vec::new();
        let source = source.map_err(|error| error.to_string().replace(world.to_str().unwrap(), "WORLD"))?;
        source.write(&mut bytes).unwrap();
        Ok(bytes)
    }

    #[test]
    fn same_bytes_whatever_order_mode_and_time() {
        let (one, two) = (world(), world());
        fs::set_permissions(two.path().join("t/a-file"), fs::Permissions::from_mode(0o666)).unwrap();
        fs::rename(two.path().join("t/a-file"), two.path().join("t/b")).unwrap();
        fs::rename(two.path().join("t/b"), two.path().join("t/a-file")).unwrap();
        assert_eq!(
            pack(one.path(), SymlinkRule::Follow),
            pack(two.path(), SymlinkRule::Follow)
        );
    }

    #[test]
    fn what_is_packed_unpacks() {
        let world = world();
        symlink("bin", world.path().join("t/sbin")).unwrap();
        let limits = Limits {
            bytes: 1000,
            entries: 10,
            symlinks: Symlinks::InsideTree,
        };
        for (rule, entries) in [(SymlinkRule::Follow, 5), (SymlinkRule::Keep, 4)] {
            let out = tempfile::tempdir().unwrap();
            let done = unpack(&pack(world.path(), rule).unwrap()[..], out.path(), &limits).unwrap();
            assert_eq!(done.entries, entries);
            assert_eq!(fs::read_to_string(out.path().join("sbin/run")).unwrap(), "#!/bin/sh\n");
            let mode = fs::metadata(out.path().join("bin/run")).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o755);
        }
    }

    #[test]
    fn links_to_outside_and_circles_are_refused() {
        for (target, rules) in [
            ("/etc", &[SymlinkRule::Follow, SymlinkRule::Keep][..]),
            ("../../outside", &[SymlinkRule::Follow, SymlinkRule::Keep]),
            ("missing", &[SymlinkRule::Follow]),
            ("../bin", &[SymlinkRule::Follow]),
            (".", &[SymlinkRule::Follow]),
        ] {
            let world = world();
            fs::create_dir(world.path().join("outside")).unwrap();
            symlink(target, world.path().join("t/bin/link")).unwrap();
            for rule in rules {
                assert_eq!(
                    pack(world.path(), *rule),
                    Err(format!(
                        "symlink WORLD/t/bin/link leads to {target}: expected a target inside WORLD/t"
                    ))
                );
            }
        }
    }

    #[test]
    fn empty_directories_and_prefixes() {
        let world = tempfile::tempdir().unwrap();
        let names = |prefix: &str| -> Vec<String> {
            let prefix = RelativePath::parse(prefix).unwrap();
            let source = TarSource::directory(world.path(), &prefix, SymlinkRule::Follow).unwrap();
            source.names().map(|name| name.display().to_string()).collect()
        };
        assert_eq!(names(""), ["."]);
        assert_eq!(names("share/data"), ["share", "share/data"]);
    }

    #[test]
    fn special_files_are_refused() {
        let world = world();
        let _socket = std::os::unix::net::UnixListener::bind(world.path().join("t/socket")).unwrap();
        assert_eq!(
            pack(world.path(), SymlinkRule::Follow),
            Err("cannot pack WORLD/t/socket: expected a file, directory or symlink".into())
        );
    }
}
