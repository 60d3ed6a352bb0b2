//! Zip archives, such as Python's wheels.
//!
//! The archive may come from anyone: a name that leads elsewhere, a second entry of a name, anything but files and folders,
//! encryption and more than the limits are refused, as with tar. Of a mode only the executable bit counts.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use archive::{Limits, RelativePath};
use zip::ZipArchive;
use zip::read::ZipFile;

/// How a zip archive begins.
pub const MAGIC: &[u8] = b"PK\x03\x04";

/// The kind of file in a Unix mode; a writer of another system leaves it 0.
const KIND: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const FILE: u32 = 0o100_000;

/// Unpacks below `tree`, an empty directory.
///
/// # Errors
/// An archive that is damaged or does what is listed above; files that cannot be written.
pub fn unpack(input: impl Read + Seek, tree: &Path, limits: Limits) -> Result<()> {
    let mut archive = ZipArchive::new(input).context("not a readable zip archive")?;
    ensure!(
        archive.len() as u64 <= limits.entries,
        "expected at most {} entries, found {}",
        limits.entries,
        archive.len()
    );
    let mut left = limits.bytes;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).context("not a readable zip archive")?;
        let name = String::from_utf8_lossy(entry.name_raw()).escape_debug().to_string();
        left = place(&mut entry, tree, left).with_context(|| format!("refused archive entry `{name}`"))?;
    }
    Ok(())
}

/// Puts one entry into its place; returns how many of the allowed bytes are left.
fn place(entry: &mut ZipFile<'_, impl Read>, tree: &Path, left: u64) -> Result<u64> {
    let path = RelativePath::from_bytes(entry.name_raw())?;
    ensure!(
        !entry.name_raw().contains(&b'\\'),
        "expected a name without backslashes"
    );
    ensure!(!path.is_empty(), "expected a name");
    let place = tree.join(path.as_path());
    let mode = entry.unix_mode().unwrap_or(0);
    match mode & KIND {
        0 | DIRECTORY if entry.is_dir() => {
            std::fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
            return Ok(left);
        }
        0 | FILE if !entry.is_dir() => {}
        _ => bail!("expected a file or a folder, found mode {mode:o}"),
    }
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    let mut file =
        create_new(&place, mode & 0o111 != 0).with_context(|| format!("cannot create {}", place.display()))?;
    // The size in the header is what its author says; what comes out counts.
    let written = io::copy(&mut entry.take(left.saturating_add(1)), &mut file).context("the archive is damaged")?;
    left.checked_sub(written)
        .context("expected fewer bytes in the archive, found more than any program has")
}

#[cfg(unix)]
fn create_new(path: &Path, executable: bool) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let mode = if executable { 0o755 } else { 0o644 };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    // Whatever the umask is.
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    Ok(file)
}

#[cfg(not(unix))]
fn create_new(path: &Path, _: bool) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use archive::Symlinks;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const LIMITS: Limits = Limits {
        bytes: 1000,
        entries: 4,
        symlinks: Symlinks::Refuse,
    };

    /// Names, modes and contents; a name that ends with a slash is a folder.
    fn zip(entries: &[(&str, u32, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, mode, content) in entries {
            writer
                .start_file(*name, SimpleFileOptions::default().unix_permissions(*mode))
                .unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn try_unpack(bytes: &[u8]) -> (tempfile::TempDir, Result<(), String>) {
        let world = tempfile::tempdir().unwrap();
        let tree = world.path().join("tree");
        std::fs::create_dir(&tree).unwrap();
        let outcome = unpack(Cursor::new(bytes), &tree, LIMITS).map_err(|error| format!("{error:#}"));
        (world, outcome)
    }

    #[test]
    fn files_folders_and_the_executable_bit() {
        let (world, outcome) = try_unpack(&zip(&[("pkg/run", 0o700, "run"), ("pkg/data", 0o600, "data")]));
        assert_eq!(outcome, Ok(()));
        let tree = world.path().join("tree/pkg");
        assert_eq!(std::fs::read_to_string(tree.join("data")).unwrap(), "data");
        #[cfg(unix)]
        for (name, mode) in [("run", 0o755), ("data", 0o644)] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(tree.join(name)).unwrap().permissions().mode() & 0o7777,
                mode,
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_refused() {
        let mut link = ZipWriter::new(Cursor::new(Vec::new()));
        link.add_symlink("link", "/etc/passwd", SimpleFileOptions::default())
            .unwrap();
        let good = zip(&[("a", 0o644, "text")]);
        for (bytes, words) in [
            (
                zip(&[("../x", 0o644, "")]),
                "refused archive entry `../x`: expected a relative path without `..`",
            ),
            (
                zip(&[("/x", 0o644, "")]),
                "refused archive entry `/x`: expected a relative path",
            ),
            (zip(&[("a\\x", 0o644, "")]), "expected a name without backslashes"),
            (
                zip(&[("a", 0o644, ""), ("./a", 0o644, "")]),
                "refused archive entry `./a`: cannot create ",
            ),
            (
                zip(&[("a", 0o644, ""), ("a/b", 0o644, "")]),
                "refused archive entry `a/b`: cannot make ",
            ),
            (
                link.finish().unwrap().into_inner(),
                "refused archive entry `link`: expected a file or a folder, found mode 120777",
            ),
            (
                zip(&[("a", 0o644, &"x".repeat(1001))]),
                "refused archive entry `a`: expected fewer bytes in the archive",
            ),
            (
                zip(&[("a", 0, ""), ("b", 0, ""), ("c", 0, ""), ("d", 0, ""), ("e", 0, "")]),
                "expected at most 4 entries, found 5",
            ),
            (good[..good.len() - 5].to_vec(), "not a readable zip archive"),
        ] {
            let (world, outcome) = try_unpack(&bytes);
            let error = outcome.unwrap_err();
            assert!(error.contains(words), "{words}: {error}");
            assert!(!world.path().join("x").exists());
        }
    }

    #[test]
    fn damaged_contents() {
        let mut bytes = zip(&[("a", 0o644, "text text text text")]);
        let at = 30 + 1 + 4;
        bytes[at] ^= 0xff;
        assert!(
            try_unpack(&bytes)
                .1
                .unwrap_err()
                .starts_with("refused archive entry `a`: the archive is damaged")
        );
    }
}
