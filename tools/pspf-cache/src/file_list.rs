//! The list of what was unpacked, and the comparison of a workenv with it.
//!
//! One line per file: CRC-32 and number of its bytes, octal mode, path. For a link these are of its target text, and the
//! mode is `link`. In a path, `\` is written `\\` and a line feed `\n`; all other bytes stand for themselves. Of two lines
//! for one path the later counts.
//!
//! A checksum finds what a crash or a slip of the hand has done. It is no digest, because another pass of SHA-256 would
//! cost a first start dearly, and because a list beside the files proves nothing anyway: whoever can change the
//! files can change the list. Proof is in the package, which is signed; `psp cache verify` asks it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::error::{CacheError, IoContext};
use crate::file_state::{FileState, Sum};
use crate::system;

/// A list being written while files are unpacked, by several threads at once.
#[derive(Debug)]
pub struct FileList {
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

impl FileList {
    /// Begins the list in the file `path`.
    ///
    /// # Errors
    /// A failed system call.
    pub fn create(path: PathBuf) -> Result<Self, CacheError> {
        let file = system::private_file().create(true).truncate(true).open(&path);
        let out = BufWriter::new(file.context("create", &path)?);
        Ok(FileList {
            path,
            out: Mutex::new((out, 0)),
        })
    }

    /// Adds one file or link.
    ///
    /// # Errors
    /// A failed write.
    pub fn add(&self, path: &Path, file: &FileState) -> Result<(), CacheError> {
        let mode = file
            .mode
            .map_or_else(|| "link".to_owned(), |mode| format!("{mode:04o}"));
        let mut line = format!("{:08x} {} {mode} ", file.sum.crc, file.sum.bytes).into_bytes();
        for &byte in path.as_os_str().as_encoded_bytes() {
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

    /// Notes the files of the list in `path` as they are now below `workenv`: the set-up of a package may change, replace
    /// or remove what was unpacked.
    ///
    /// # Errors
    /// A list or a file that cannot be read, a failed write.
    pub fn renew(path: &Path, workenv: &Path) -> Result<(), CacheError> {
        let names: Vec<PathBuf> = Self::read(path)?.into_keys().collect();
        let beside = path.with_extension("new");
        let list = Self::create(beside.clone())?;
        for name in names {
            if let Some(state) = FileState::of(&workenv.join(&name))? {
                list.add(&name, &state)?;
            }
        }
        list.finish()?;
        fs::rename(&beside, path).context("rename", &beside)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// A failed read or a line of another form.
    pub fn read(path: &Path) -> Result<BTreeMap<PathBuf, FileState>, CacheError> {
        let bytes = fs::read(path).context("read", path)?;
        let mut files = BTreeMap::new();
        for (number, line) in bytes
            .split(|&byte| byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
        {
            let (name, file) = parse(line).ok_or_else(|| CacheError::Damaged {
                path: path.to_owned(),
                what: format!("line {} is not `CRC32 SIZE MODE PATH`", number + 1),
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
            let found = FileState::of(&workenv.join(&name))?;
            if found.as_ref() != Some(&expected) {
                let found = found.map_or_else(|| "nothing".to_owned(), |found| found.to_string());
                deviations.push(Deviation {
                    path: name,
                    expected: expected.to_string(),
                    found,
                });
            }
        }
        Ok(deviations)
    }
}

fn parse(line: &[u8]) -> Option<(PathBuf, FileState)> {
    let mut parts = line.splitn(4, |&byte| byte == b' ');
    let mut text = || std::str::from_utf8(parts.next()?).ok();
    let crc = u32::from_str_radix(text()?, 16).ok()?;
    let bytes = text()?.parse().ok()?;
    let sum = Sum { crc, bytes };
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
    Some((system::path_of(name)?, FileState { sum, mode }))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn file(text: &str, mode: Option<u32>) -> FileState {
        FileState {
            sum: Sum::of(text.as_bytes()),
            mode,
        }
    }

    #[test]
    fn edits_by_the_same_user_are_found() {
        let world = tempfile::tempdir().unwrap();
        let (list, workenv) = (world.path().join("files"), world.path().join("workenv"));
        fs::create_dir(&workenv).unwrap();
        let files = FileList::create(list.clone()).unwrap();
        for name in ["same", "edited", "mode", "gone", "odd \\ \n name"] {
            write(&workenv.join(name), name, 0o644);
            files.add(Path::new(name), &file(name, Some(0o644))).unwrap();
        }
        symlink("same", workenv.join("link")).unwrap();
        files.add(Path::new("link"), &file("same", None)).unwrap();
        assert_eq!(files.finish().unwrap(), 6);
        assert_eq!(FileList::compare(&list, &workenv).unwrap(), []);

        write(&workenv.join("edited"), "other", 0o644);
        write(&workenv.join("mode"), "mode", 0o755);
        fs::remove_file(workenv.join("gone")).unwrap();
        fs::remove_file(workenv.join("link")).unwrap();
        symlink("edited", workenv.join("link")).unwrap();
        write(&workenv.join("written by the program"), "", 0o600);
        let paths: Vec<_> = FileList::compare(&list, &workenv)
            .unwrap()
            .into_iter()
            .map(|d| d.path)
            .collect();
        assert_eq!(paths, ["edited", "gone", "link", "mode"].map(PathBuf::from));
    }

    #[test]
    fn the_later_of_two_lines_counts() {
        let world = tempfile::tempdir().unwrap();
        let list = world.path().join("files");
        let files = FileList::create(list.clone()).unwrap();
        files.add(Path::new("a"), &file("first", Some(0o600))).unwrap();
        files.add(Path::new("a"), &file("second", Some(0o755))).unwrap();
        files.finish().unwrap();
        assert_eq!(
            FileList::read(&list).unwrap()[Path::new("a")],
            file("second", Some(0o755))
        );
    }

    #[test]
    fn a_renewed_list_is_of_what_is_there() {
        let world = tempfile::tempdir().unwrap();
        let path = world.path().join("files");
        let list = FileList::create(path.clone()).unwrap();
        for name in ["same", "changed", "gone"] {
            write(&world.path().join(name), name, 0o644);
            list.add(Path::new(name), &file(name, Some(0o644))).unwrap();
        }
        list.finish().unwrap();
        write(&world.path().join("changed"), "other", 0o755);
        fs::remove_file(world.path().join("gone")).unwrap();
        assert_eq!(FileList::compare(&path, world.path()).unwrap().len(), 2);
        FileList::renew(&path, world.path()).unwrap();
        assert_eq!(FileList::compare(&path, world.path()).unwrap(), []);
        assert_eq!(FileList::read(&path).unwrap().len(), 2);
    }

    #[test]
    fn a_damaged_list_is_named() {
        let world = tempfile::tempdir().unwrap();
        let list = world.path().join("files");
        fs::write(&list, "nonsense\n").unwrap();
        let error = FileList::read(&list).unwrap_err().to_string();
        assert!(
            error.contains("files is damaged: line 1 is not `CRC32 SIZE MODE PATH`"),
            "{error}"
        );
    }
}
