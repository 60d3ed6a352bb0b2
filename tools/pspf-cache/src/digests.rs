//! The list of what was unpacked, and the comparison of a workenv with it.
//!
//! One line per file: SHA-256 of its bytes, octal mode, path. For a link the digest is that of its target text and
//! the mode is `link`. In a path, `\` is written `\\` and a line feed `\n`; all other bytes stand for themselves.
//! Of two lines for one path the later counts.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use digest::{HashingReader, Sha256};

use crate::error::{CacheError, IoContext};

/// What was unpacked under one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// SHA-256 of the bytes, or of the target of a link.
    pub digest: Sha256,
    /// Permission bits; `None` for a link.
    pub mode: Option<u32>,
}

/// A list being written while files are unpacked, by several threads at once.
#[derive(Debug)]
pub struct DigestList {
    path: PathBuf,
    out: Mutex<(BufWriter<File>, u64)>,
}

/// A file that is not as it was unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// The path below the workenv.
    pub path: PathBuf,
    /// What the list says.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl DigestList {
    /// Begins the list in the file `path`.
    ///
    /// # Errors
    /// A failed system call.
    pub fn create(path: PathBuf) -> Result<Self, CacheError> {
        let file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path);
        let out = BufWriter::new(file.context("create", &path)?);
        Ok(DigestList {
            path,
            out: Mutex::new((out, 0)),
        })
    }

    /// Adds one file or link.
    ///
    /// # Errors
    /// A failed write.
    pub fn add(&self, path: &Path, file: &FileDigest) -> Result<(), CacheError> {
        let mode = file
            .mode
            .map_or_else(|| "link".to_owned(), |mode| format!("{mode:04o}"));
        let mut line = format!("{} {mode} ", file.digest).into_bytes();
        for &byte in path.as_os_str().as_bytes() {
            match byte {
                b'\\' => line.extend(b"\\\\"),
                b'\n' => line.extend(b"\\n"),
                _ => line.push(byte),
            }
        }
        line.push(b'\n');
        let mut out = self.out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        out.1 += 1;
        out.0.write_all(&line).context("write", &self.path)
    }

    /// Ends the list and returns its number of lines.
    ///
    /// # Errors
    /// A failed write.
    pub fn finish(self) -> Result<u64, CacheError> {
        let (mut out, count) = self.out.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        out.flush().context("write", &self.path)?;
        Ok(count)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// A failed read or a line of another form.
    pub fn read(path: &Path) -> Result<BTreeMap<PathBuf, FileDigest>, CacheError> {
        let bytes = fs::read(path).context("read", path)?;
        let mut files = BTreeMap::new();
        for (number, line) in bytes
            .split(|&byte| byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
        {
            let (name, file) = parse(line).ok_or_else(|| CacheError::Damaged {
                path: path.to_owned(),
                what: format!("line {} is not `SHA256 MODE PATH`", number + 1),
            })?;
            files.insert(name, file);
        }
        Ok(files)
    }

    /// Compares the files below `workenv` with the list in `path`, and returns what differs, in order of path.
    ///
    /// Files that are not in the list are the program's own and no deviation.
    ///
    /// # Errors
    /// A list that cannot be read, a file that cannot be read though it is there.
    pub fn compare(path: &Path, workenv: &Path) -> Result<Vec<Deviation>, CacheError> {
        let mut deviations = Vec::new();
        for (name, expected) in Self::read(path)? {
            let found = look(&workenv.join(&name)).context("read", &workenv.join(&name))?;
            if found.as_ref() != Some(&expected) {
                let found = found.map_or_else(|| "nothing".to_owned(), |found| describe(&found));
                deviations.push(Deviation {
                    path: name,
                    expected: describe(&expected),
                    found,
                });
            }
        }
        Ok(deviations)
    }
}

fn parse(line: &[u8]) -> Option<(PathBuf, FileDigest)> {
    let mut parts = line.splitn(3, |&byte| byte == b' ');
    let mut text = || std::str::from_utf8(parts.next()?).ok();
    let digest = text()?.parse().ok()?;
    let mode = match text()? {
        "link" => None,
        octal => Some(u32::from_str_radix(octal, 8).ok()?),
    };
    let mut name = Vec::new();
    let mut bytes = parts.next()?.iter();
    while let Some(&byte) = bytes.next() {
        name.push(match (byte, byte == b'\\') {
            (_, true) if *bytes.next()? == b'n' => b'\n',
            (_, true) => b'\\',
            (byte, false) => byte,
        });
    }
    Some((OsString::from_vec(name).into(), FileDigest { digest, mode }))
}

/// Digest and mode of what stands at `path`; `None` when nothing does, or neither file nor link.
fn look(path: &Path) -> io::Result<Option<FileDigest>> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        found => found?,
    };
    if found.is_symlink() {
        let digest = Sha256::of(fs::read_link(path)?.as_os_str().as_bytes());
        return Ok(Some(FileDigest { digest, mode: None }));
    }
    if !found.is_file() {
        return Ok(None);
    }
    let mut reader = HashingReader::new(File::open(path)?);
    let mut buffer = vec![0; 64 << 10];
    while reader.read(&mut buffer)? > 0 {}
    Ok(Some(FileDigest {
        digest: reader.finish().0,
        mode: Some(found.mode() & 0o7777),
    }))
}

