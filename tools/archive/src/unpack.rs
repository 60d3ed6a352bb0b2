use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::relative_path::native;
use crate::{ArchiveError, Entry, EntryKind, Limits, RelativePath, walk};

/// What was unpacked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Entries of any kind.
    pub entries: u64,
    /// Sum of the file sizes.
    pub bytes: u64,
}

/// Unpacks a tar stream below `destination`, an existing directory that nobody else can write to.
///
/// Later entries of a name win, also over files of earlier archives. Nothing is removed on failure:
/// unpack into a staging directory and throw it away.
pub fn unpack(input: impl Read, destination: &Path, limits: &Limits) -> Result<Unpacked, ArchiveError> {
    let mut tree = Tree {
        root: destination,
        known: HashSet::new(),
    };
    let mut done = Unpacked::default();
    walk(input, limits, |entry, content| {
        done.entries += 1;
        done.bytes += tree.place(entry, content)?;
        Ok(())
    })?;
    Ok(done)
}

/// The directory being filled, and those below it that are known to be real directories.
struct Tree<'a> {
    root: &'a Path,
    known: HashSet<PathBuf>,
}

impl Tree<'_> {
    /// Puts one entry into its place; returns the bytes written.
    fn place(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<u64, ArchiveError> {
        let path = self.root.join(entry.path.as_path());
        match &entry.kind {
            EntryKind::Directory => {
                self.directories(&entry.path, &entry.path)?;
                // The owner must be able to fill it, and later to remove it.
                set_mode(&path, entry.mode | 0o700).map_err(ArchiveError::file("set the mode of", &path))?;
                Ok(0)
            }
            EntryKind::File { size } => {
                self.make_room(&entry.path)?;
                write_file(&path, entry.mode, *size, content)
            }
            EntryKind::Symlink { target } => {
                self.make_room(&entry.path)?;
                symlink(target, &path).map_err(ArchiveError::file("make the symlink", &path))?;
                Ok(0)
            }
        }
    }

    /// Makes the parents, and removes a file or link that stands where an entry goes.
    fn make_room(&mut self, path: &RelativePath) -> Result<(), ArchiveError> {
        let parent = path.as_path().parent().unwrap_or(Path::new(""));
        let parent = RelativePath::from_bytes(parent.as_os_str().as_encoded_bytes())?;
        self.directories(&parent, path)?;
        let full = self.root.join(path.as_path());
        match fs::symlink_metadata(&full) {
            Ok(found) if found.is_dir() => Err(ArchiveError::Kind {
                name: path.to_string(),
                found: "file where a directory is",
            }),
            Ok(_) => fs::remove_file(&full).map_err(ArchiveError::file("replace", &full)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(ArchiveError::file("look at", &full)(error)),
        }
    }

    /// Makes `directory` and its parents; each must be a real directory, never a link.
    fn directories(&mut self, directory: &RelativePath, name: &RelativePath) -> Result<(), ArchiveError> {
        if self.known.contains(directory.as_path()) {
            return Ok(());
        }
        let mut path = self.root.to_owned();
        for part in directory.as_path() {
            path.push(part);
            let full = &path;
            match make_directory(full) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let found = fs::symlink_metadata(full).map_err(ArchiveError::file("look at", full))?;
                    if !found.is_dir() {
                        let parent = full.strip_prefix(self.root).unwrap_or(full).display().to_string();
                        return Err(ArchiveError::Parent {
                            name: name.to_string(),
                            parent,
                        });
                    }
                }
                Err(error) => return Err(ArchiveError::file("make the directory", full)(error)),
            }
        }
        self.known.insert(directory.as_path().to_owned());
        Ok(())
    }
}

