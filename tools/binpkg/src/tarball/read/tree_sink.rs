use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Sink;
use crate::manifest::{Entry, PayloadPath};
use crate::payload::native;

/// Unpacks a payload below a directory: files with their executable bit, directories, links as they are.
///
/// Owners, set-id bits and capabilities are left out: they belong to an installed system, and the stores of build tools do
/// not keep them. The directory must be empty and nobody else's; what is in it counts for nothing before
/// [`read`](super::read) has returned.
#[derive(Debug)]
pub struct TreeSink<'a> {
    root: &'a Path,
}

impl<'a> TreeSink<'a> {
    /// Unpacks below `root`.
    pub fn new(root: &'a Path) -> Self {
        Self { root }
    }

    /// Where an entry goes. Its directories are made if they have not come yet; none of them can be a link, because each is
    /// a directory in the manifest.
    fn place(&self, path: &PayloadPath) -> io::Result<PathBuf> {
        let place = self.root.join(native(path.as_bytes()));
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(place)
    }
}

impl Sink for TreeSink<'_> {
    fn directory(&mut self, entry: &Entry) -> io::Result<()> {
        fs::create_dir_all(self.place(&entry.path)?)
    }

    fn file(&mut self, path: &PayloadPath, mode: u32, content: &mut dyn Read) -> io::Result<()> {
        let mut file = create_new(&self.place(path)?, mode & 0o111 != 0)?;
        io::copy(content, &mut file).map(drop)
    }

    fn link(&mut self, path: &PayloadPath, target: &[u8]) -> io::Result<()> {
        symlink(&native(target), &self.place(path)?)
    }

    fn hard_link(&mut self, path: &PayloadPath, earlier: &PayloadPath) -> io::Result<()> {
        // Whether two names share an inode is lost in stores, so each gets its own file.
        let place = self.place(path)?;
        fs::copy(self.root.join(native(earlier.as_bytes())), place).map(drop)
    }
}

#[cfg(unix)]
fn create_new(path: &Path, executable: bool) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let mode = if executable { 0o755 } else { 0o644 };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    // Whatever the umask is.
    file.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(file)
}

#[cfg(unix)]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn create_new(path: &Path, _: bool) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;
    use crate::metadata::LayoutKind;
    use crate::payload::input_digest;
    use crate::tarball::testing::{Tar, scan};
    use crate::tarball::{ReadError, ReadLimits, read};

    /// Digest of `hello\n`.
    const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

    const OLD_METADATA: &[u8] =
        br#"{"target": "//t:t", "name": "tool", "version": "1", "config_hash": "86884539", "content_hash": "f44b10b1"}"#;

    fn unpack(bytes: &[u8]) -> (tempfile::TempDir, Result<crate::tarball::Package, ReadError>) {
        let world = tempfile::tempdir().unwrap();
        let outcome = read(bytes, ReadLimits::default(), &mut TreeSink::new(world.path()));
        (world, outcome)
    }

    #[test]
    fn the_tree_has_the_manifest_of_the_package() {
        let lines = [
            "d 0755 - - usr",
            &format!("f 0644 6 {HELLO} usr/data"),
            "l 0777 - /usr/data usr/link",
            &format!("f 0755 6 {HELLO} usr/run"),
            "d 0755 - - usr/sub",
        ];
        // Children before their directories, as another writer may order them.
        let tar = Tar::package(LayoutKind::Root, &lines)
            .member(b'0', 0o755, b"tool/usr/run", b"", b"hello\n")
            .link("tool/usr/link", "/usr/data")
            .file("tool/usr/data", b"hello\n")
            .directory("tool/usr/sub/")
            .directory("tool/usr/");
        let (world, outcome) = unpack(&tar.gz());
        let manifest = outcome.unwrap().contents.manifest().clone();
        assert_eq!(input_digest(world.path()).unwrap(), manifest.content_hash());
        assert_eq!(scan(world.path(), "[]").manifest(), &manifest);
    }

    /// Set-id bits stay in the manifest.
    #[test]
    fn granted_modes_are_left_out() {
        let line = format!("f 4711 6 {HELLO} su");
        let tar = Tar::package(LayoutKind::Prefix, &[&line]).member(b'0', 0o4711, b"tool/su", b"", b"hello\n");
        let (world, outcome) = unpack(&tar.gz());
        assert!(outcome.is_ok());
        let mode = fs::metadata(world.path().join("su")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o755);
    }

    /// An archive cannot write through a link that it brought.
    #[test]
    fn nothing_is_written_through_links() {
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().to_str().unwrap();
        let tar = Tar::default()
            .directory("tool/")
            .link("tool/d", target)
            .file("tool/d/x", b"x");
        let (_world, outcome) = unpack(&tar.file("METADATA.json", OLD_METADATA).gz());
        assert!(matches!(outcome, Err(ReadError::Manifest(_))));
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn hard_links_of_old_packages_become_files() {
        let tar = Tar::default()
            .file("tool/a", b"hello\n")
            .member(b'1', 0o644, b"tool/b", b"tool/a", b"");
        let (world, outcome) = unpack(&tar.file("METADATA.json", OLD_METADATA).gz());
        let manifest = outcome.unwrap().contents.manifest().clone();
        assert_eq!(input_digest(world.path()).unwrap(), manifest.content_hash());
    }

    proptest! {
        /// Whatever an archive holds, beside the staging directory there is nothing afterwards.
        #[test]
        fn any_members_stay_in_the_staging_directory(
            members in prop::collection::vec((any::<u8>(), "(\\.\\./|/|tool/){0,3}[a-c./]{0,4}", "(\\.\\./|/|tool/){0,3}[a-c./]{0,4}"), 0..6),
        ) {
            let world = tempfile::tempdir().unwrap();
            let staging = world.path().join("staging");
            fs::create_dir_all(&staging).unwrap();
            let tar = members.iter().fold(Tar::default(), |tar, (kind, name, link)| {
                let kind = b"0125LKx"[usize::from(*kind) % 7];
                tar.member(kind, 0o644, name.as_bytes(), link.as_bytes(), b"")
            });
            let bytes = tar.file("METADATA.json", OLD_METADATA).gz();
            let _ = read(&bytes[..], ReadLimits::default(), &mut TreeSink::new(&staging));
            let beside: Vec<_> = fs::read_dir(world.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            prop_assert_eq!(beside, ["staging"]);
        }
    }
}