fn describe(file: &FileDigest) -> String {
    match file.mode {
        Some(mode) => format!("mode {mode:04o}, sha256 {}", file.digest),
        None => format!("a link, sha256 of its target {}", file.digest),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn file(text: &str, mode: Option<u32>) -> FileDigest {
        FileDigest {
            digest: Sha256::of(text.as_bytes()),
            mode,
        }
    }

    #[test]
    fn edits_by_the_same_user_are_found() {
        let world = tempfile::tempdir().unwrap();
        let (list, workenv) = (world.path().join("digests"), world.path().join("workenv"));
        fs::create_dir(&workenv).unwrap();
        let digests = DigestList::create(list.clone()).unwrap();
        for name in ["same", "edited", "mode", "gone", "odd \\ \n name"] {
            write(&workenv.join(name), name, 0o644);
            digests.add(Path::new(name), &file(name, Some(0o644))).unwrap();
        }
        symlink("same", workenv.join("link")).unwrap();
        digests.add(Path::new("link"), &file("same", None)).unwrap();
        assert_eq!(digests.finish().unwrap(), 6);
        assert_eq!(DigestList::compare(&list, &workenv).unwrap(), []);

        write(&workenv.join("edited"), "other", 0o644);
        write(&workenv.join("mode"), "mode", 0o755);
        fs::remove_file(workenv.join("gone")).unwrap();
        fs::remove_file(workenv.join("link")).unwrap();
        symlink("edited", workenv.join("link")).unwrap();
        write(&workenv.join("written by the program"), "", 0o600);
        let paths: Vec<_> = DigestList::compare(&list, &workenv)
            .unwrap()
            .into_iter()
            .map(|d| d.path)
            .collect();
        assert_eq!(paths, ["edited", "gone", "link", "mode"].map(PathBuf::from));
    }

    #[test]
    fn the_later_of_two_lines_counts() {
        let world = tempfile::tempdir().unwrap();
        let list = world.path().join("digests");
        let digests = DigestList::create(list.clone()).unwrap();
        digests.add(Path::new("a"), &file("first", Some(0o600))).unwrap();
        digests.add(Path::new("a"), &file("second", Some(0o755))).unwrap();
        digests.finish().unwrap();
        assert_eq!(
            DigestList::read(&list).unwrap()[Path::new("a")],
            file("second", Some(0o755))
        );
    }

    #[test]
    fn a_damaged_list_is_named() {
        let world = tempfile::tempdir().unwrap();
        let list = world.path().join("digests");
        fs::write(&list, "nonsense\n").unwrap();
        let error = DigestList::read(&list).unwrap_err().to_string();
        assert!(
            error.contains("digests is damaged: line 1 is not `SHA256 MODE PATH`"),
            "{error}"
        );
    }
}
