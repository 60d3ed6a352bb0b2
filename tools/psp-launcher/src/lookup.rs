//! Finding the program that a command names.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::failure::{Code, Failure};
use crate::system;

/// Finds `program`: an absolute path is that file and nothing else; a bare name is looked for in the directories of
/// `path`, the program's own `PATH`, which begins with the workenv's `bin`.
///
/// A missing file of the package is never replaced by one of the host that has the same name.
///
/// # Errors
/// A program that is not there, or cannot be executed.
pub fn find(program: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, Failure> {
    let file = Path::new(program);
    if file.is_absolute() {
        return system::program_at(file)
            .map_err(|what| Failure::new(Code::Io, format!("cannot run {}: {what}", file.display())));
    }
    if system::has_directory(program) {
        let what = "is a relative path, expected an absolute one, one below {workenv} or a bare name";
        return Err(Failure::new(
            Code::Io,
            format!("the command's program {} {what}", file.display()),
        ));
    }
    let path = path.unwrap_or_default();
    let directories = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    let mut found = directories.map(|directory| system::program_at(&directory.join(file)));
    found.find_map(Result::ok).ok_or_else(|| {
        let (file, path) = (file.display(), path.display());
        Failure::new(Code::Io, format!("cannot find the program `{file}` in PATH ({path})"))
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program(path: &Path, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_missing_packaged_program_is_not_replaced_by_the_hosts() {
        let error = find(OsStr::new("/nonexistent/bin/sh"), Some(OsStr::new("/bin:/usr/bin"))).unwrap_err();
        assert_eq!(error.code, Code::Io);
        assert_eq!(
            error.to_string(),
            "cannot run /nonexistent/bin/sh: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn bare_names_are_found_in_order() {
        let world = tempfile::tempdir().unwrap();
        program(&world.path().join("a/tool"), 0o644);
        program(&world.path().join("b/tool"), 0o755);
        program(&world.path().join("c/tool"), 0o755);
        fs::create_dir_all(world.path().join("d/tool")).unwrap();
        let path = ["d", "a", "b", "c"]
            .map(|name| world.path().join(name).display().to_string())
            .join(":");
        assert_eq!(
            find(OsStr::new("tool"), Some(OsStr::new(&path))).unwrap(),
            world.path().join("b/tool")
        );
        assert!(find(OsStr::new("other"), Some(OsStr::new(&path))).is_err());
        assert!(find(OsStr::new("tool"), None).is_err());
    }

    #[test]
    fn the_current_directory_is_never_searched() {
        for path in ["", ":", ".:", "relative"] {
            assert!(
                find(OsStr::new("Cargo.toml"), Some(OsStr::new(path))).is_err(),
                "{path}"
            );
        }
        assert!(find(OsStr::new("./Cargo.toml"), None).is_err());
    }

    #[test]
    fn a_file_without_execute_permission_is_named() {
        let world = tempfile::tempdir().unwrap();
        let file = world.path().join("tool");
        program(&file, 0o644);
        let error = find(file.as_os_str(), None).unwrap_err().to_string();
        assert!(error.contains("may not execute it"), "{error}");
    }
}