fn write_file(path: &Path, mode: u32, size: u64, content: &mut dyn Read) -> Result<u64, ArchiveError> {
    let mut file = create_new(path).map_err(ArchiveError::file("create", path))?;
    let mut buffer = vec![0; size.clamp(1, 128 << 10) as usize];
    let mut done = 0;
    // Reading and writing fail for different reasons, which `io::copy` would mix.
    while done < size {
        match content.read(&mut buffer) {
            Ok(0) => return Err(ArchiveError::Damaged(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                io::Write::write_all(&mut file, &buffer[..count]).map_err(ArchiveError::file("write", path))?;
                done += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ArchiveError::Damaged(error)),
        }
    }
    file_mode(&file, mode).map_err(ArchiveError::file("set the mode of", path))?;
    Ok(done)
}

#[cfg(unix)]
fn create_new(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(unix)]
fn make_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(unix)]
fn file_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(unix)]
fn symlink(target: &[u8], path: &Path) -> io::Result<()> {
    let target = native(target).ok_or(io::ErrorKind::InvalidInput)?;
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

#[cfg(not(unix))]
fn file_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn symlink(target: &[u8], _: &Path) -> io::Result<()> {
    let _ = native(target);
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::Symlinks;
    use std::os::unix::fs::PermissionsExt;
    use tar::{Builder, EntryType, Header};

    const LIMITS: Limits = Limits {
        bytes: 1000,
        entries: 10,
        symlinks: Symlinks::InsideTree,
    };

    fn tar(members: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, kind, text) in members {
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o4755);
            if *kind == EntryType::Symlink {
                header.set_size(0);
                builder.append_link(&mut header, name, text).unwrap();
            } else {
                header.set_size(text.len() as u64);
                builder.append_data(&mut header, name, text.as_bytes()).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn files_directories_links_and_modes() {
        let world = tempfile::tempdir().unwrap();
        let bytes = tar(&[
            ("./", EntryType::Directory, ""),
            ("bin/x", EntryType::Regular, "one"),
            ("bin/x", EntryType::Regular, "two"),
            ("lib/y", EntryType::Symlink, "../bin/x"),
        ]);
        let done = unpack(&bytes[..], world.path(), &LIMITS).unwrap();
        assert_eq!(done, Unpacked { entries: 4, bytes: 6 });
        assert_eq!(fs::read_to_string(world.path().join("lib/y")).unwrap(), "two");
        let mode = |name: &str| fs::metadata(world.path().join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("bin/x"), mode("bin")), (0o755, 0o700));
    }

    #[test]
    fn nothing_is_written_through_a_symlink() {
        let world = tempfile::tempdir().unwrap();
        let bytes = tar(&[("d", EntryType::Symlink, "e"), ("d/x", EntryType::Regular, "x")]);
        let error = unpack(&bytes[..], world.path(), &LIMITS).unwrap_err();
        assert_eq!(
            error.to_string(),
            "refused archive entry `d/x`: expected a directory at `d`, found something else"
        );
        assert!(!world.path().join("e").exists());
    }

    /// A link of an earlier archive is no way out either, and a file replaces a link, not its target.
    #[test]
    fn links_that_were_there_before() {
        let (world, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("x"), "kept").unwrap();
        std::os::unix::fs::symlink(outside.path(), world.path().join("d")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("x"), world.path().join("f")).unwrap();
        assert!(unpack(&tar(&[("d/x", EntryType::Regular, "new")])[..], world.path(), &LIMITS).is_err());
        unpack(&tar(&[("f", EntryType::Regular, "new")])[..], world.path(), &LIMITS).unwrap();
        assert_eq!(fs::read_to_string(outside.path().join("x")).unwrap(), "kept");
        assert_eq!(fs::read_to_string(world.path().join("f")).unwrap(), "new");
    }

    #[test]
    fn a_truncated_file_is_refused() {
        let world = tempfile::tempdir().unwrap();
        let bytes = tar(&[("x", EntryType::Regular, &"y".repeat(600))]);
        let error = unpack(&bytes[..512 + 100], world.path(), &LIMITS).unwrap_err();
        assert!(
            error.is_archive() && error.to_string() == "not a readable tar archive",
            "{error}"
        );
    }
}
