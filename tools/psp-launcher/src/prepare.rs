//! Directories that a package wants in its workenv (`workenv.directories`).

use std::path::Path;

use pspf_cache::IoContext;
use pspf_format::FileMode;
use pspf_format::metadata::WorkenvDirectory;

use crate::failure::{Code, Failure};
use crate::system;
use crate::target::Target;

/// Makes a directory that is this user's alone.
///
/// # Errors
/// What the system says.
pub fn private_directory(path: &Path) -> Result<(), Failure> {
    Ok(system::make_directory(path).context("create directory", path)?)
}

/// Makes the directories below `root`, which is empty or holds only what this function made. The mode is at most
/// 0777, and its owner can always use the directory; without one it is 0700.
///
/// # Errors
/// A path outside of the workenv (exit code 103), a mode that is none, a failed system call.
pub fn directories(root: &Path, wanted: &[WorkenvDirectory]) -> Result<(), Failure> {
    for directory in wanted {
        if matches!(directory.path.trim_end_matches('/'), "{workenv}" | "" | ".") && !directory.path.starts_with('/') {
            continue;
        }
        let refuse = |what: String| {
            Failure::new(
                Code::Extraction,
                format!("the package is refused: `workenv.directories`: {what}"),
            )
        };
        let target = Target::parse(&directory.path).map_err(refuse)?;
        let mode = directory.mode.as_deref().map_or(Ok(0o700), mode).map_err(refuse)?;
        let path = root.join(target.as_path());
        system::make_directories(&path).context("create directory", &path)?;
        system::set_directory_mode(&path, mode).context("set the mode of", &path)?;
    }
    Ok(())
}

/// The mode of a directory; set-id and sticky bits are for system directories and left out.
fn mode(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let plain = match digits.len() {
        5.. => digits.strip_prefix('0').unwrap_or(digits),
        _ => digits,
    };
    let low = plain.get(plain.len().saturating_sub(3)..).unwrap_or(plain);
    let bits = FileMode::parse(low).map_err(|error| error.to_string())?;
    if plain.len() > 4 || !plain.bytes().all(|digit| matches!(digit, b'0'..=b'7')) {
        return Err(format!("`mode` must be octal text, found `{}`", text.escape_debug()));
    }
    Ok(u32::from(bits.bits()) | 0o700)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn wanted(path: &str, mode: Option<&str>) -> Vec<WorkenvDirectory> {
        vec![WorkenvDirectory {
            path: path.into(),
            mode: mode.map(str::to_owned),
        }]
    }

    #[test]
    fn modes() {
        for (text, expected) in [
            (None, 0o700),
            (Some("0755"), 0o755),
            (Some("1777"), 0o777),
            (Some("0000"), 0o700),
            (Some("2750"), 0o750),
        ] {
            let world = tempfile::tempdir().unwrap();
            directories(world.path(), &wanted("{workenv}/a/b", text)).unwrap();
            assert_eq!(
                fs::metadata(world.path().join("a/b")).unwrap().mode() & 0o7777,
                expected,
                "{text:?}"
            );
            assert_eq!(fs::metadata(world.path().join("a")).unwrap().mode() & 0o7777, 0o700);
        }
        let world = tempfile::tempdir().unwrap();
        assert!(directories(world.path(), &wanted("a", Some("rwx"))).is_err());
        assert!(directories(world.path(), &wanted("a", Some("9755"))).is_err());
    }

    #[test]
    fn no_directory_is_made_outside_of_the_workenv() {
        let world = tempfile::tempdir().unwrap();
        let root = world.path().join("workenv");
        fs::create_dir(&root).unwrap();
        for path in ["../d", "/abs/d", "{workenv}/../d", "a/../../d", "/"] {
            let failure = directories(&root, &wanted(path, Some("0777"))).unwrap_err();
            assert_eq!(failure.code, Code::Extraction, "{path}");
        }
        assert_eq!(fs::read_dir(world.path()).unwrap().count(), 1);
        directories(&root, &wanted("{workenv}", None)).unwrap();
    }
}
