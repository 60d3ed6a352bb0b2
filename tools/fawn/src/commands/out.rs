//! `--out`: copies of outputs outside `buck-out`.

use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Copies the file or directory `from` to `to`: into `to` when that is a directory and `from` a file, else to exactly that
/// name. The copy appears complete.
///
/// # Errors
/// A link that leads out of the directory to nothing, or the operating system's.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let target = if from.is_file() && to.is_dir() {
        to.join(from.file_name().context("the output has no name")?)
    } else {
        to.to_owned()
    };
    if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    let told = || format!("cannot copy the output to {}", target.display());
    if target.is_dir() {
        // Files of an earlier copy are replaced one by one; foreign files in it stay.
        return directory(from, &target, &from.canonicalize().with_context(told)?).with_context(told);
    }
    if from.is_file() && !is_regular_or_absent(&target) {
        // A pipe or device cannot be replaced by a rename.
        return fs::copy(from, &target).map(drop).with_context(told);
    }
    let beside = target.with_file_name(format!(".fawn-out-{}", std::process::id()));
    let copied = if from.is_dir() {
        from.canonicalize()
            .map_err(Into::into)
            .and_then(|boundary| directory(from, &beside, &boundary))
    } else {
        fs::copy(from, &beside).map(drop).map_err(Into::into)
    };
    let done = copied.and_then(|()| Ok(fs::rename(&beside, &target)?));
    if done.is_err() {
        let _ = fs::remove_file(&beside).or_else(|_| fs::remove_dir_all(&beside));
    }
    done.with_context(told)
}

fn is_regular_or_absent(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |metadata| metadata.is_file())
}

fn directory(from: &Path, to: &Path, boundary: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    let mut entries = fs::read_dir(from)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            directory(&source, &target, boundary)?;
        } else if kind.is_symlink() {
            let _ = fs::remove_file(&target);
            std::os::unix::fs::symlink(link(&source, boundary)?, &target)?;
        } else {
            let _ = fs::remove_file(&target);
            fs::copy(&source, &target).with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}

/// A link inside stays as it is; one that leads out of the output must lead on to the same place, so it becomes absolute.
fn link(path: &Path, boundary: &Path) -> Result<PathBuf> {
    let written = fs::read_link(path)?;
    match path.canonicalize() {
        Ok(target) if !target.starts_with(boundary) => Ok(target),
        _ => Ok(written),
    }
}

/// Writes files to stdout, one after the other.
///
/// # Errors
/// A directory, or the operating system's.
pub fn stream(paths: &[PathBuf]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    for path in paths {
        ensure!(
            !path.is_dir(),
            "{} is a directory and cannot go to stdout; give --out a path",
            path.display()
        );
        let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        io::copy(&mut file, &mut stdout)?;
    }
    Ok(stdout.flush()?)
}

/// The single output of the single target that `--out` is about.
///
/// # Errors
/// None, or several.
pub fn single(outputs: &[(&str, Vec<PathBuf>)]) -> Result<PathBuf> {
    match outputs {
        [(_, paths)] if paths.len() == 1 => Ok(paths[0].clone()),
        [(target, paths)] => bail!(
            "{target} has {} outputs, but --out needs exactly one; name a sub-target",
            paths.len()
        ),
        _ => bail!("--out needs exactly one target, found {}", outputs.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn files_go_to_a_name_or_into_a_directory() {
        let world = tempfile::tempdir().unwrap();
        let from = world.path().join("made");
        fs::write(&from, "x").unwrap();
        copy(&from, &world.path().join("deep/name")).unwrap();
        assert_eq!(fs::read(world.path().join("deep/name")).unwrap(), b"x");
        copy(&from, &world.path().join("deep")).unwrap();
        assert_eq!(fs::read(world.path().join("deep/made")).unwrap(), b"x");
        assert_eq!(fs::read_dir(world.path().join("deep")).unwrap().count(), 2);
    }

    #[test]
    fn links_keep_their_meaning() {
        let world = tempfile::tempdir().unwrap();
        let root = world.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("made/sub")).unwrap();
        fs::write(root.join("outside"), "o").unwrap();
        fs::write(root.join("made/sub/f"), "f").unwrap();
        for (name, target) in [
            ("in", "sub/f"),
            ("out", "../outside"),
            ("dead", "nowhere"),
            ("abs", "/nowhere"),
        ] {
            symlink(target, root.join("made").join(name)).unwrap();
        }
        copy(&root.join("made"), &root.join("copy")).unwrap();
        let read = |name: &str| fs::read_link(root.join("copy").join(name)).unwrap();
        assert_eq!(read("in"), Path::new("sub/f"));
        assert_eq!(read("out"), root.join("outside"));
        assert_eq!(read("dead"), Path::new("nowhere"));
        assert_eq!(read("abs"), Path::new("/nowhere"));
    }

    #[test]
    fn one_output_is_needed() {
        let path = || PathBuf::from("p");
        assert!(single(&[("t", vec![path()])]).is_ok());
        let message = |outputs: &[(&str, Vec<PathBuf>)]| single(outputs).unwrap_err().to_string();
        assert_eq!(
            message(&[("t", vec![])]),
            "t has 0 outputs, but --out needs exactly one; name a sub-target"
        );
        assert_eq!(
            message(&[("t", vec![path()]), ("u", vec![])]),
            "--out needs exactly one target, found 2"
        );
    }
}
