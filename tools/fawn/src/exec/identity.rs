//! What tells one state of the host's compilers from another, without starting any of them.
//!
//! An action whose category ends in `_identity` writes down what programs of the machine say of themselves, for whatever uses
//! them to take as an input. Its inputs do not change when the machine does, so its key holds this besides; every other
//! action sees the change in what the first one writes.

use super::environment;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The argument before the name of a program that is asked; without any it is `rustc`.
const PROGRAM: &str = "--program";

/// Whether an action of this category asks programs of the machine what they are.
pub fn asks(category: &str) -> bool {
    category.ends_with("_identity")
}

/// What an action of this category and command depends on besides its inputs: one line for each file that decides which
/// program answers. `caller` looks a variable of the environment up.
pub fn of(category: &str, argv: &[String], caller: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    if !asks(category) {
        return Vec::new();
    }
    let named = argv.windows(2).filter(|pair| pair[0] == PROGRAM);
    let mut programs: Vec<&str> = named.map(|pair| pair[1].as_str()).collect();
    if programs.is_empty() {
        programs.push("rustc");
    }
    let path = caller("PATH").unwrap_or_default();
    let mut files: Vec<PathBuf> = programs
        .iter()
        .filter_map(|program| environment::find_program(program, &path))
        .collect();
    if programs.contains(&"rustc") {
        files.extend(rustup(caller));
    }
    files.iter().filter_map(|file| line(file)).collect()
}

/// `rustc` on `PATH` may be the front of rustup: then rustup's settings and the installed toolchains decide.
fn rustup(caller: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let home = caller("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&caller("HOME")?).join(".rustup")));
    let Some(home) = home else { return Vec::new() };
    let toolchains = fs::read_dir(home.join("toolchains")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = toolchains.map(|entry| entry.path().join("bin/rustc")).collect();
    files.push(home.join("settings.toml"));
    files.sort();
    files
}

fn line(file: &Path) -> Option<String> {
    let real = file.canonicalize().ok()?;
    let found = fs::metadata(&real).ok()?;
    Some(format!(
        "{} {} {} {} {}.{}",
        file.display(),
        real.display(),
        found.size(),
        found.ino(),
        found.mtime(),
        found.mtime_nsec()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_compiler_shows() {
        let world = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            use std::os::unix::fs::PermissionsExt;
            let path = world.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
        };
        let at = |path: &str| Some(world.path().join(path).display().to_string());
        let caller = |name: &str| match name {
            "PATH" => at("bin"),
            "HOME" => at("home"),
            _ => None,
        };
        let rust = || of("rust_identity", &[], &caller);
        let mut states = vec![rust()];
        for (path, text) in [
            ("bin/rustc", "one"),
            ("bin/rustc", "other"),
            ("home/.rustup/settings.toml", "default"),
            ("home/.rustup/toolchains/stable/bin/rustc", "stable"),
            ("home/.rustup/toolchains/stable/bin/rustc", "updated"),
            ("home/.rustup/toolchains/nightly/bin/rustc", "nightly"),
        ] {
            write(path, text);
            let state = rust();
            assert!(!states.contains(&state), "{path} {text}");
            assert_eq!(state, rust());
            states.push(state);
        }
        assert_eq!(of("rust_driver", &[], &caller), [""; 0]);

        let host = || {
            of(
                "host_identity",
                &["t", PROGRAM, "cc", PROGRAM, "ld"].map(str::to_owned),
                &caller,
            )
        };
        assert_eq!(host(), [""; 0]);
        write("bin/ld", "one");
        let before = host();
        write("bin/ld", "other");
        assert_eq!((before.len(), host().len()), (1, 1));
        assert_ne!(before, host());
    }
}
