use std::path::{Path, PathBuf};

/// The program of an engine, in order of preference.
pub fn find(named: Option<&Path>) -> Option<PathBuf> {
    if let Some(named) = named {
        return Some(named.to_owned());
    }
    if let Some(started_us) = std::env::var_os("FAWN").filter(|value| !value.is_empty()) {
        return Some(PathBuf::from(started_us));
    }
    which::which("buck2")
        .ok()
        .or_else(|| upward(&std::env::current_dir().ok()?))
}

/// A program `fawn` in this folder or one above it.
fn upward(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .map(|folder| folder.join("fawn"))
        .find(|program| which::which(program).is_ok())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn upward_finds_programs_only() {
        let world = tempfile::tempdir().unwrap();
        let below = world.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        fs::write(world.path().join("a/fawn"), "no program").unwrap();
        fs::write(world.path().join("fawn"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(world.path().join("fawn"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(upward(&below), Some(world.path().join("fawn")));
        assert_eq!(find(Some(Path::new("named"))), Some("named".into()));
    }
}
